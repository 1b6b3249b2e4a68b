"""Opening the database, and what becomes of SQLite's errors."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from newscrawl.durable import sync_file
from newscrawl.errors import StorageBusy, StorageFailed, UsageProblem
from newscrawl.store import schema

FILE = "newscrawl.db"

#: Milliseconds that a writer waits for another one.
_BUSY_MS = 5000
_PATIENT_MS = 60_000


def connect(folder: Path) -> sqlite3.Connection:
    """The database of a data dir, made or brought up to date where needed.

    Raises :class:`UsageProblem` when it cannot be used as it is.
    """
    path = folder / FILE
    _refuse_protected(path)
    connection = _open(path)
    try:
        refuse_newer(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = FILE")
        # A replaced row must leave no readable copy behind: it may have to be forgotten one day.
        connection.execute("PRAGMA secure_delete = ON")
        schema.migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except UsageProblem:
        connection.close()
        raise
    return connection


def read_only(folder: Path) -> sqlite3.Connection | None:
    """The database for reading, ``None`` where there is none yet: no file, or one of a crawl that
    was killed before it had made the tables.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.row_factory = sqlite3.Row
        refuse_newer(connection, path)
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            connection.close()
            return None
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return connection


@contextmanager
def up_to_date(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database for reading, brought up to date where an older newscrawl wrote it.

    Raises :class:`UsageProblem` where there is none.
    """
    connection = read_only(folder)
    if connection is None:
        raise UsageProblem(
            f"there is no database in {folder}: crawl first, or set NEWSCRAWL_DATA_DIR"
        )
    with closing(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < schema.VERSION:
            connect(folder).close()
        yield connection


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return connection


def _refuse_protected(path: Path) -> None:
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageProblem(
            f"{path} cannot be written: mend its permissions,"
            " or set NEWSCRAWL_DATA_DIR to another folder"
        )


def refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    """Raise :class:`UsageProblem` for a database of a newer newscrawl."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > schema.VERSION:
        raise UsageProblem(
            f"{path} was written by a newer newscrawl (schema {version}, this one knows"
            f" {schema.VERSION}): update newscrawl, or set NEWSCRAWL_DATA_DIR to another folder"
        )


def refuse_broken_disk(path: Path, error: sqlite3.Error) -> None:
    """Raises :class:`StorageFailed` where a database cannot be used because of the disk: that is no
    mistake of the user."""
    if is_full(error):
        raise StorageFailed(f"disk full: {path}: {error}; free some space and run again")
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_IOERR"):
        raise StorageFailed(
            f"{path} cannot be read or written ({error}): check the disk, and the limit on the size"
            " of files (ulimit -f), and run again; nothing is lost"
        )


def _unusable(path: Path, error: sqlite3.Error) -> UsageProblem:
    refuse_broken_disk(path, error)
    return UsageProblem(
        f"{path} cannot be used as a database ({error}):"
        " check its permissions, or set NEWSCRAWL_DATA_DIR to another folder"
    )


@contextmanager
def patient(connection: sqlite3.Connection) -> Iterator[None]:
    """Where nothing else is under way a writer waits for another one as long as it may take."""
    connection.execute(f"PRAGMA busy_timeout = {_PATIENT_MS}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")


def is_free(connection: sqlite3.Connection) -> bool:
    """Whether nobody else is writing at this moment."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    return True


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. Errors of the disk or of SQLite come out as :class:`StorageFailed`."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except (sqlite3.Error, OSError) as error:
        raise storage_failed(error) from error


def is_full(error: Exception) -> bool:
    """Whether the disk was full, or a file may not grow, as the system, SQLite or lxml says it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    no_memory = getattr(error, "sqlite_errorname", "") == "SQLITE_IOERR_SHMSIZE"
    return no_memory or "is full" in str(error) or "IO_ENOSPC" in str(error)


def storage_failed(error: Exception) -> StorageFailed:
    """One line for a write that failed."""
    if is_full(error):
        return StorageFailed(f"disk full: {error}; free some space and run again, nothing is lost")
    if "locked" in str(error):
        return StorageBusy(
            f"the database is held by another program ({error}); close it and run again"
        )
    return StorageFailed(f"storing failed: {error}; mend the data dir and run again")


def checkpoint(connection: sqlite3.Connection) -> bool:
    """Bring the log (``-wal``) into the database and empty it; ``False`` when a reader is in the
    way."""
    try:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        (_, _, path) = connection.execute("PRAGMA database_list").fetchone()
        if not busy:  # SQLite leaves it to the next commit to bring that to the disk
            sync_file(Path(f"{path}-wal"))
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
        raise storage_failed(error) from error
    return not busy
