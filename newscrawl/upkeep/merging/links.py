"""Links of a source: what is known wins over what is owed, what is owed over what is unknown."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from newscrawl.store.links import GONE, LEFT_OUT, OWED, REJECTED, STORED, Links

_DEBTS = (OWED, REJECTED)
#: An answer is worth more than none; of two without a record the one that is kept for good.
_WORTH = {OWED: 0, REJECTED: 1, GONE: 2, LEFT_OUT: 3}


class LinkFold:
    """Takes links one by one, after the articles; expects an open transaction."""

    def __init__(self, connection: sqlite3.Connection, columns: Mapping[int, int]) -> None:
        """``columns`` maps the ids of the source's columns to those here."""
        self._db = connection
        self._links = Links(connection)
        self._columns = columns

    def take(self, row: sqlite3.Row) -> bool:
        """Fold one link in; gives whether anything has changed."""
        before = self._db.total_changes
        record = self._record_of(row)
        if record is not None and not self._is_summary(record):
            self._alias(row["hash"], record, row["state"])
        elif row["state"] in _WORTH:
            self._without_record(row)
        return self._db.total_changes > before

    def _record_of(self, row: sqlite3.Row) -> bytes | None:
        """The record here that the address led to there."""
        merged = self._merged_as(row["hash"])  # its page may be owed there, and read here
        if merged is not None:
            return merged
        if row["state"] not in (STORED, GONE):
            return None
        there = row["article"] or row["hash"]
        record = self._merged_as(there) or there
        return record if self._has(record) else None

    def _alias(self, key: bytes, record: bytes, state: int) -> None:
        """An address that leads to a record, unless it leads to another one here already."""
        if key != record and self._has(key):
            return  # a summary's, whose page is owed here: a stored record's address is no alias
        known = self._links.article_of(key)
        if known is not None and self._has(known):
            return
        self._links.settle(key, STORED if state in _DEBTS else state, record)

    def _without_record(self, row: sqlite3.Row) -> None:
        """A debt, or an address that gave no record for good."""
        here = self._db.execute("SELECT * FROM links WHERE hash = ?", (row["hash"],)).fetchone()
        if here is None:
            self._enter(row)
        elif here["state"] not in _WORTH:
            return
        elif _is_worth_more(row, here):
            self._enter(row)

    def _enter(self, row: sqlite3.Row) -> None:
        is_owed = row["url"] is not None
        self._db.execute(
            'REPLACE INTO links (hash, url, state, "column", attempts, next_try, reason, source)'
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row["hash"],
                row["url"],
                row["state"],
                self._columns.get(row["column"]),
                row["attempts"] if is_owed else None,
                row["next_try"] if is_owed else None,
                row["reason"] if is_owed else None,
                row["source"] if is_owed and "source" in row.keys() else None,  # noqa: SIM118
            ),
        )

    def _is_summary(self, record: bytes) -> bool:
        """Whether a record is a feed's, whose page has not come: its addresses are owed."""
        row = self._db.execute(
            "SELECT body_status FROM articles WHERE url_hash = ?", (record.hex(),)
        ).fetchone()
        return row is not None and row["body_status"] == "summary"

    def _merged_as(self, key: bytes) -> bytes | None:
        row = self._db.execute(
            "SELECT record FROM temp.merged_as WHERE hash = ?", (key,)
        ).fetchone()
        return None if row is None else bytes(row["record"])

    def _has(self, key: bytes) -> bool:
        found = self._db.execute("SELECT 1 FROM articles WHERE url_hash = ?", (key.hex(),))
        return found.fetchone() is not None


def _is_worth_more(one: sqlite3.Row, other: sqlite3.Row) -> bool:
    """By what is known of an address; of two debts alike the one that is due first (without a
    time: at once)."""
    if one["state"] != other["state"]:
        return _WORTH[one["state"]] > _WORTH[other["state"]]
    return one["state"] in _DEBTS and (one["next_try"] or "") < (other["next_try"] or "")
