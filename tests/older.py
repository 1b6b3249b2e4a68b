"""Databases as earlier versions of the schema had them."""

from __future__ import annotations

import sqlite3

#: What version 7 brought is taken away again.
_AS_OF_6 = """
ALTER TABLE article_columns DROP COLUMN floor;
ALTER TABLE article_state DROP COLUMN url;
ALTER TABLE columns DROP COLUMN floor;
ALTER TABLE columns DROP COLUMN end_url;
ALTER TABLE columns ADD COLUMN frontier INTEGER;
ALTER TABLE columns ADD COLUMN floor TEXT;
PRAGMA user_version = 6;
"""


def as_version_6(connection: sqlite3.Connection) -> None:
    """Take a database of today back to version 6."""
    connection.executescript(_AS_OF_6)
