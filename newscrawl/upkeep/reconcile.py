"""Opening a data dir to compare or rebuild it: alone, and also without a database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from newscrawl.clock import iso, now
from newscrawl.errors import Busy, UsageProblem
from newscrawl.store import database, schema
from newscrawl.store.folder import LINES, LOCKS, take_mode
from newscrawl.store.locks import REPLAY, acquired, describe, is_free


def has_database(folder: Path) -> bool:
    """Whether there is a database in a data dir."""
    return (folder / database.FILE).exists()


@contextmanager
def alone(folder: Path, host: str, wait_s: float = 0, who: str = "reconcile") -> Iterator[None]:
    """Keep crawls and replays away; raises :class:`newscrawl.errors.Busy` while one is at work.

    ``who`` is told to those who come meanwhile.
    """
    if not has_database(folder) and not any((folder / LINES).glob("*.jsonl*")):
        raise UsageProblem(
            f"there is neither database nor file in {folder}: set NEWSCRAWL_DATA_DIR"
        )
    with keeping_runs_away(folder, host, wait_s, who):
        yield


@contextmanager
def keeping_runs_away(folder: Path, host: str, wait_s: float, who: str) -> Iterator[None]:
    """The same for a data dir that may hold nothing yet."""
    take_mode(folder)
    holder = {"run": who, "pid": os.getpid(), "since": iso(now())}
    try:
        (folder / LOCKS).mkdir(exist_ok=True)
        with acquired(folder / LOCKS, (host, REPLAY), holder, wait_s):
            (folder / LINES).mkdir(exist_ok=True)
            yield
    except OSError as error:
        raise database.storage_failed(error) from error
    except sqlite3.Error as error:
        raise _told(folder, error) from error


def refuse_at_work(folder: Path, host: str, remedy: str) -> None:
    """Raise :class:`newscrawl.errors.Busy` while a run is at work in another data dir."""
    for lock in (host, REPLAY):
        if not is_free(folder / LOCKS / lock):
            raise Busy(
                f"a run is at work in {folder}: {describe(folder / LOCKS / lock)}; wait for it, or"
                f" {remedy}"
            )


@contextmanager
def opened(folder: Path, *, make: bool) -> Iterator[sqlite3.Connection]:
    """The database; where there is none an empty one, on the disk only with ``make``."""
    with closing(_connect(folder, make=make)) as connection:
        yield connection


def articles_and_versions(connection: sqlite3.Connection) -> tuple[int, int]:
    """Number of articles, and of their versions in all."""
    (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    (old,) = connection.execute("SELECT count(*) FROM article_versions").fetchone()
    return articles, articles + old


def _connect(folder: Path, *, make: bool) -> sqlite3.Connection:
    if make or has_database(folder):
        try:
            return database.connect(folder)
        except UsageProblem as error:
            if isinstance(error.__cause__, sqlite3.Error) and _is_damage(error.__cause__):
                raise _told(folder, error.__cause__) from error
            raise
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    schema.migrate(connection)
    return connection


def _is_damage(error: sqlite3.Error) -> bool:
    return "not a database" in str(error) or "malformed" in str(error)


def _told(folder: Path, error: sqlite3.Error) -> Exception:
    if not _is_damage(error):
        return database.storage_failed(error)
    return UsageProblem(
        f"{folder / database.FILE} is damaged ({error}): move it away (with its -wal and -shm),"
        " then restore a backup, or run scrapy reconcile --rebuild database"
    )
