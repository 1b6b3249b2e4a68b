"""What a schedule asks of the store: when columns were looked at, and how the last runs went."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newscrawl.errors import StorageFailed
from newscrawl.store.database import FILE, read_only
from newscrawl.store.folder import LOCKS
from newscrawl.store.hosts import Hosts
from newscrawl.store.locks import is_free

#: Runs that are looked through, newest first.
_RUNS = 500
#: Arguments with which a run does not look at all that an edition has.
_PARTIAL = ("columns", "since", "until", "max_pages", "urls")


@dataclass(frozen=True)
class PastRun:
    """A run that walked whole editions."""

    started: datetime
    outcome: str
    """``running``, ``done`` (healthy), ``failed`` (unhealthy) or ``killed``."""
    editions: frozenset[str] | None
    """``None`` means all."""

    def covers(self, edition: str) -> bool:
        """Whether it walked an edition."""
        return self.editions is None or edition in self.editions


@dataclass(frozen=True)
class Walked:
    """What a store knows of its walks; times are UTC."""

    columns: dict[str, datetime]
    """URL of a column to the last time that its first page answered."""
    runs: tuple[PastRun, ...] = ()
    """Newest first."""
    not_before: datetime | None = None
    """Until when the host wants nothing asked of it; while it refuses pages its feeds are read."""


def walked(folder: Path, host: str, spider: str, moment: datetime) -> Walked | None:
    """What the store of a data dir knows, ``None`` where there is none.

    Raises :class:`newscrawl.errors.CrawlError` when it cannot be read.
    """
    try:
        connection = read_only(folder)
        if connection is None:
            return None
        with closing(connection):
            memory = Hosts(connection).get(host)
            closed = memory.not_before if memory.is_closed(moment) else None
            return Walked(
                columns=dict(_columns(connection)),
                runs=tuple(_runs(connection, folder, spider)),
                not_before=datetime.fromisoformat(closed) if closed else None,
            )
    except (sqlite3.Error, OSError) as error:
        raise StorageFailed(
            f"{folder / FILE} cannot be read ({error}): see that nothing holds it, and try again"
        ) from error


def _columns(connection: sqlite3.Connection) -> Iterator[tuple[str, datetime]]:
    rows = connection.execute("SELECT url, walked_at FROM columns WHERE walked_at IS NOT NULL")
    for row in rows:
        yield row["url"], datetime.fromisoformat(row["walked_at"])


def _runs(connection: sqlite3.Connection, folder: Path, spider: str) -> Iterator[PastRun]:
    rows = connection.execute(
        "SELECT * FROM runs WHERE spider = ? ORDER BY id DESC LIMIT ?", (spider, _RUNS)
    )
    for row in rows:
        arguments = json.loads(row["arguments"]) if row["arguments"] else None
        if arguments is None or not _is_whole(arguments):
            continue
        names = [name.strip() for name in arguments.get("editions", "").split(",") if name.strip()]
        outcome = _outcome(row, folder)
        started = datetime.fromisoformat(row["started_at"])
        yield PastRun(started, outcome, frozenset(names) if names else None)


def _is_whole(arguments: dict[str, str]) -> bool:
    if any(name in arguments for name in _PARTIAL):
        return False
    return "columns" in [name.strip() for name in arguments.get("sources", "columns").split(",")]


def _outcome(row: sqlite3.Row, folder: Path) -> str:
    if row["state"] == "running":
        return "killed" if is_free(folder / LOCKS / str(row["id"])) else "running"
    if row["state"] == "killed":
        return "killed"
    return "done" if row["exit_code"] == 0 else "failed"
