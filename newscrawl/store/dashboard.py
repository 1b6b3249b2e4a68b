"""What the dashboard shows, read from the store in a few sums. Writes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import quantiles
from typing import Any

from newscrawl.store import links, schema
from newscrawl.store.database import read_only

#: Runs of which the last are shown.
RUNS = 30
#: An article stored later than so long after its publication was not new when it was met: a first
#: walk or a filling back says nothing of how fast news comes in.
_LATE_S = 14 * 86400


@dataclass(frozen=True)
class Day:
    """Articles of a column that were published on a day (UTC)."""

    edition: str
    column: str
    day: date
    articles: int


@dataclass(frozen=True)
class Newest:
    """How far a column has come."""

    edition: str
    column: str
    articles: int
    newest: datetime | None


@dataclass(frozen=True)
class Lag:
    """Seconds from publication to the first capture, of an edition's articles of a day."""

    edition: str
    day: date
    articles: int
    half_s: float
    """Half of the articles came faster."""
    most_s: float
    """Nine in ten came faster."""


@dataclass(frozen=True)
class Share:
    """How many records of a run have a field."""

    run: int
    edition: str
    field: str
    records: int
    filled: int


@dataclass(frozen=True)
class Figures:
    """All of it. Days are whole ones in UTC, both ends included."""

    first: date
    last: date
    articles: int
    links: dict[str, int]
    """State of links to their number."""
    days: list[Day]
    newest: list[Newest]
    lags: list[Lag]
    late: int
    """Articles of these days that were not new when they were met; no lag counts them."""
    shares: list[Share]
    runs: list[dict[str, Any]]
    """Newest first."""


def read(folder: Path, moment: datetime, days: int) -> Figures | None:
    """What a data dir shows of its last days; ``None`` without a database."""
    connection = read_only(folder)
    if connection is None:
        return None
    with closing(connection):
        return figures(connection, moment, days)


def figures(connection: sqlite3.Connection, moment: datetime, days: int) -> Figures:
    """The same on a connection.

    The days end today, or where the newest article is older than all of them, with that one.
    """
    newest = list(_newest(connection))
    last = _last(newest, moment.date(), days)
    first = last - timedelta(days=days - 1)
    bounds = (f"{first}", f"{last + timedelta(days=1)}")
    lags, late = _lags(connection, bounds)
    return Figures(
        first,
        last,
        sum(one.articles for one in newest),
        _links(connection),
        list(_days(connection, bounds)),
        newest,
        lags,
        late,
        list(_shares(connection)),
        _runs(connection),
    )


def _last(newest: list[Newest], today: date, days: int) -> date:
    last = max((one.newest.date() for one in newest if one.newest), default=today)
    return today if last > today - timedelta(days=days) else last


def _newest(connection: sqlite3.Connection) -> Iterator[Newest]:
    for row in connection.execute(
        "SELECT edition, coalesce(\"column\", '') AS listed, count(*) AS articles,"
        " max(published_at) AS newest FROM articles GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        newest = datetime.fromisoformat(row["newest"]) if row["newest"] else None
        yield Newest(row["edition"], row["listed"], row["articles"], newest)


def _days(connection: sqlite3.Connection, bounds: tuple[str, str]) -> Iterator[Day]:
    for row in connection.execute(
        "SELECT edition, coalesce(\"column\", '') AS listed, substr(published_at, 1, 10) AS day,"
        " count(*) AS articles FROM articles WHERE published_at >= ? AND published_at < ?"
        " GROUP BY 1, 2, 3",
        bounds,
    ):
        yield Day(row["edition"], row["listed"], date.fromisoformat(row["day"]), row["articles"])


def _lags(connection: sqlite3.Connection, bounds: tuple[str, str]) -> tuple[list[Lag], int]:
    """Lags by edition and day, and how many articles were not new when they were met."""
    rows = connection.execute(
        "SELECT a.edition, substr(a.published_at, 1, 10) AS day,"
        " unixepoch(coalesce((SELECT min(v.fetched_at) FROM article_versions v"
        "  WHERE v.url_hash = a.url_hash), a.fetched_at)) - unixepoch(a.published_at) AS lag"
        " FROM articles a WHERE published_at >= ? AND published_at < ? ORDER BY 1, 2",
        bounds,
    ).fetchall()
    new = [row for row in rows if 0 <= row["lag"] <= _LATE_S]
    found = []
    for (edition, day), group in groupby(new, key=lambda row: (row["edition"], row["day"])):
        seconds = [row["lag"] for row in group]
        tenths = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else seconds * 9
        found.append(Lag(edition, date.fromisoformat(day), len(seconds), tenths[4], tenths[8]))
    return found, sum(row["lag"] > _LATE_S for row in rows)


def _shares(connection: sqlite3.Connection) -> Iterator[Share]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < schema.COVERAGE_SINCE:
        return
    for row in connection.execute(
        "SELECT run, edition, field, sum(records) AS records, sum(filled) AS filled FROM coverage"
        " WHERE run IN (SELECT DISTINCT run FROM coverage ORDER BY run DESC LIMIT ?)"
        " GROUP BY run, edition, field",
        (RUNS,),
    ):
        yield Share(**dict(row))


def _links(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute("SELECT state, count(*) AS n FROM links GROUP BY state")
    return {links.STATES[row["state"]]: row["n"] for row in rows}


def _runs(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute("SELECT * FROM runs ORDER BY id DESC LIMIT ?", (RUNS,))
    return [dict(row) | {"summary": json.loads(row["summary"] or "{}")} for row in rows]
