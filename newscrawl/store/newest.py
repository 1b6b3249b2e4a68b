"""The newest articles of each column and section: what feeds show.

Only what orders articles is read here, a few rows of every place. Those in no column are all
looked at once, in short reads: no index knows their sections.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush, heappushpop
from typing import Any

from newscrawl.store.selection import Selected

Row = dict[str, Any]

_WHAT = "rowid, url_hash, section, published_at, modified_at, fetched_at, version"
_PLACE = 'articles a INDEXED BY articles_edition WHERE edition = ? AND "column"'
_CHUNK = 5000
_LAST = 2**63 - 1


def editions(selected: Selected) -> dict[str, list[str]]:
    """Edition to the columns in it, by their names; those of other editions are left out."""
    found: dict[str, list[str]] = {}
    wanted = selected.selection.editions
    for edition, column in selected.connection.execute(
        'SELECT DISTINCT edition, "column" FROM articles ORDER BY edition, "column"'
    ):
        if not wanted or edition in wanted:
            found.setdefault(edition, [])
            if column is not None:
                found[edition].append(column)
    return found


def of_column(selected: Selected, edition: str, column: str, number: int) -> list[Row]:
    """At most so many articles of a column, newest first, those without a time last.

    Rows with ``url_hash``, ``section``, the times and ``version``.
    """
    sql = (
        f"SELECT {_WHAT} FROM {_PLACE} = ? AND {selected.condition}"
        " ORDER BY published_at DESC, url_hash DESC LIMIT ?"
    )
    given = (edition, column, *selected.values, number)
    return [dict(row) for row in selected.connection.execute(sql, given)]


def of_sections(selected: Selected, edition: str, number: int) -> dict[str | None, list[Row]]:
    """The same of each section, of articles that are in no column; ``None`` is no section."""
    heaps: dict[str | None, list[tuple[tuple[str, str], Row]]] = {}
    for row in _without_column(selected, edition):
        heap = heaps.setdefault(row["section"], [])
        if len(heap) < number:
            heappush(heap, (age(row), row))
        else:
            heappushpop(heap, (age(row), row))
    names = sorted(heaps, key=lambda name: name or "")
    return {name: [row for _, row in sorted(heaps[name], reverse=True)] for name in names}


def age(row: Row) -> tuple[str, str]:
    """Greater for the newer of two articles."""
    return row["published_at"] or "", row["url_hash"]


def _without_column(selected: Selected, edition: str) -> Iterator[Row]:
    """From the newest to the oldest, then those without a time."""
    timed = "(published_at, rowid) < (?, ?)", "published_at DESC, rowid DESC"
    untimed = "published_at IS NULL AND ? IS NOT NULL AND rowid < ?", "rowid DESC"
    for behind, order in (timed, untimed):
        sql = (
            f"SELECT {_WHAT} FROM {_PLACE} IS NULL AND {behind} AND {selected.condition}"
            f" ORDER BY {order} LIMIT {_CHUNK}"
        )
        key: tuple[Any, int] = ("~", _LAST)  # behind every time
        while rows := selected.connection.execute(
            sql, (edition, *key, *selected.values)
        ).fetchall():
            yield from map(dict, rows)
            key = (rows[-1]["published_at"] or "", rows[-1]["rowid"])
