"""How much a query of ``scrapy browse`` may take: bytes of an answer, of a value, of memory.

How long it may take is Datasette's ``sql_time_limit_ms``.
"""

from __future__ import annotations

import sqlite3
from typing import Any
from weakref import ref

#: Characters and bytes of all values of an answer: a thousand articles with their texts are half.
_ANSWER = 50_000_000
#: Bytes of a value or a row that SQL of a reader may make; a stored row is smaller.
_VALUE = 100_000_000
#: Characters of a pattern: LIKE takes time by its length and that of the text.
_PATTERN = 1000
#: Bytes that SQLite may hold in the whole process: what one query piles up without an answer.
_HEAP = 500_000_000


class Rows:
    """Makes the rows of a connection, and ends an answer that becomes too large."""

    def __init__(self) -> None:
        self._cursor: ref[sqlite3.Cursor] | None = None
        self._size = 0

    def __call__(self, cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        """One row more of a query; raises :class:`sqlite3.OperationalError`."""
        if self._cursor is None or self._cursor() is not cursor:
            self._cursor, self._size = ref(cursor), 0
        self._size += sum(len(value) for value in values if isinstance(value, str | bytes))
        if self._size > _ANSWER:
            raise sqlite3.OperationalError(
                f"the answer has more than {_ANSWER:,} characters: ask for fewer rows or columns"
            )
        return sqlite3.Row(cursor, values)


def limit(connection: sqlite3.Connection, *, sql: bool) -> None:
    """Bound every query of a connection; ``sql`` says whether readers may ask in SQL."""
    connection.row_factory = Rows()
    if sql:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _PATTERN)
        connection.execute(f"PRAGMA hard_heap_limit = {_HEAP}").close()
