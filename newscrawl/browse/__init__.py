"""Looking at a store in a browser: Datasette with pages, titles and rules of our own.

Needs the group ``browse``.
"""
