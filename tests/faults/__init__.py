"""The hostile server: every way in which an answer can be wrong, each met by a real crawl."""
