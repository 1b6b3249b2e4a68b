"""Its only spider."""
