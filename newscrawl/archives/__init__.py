"""WARC archives: what servers answered, to be read, replayed and written."""
