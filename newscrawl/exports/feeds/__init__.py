"""Full-text feeds: what an item says, as RSS 2.0 and as Atom, and lists of all feeds."""
