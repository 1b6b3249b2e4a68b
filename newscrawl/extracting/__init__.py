"""Records from pages that lie somewhere: archives read on many cores, into files or the store."""
