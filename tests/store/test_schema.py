"""What becomes of stores of earlier versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from newscrawl.store import schema
from newscrawl.store.columns import BOTTOM
from newscrawl.store.links import OWED, STORED


@pytest.fixture
def old() -> Iterator[sqlite3.Connection]:
    """A database of version 6, after four runs; the second walked column 1 to its end."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(";".join([*schema.MIGRATIONS[:6], "PRAGMA user_version = 6"]))
        connection.executemany(
            "INSERT INTO runs (id, spider, started_at, state) VALUES (?, 'rfi', ?, 'done')",
            [(run, f"2024-01-0{run}T10:00:00+00:00") for run in (1, 2, 3, 4)],
        )
        connection.executemany(
            "INSERT INTO columns (id, edition, name, url, frontier, floor, full_at, etag)"
            " VALUES (?, 'en', 'x', ?, 4, ?, ?, 'e')",
            [(1, "u1", None, "2024-01-02T10:05:00+00:00"), (2, "u2", "2024-01-01", None)],
        )
        connection.executemany(
            "INSERT INTO article_columns VALUES (?, ?, ?)",
            [(column, bytes([column, run]) * 8, run) for column in (1, 2) for run in (1, 2, 3, 4)],
        )
        yield connection


def articles(old: sqlite3.Connection, *rows: tuple[str, str, str, str]) -> None:
    old.executemany(
        "INSERT INTO articles (url_hash, version, content_id, title, published_at)"
        " VALUES (?, 2, ?, ?, ?)",
        rows,
    )


def test_only_what_a_walk_to_the_end_had_shown_is_known(old: sqlite3.Connection) -> None:
    schema.migrate(old)
    floors = old.execute('SELECT "column", first_walk, floor FROM article_columns ORDER BY 1, 2')
    assert floors.fetchall() == [
        *((1, 1, BOTTOM), (1, 2, BOTTOM), (1, 3, None), (1, 4, None)),
        *((2, run, None) for run in (1, 2, 3, 4)),
    ]
    columns = old.execute("SELECT floor, etag, full_at FROM columns ORDER BY id")
    assert columns.fetchall() == [(None, None, "2024-01-02T10:05:00+00:00"), (None, None, None)]


def test_the_address_of_a_stored_record_leads_to_it(old: sqlite3.Connection) -> None:
    articles(old, ("aa" * 16, "ID1", "A", "2024-01-01"), ("bb" * 16, "ID2", "B", "2024-01-02"))
    one, other = b"\xaa" * 16, b"\xbb" * 16
    old.executemany(
        "INSERT INTO links (hash, article, state) VALUES (?, ?, ?)",
        [(one, other, STORED), (other, None, STORED), (b"\xcc" * 16, other, STORED)],
    )
    schema.migrate(old)
    links = old.execute("SELECT hash, article FROM links ORDER BY hash").fetchall()
    assert links == [(one, None), (other, None), (b"\xcc" * 16, other)]


def test_addresses_that_one_id_had_folded_are_asked_for_again(old: sqlite3.Connection) -> None:
    """A record with versions of other titles and times of publication holds several articles."""
    articles(old, ("aa" * 16, "ID1", "A", "2024-01-01"), ("bb" * 16, "ID2", "B", "2024-01-02"))
    old.executemany(
        "INSERT INTO article_versions (url_hash, version, content_id, title, published_at)"
        " VALUES (?, 1, ?, ?, ?)",
        [
            ("aa" * 16, "ID1", "Another", "2024-01-03"),
            ("bb" * 16, "ID2", "B, as it was", "2024-01-02"),
        ],
    )
    old.executemany(
        "INSERT INTO links (hash, article, state, url) VALUES (?, ?, ?, ?)",
        [
            *((bytes([n]) * 16, None, STORED, None) for n in (0xAA, 0xBB)),
            (b"\x01" * 16, b"\xaa" * 16, STORED, None),
            (b"\x02" * 16, b"\xbb" * 16, STORED, None),
            (b"\x03" * 16, None, OWED, "u"),
        ],
    )
    schema.migrate(old)
    left = {key[0] for (key,) in old.execute("SELECT hash FROM links")}
    assert left == {0xAA, 0xBB, 2, 3}
