"""DuckDB writes the articles of a store as Parquet: ``python -m bench.peers.duck DATABASE OUT``.

Its reader of SQLite is an extension that it loads from the internet; where that is not installed,
rows come from Python's ``sqlite3`` in batches of Arrow. The last line of the output says which.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pyarrow as pa

_BATCH = 2000


def main() -> None:
    """Write, and say how it was read."""
    database, out = sys.argv[1:]
    with duckdb.connect() as connection:
        try:
            connection.execute("LOAD sqlite")
        except duckdb.Error:
            _through_arrow(connection, database, out)
            print("sqlite3 and Arrow")
        else:
            source = f"sqlite_scan('{database}', 'articles')"
            connection.execute(f"COPY (SELECT * FROM {source}) TO '{out}' (FORMAT parquet)")
            print("its reader of SQLite")


def _through_arrow(connection: Any, database: str, out: str) -> None:
    with closing(_store(database)) as store:
        rows = store.execute("SELECT * FROM articles")
        numbers = {"version", "reading_minutes"}
        names = [column[0] for column in rows.description]
        schema = pa.schema(
            [(name, pa.int64() if name in numbers else pa.string()) for name in names]
        )
        batches = pa.RecordBatchReader.from_batches(schema, _batches(rows, schema))
        connection.register("articles", batches)
        connection.execute(f"COPY (SELECT * FROM articles) TO '{out}' (FORMAT parquet)")


def _store(database: str) -> sqlite3.Connection:
    """DuckDB asks for batches from a thread of its own."""
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)


def _batches(rows: sqlite3.Cursor, schema: Any) -> Iterator[Any]:
    while found := rows.fetchmany(_BATCH):
        columns = zip(*found, strict=True)
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


if __name__ == "__main__":
    main()
