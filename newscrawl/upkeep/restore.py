"""A data dir from a backup, whole or not at all.

Everything is copied and checked in a folder of its own within the data dir, which may be a mount.
The database is the last to get its name: a data dir without one is none.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from newscrawl.durable import sync_folder, sync_tree
from newscrawl.errors import UsageProblem
from newscrawl.store.database import FILE, is_full, refuse_newer
from newscrawl.store.folder import LINES, REJECTED, make_folders
from newscrawl.upkeep.backup import copy_files
from newscrawl.upkeep.reconcile import keeping_runs_away, refuse_at_work

_ASIDE = "restore.partial"
#: In the order in which they get their names.
_FOLDERS = (REJECTED, LINES)


def restore(source: Path, folder: Path, host: str, mode: int, wait_s: float = 0) -> int:
    """Make a data dir from a backup; gives its number of articles. Nothing is overwritten.

    Raises :class:`newscrawl.errors.Busy` while a run is at work here or there.
    """
    _refuse_source(source, folder, host)
    is_new = not folder.exists()
    make_folders(folder, mode)
    with keeping_runs_away(folder, host, wait_s, who="restore"):
        aside = folder / _ASIDE
        try:
            _clear(folder, aside)
            _refuse_data(folder)
            articles = _build(source, aside)
            _put_in_place(aside, folder)
        except BaseException:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
            elif not (folder / FILE).exists():
                _clear(folder, aside)
            raise
    return articles


def _refuse_source(source: Path, folder: Path, host: str) -> None:
    for name in (FILE, LINES):
        if not (source / name).exists():
            raise UsageProblem(f"{source} is no backup: there is no {name} in it")
    if folder.exists() and source.samefile(folder):
        raise UsageProblem(f"{source} is the data dir itself: set NEWSCRAWL_DATA_DIR to another")
    refuse_at_work(source, host, "restore a copy of it (scrapy backup)")


def _refuse_data(folder: Path) -> None:
    # A log (-wal) without its database would be taken for that of the one to come.
    for pattern in (f"{FILE}*", *(f"{name}/*" for name in _FOLDERS)):
        if any(folder.glob(pattern)):
            raise UsageProblem(
                f"{folder} holds data: restore into an empty folder (NEWSCRAWL_DATA_DIR), and"
                " move it"
            )


def _clear(folder: Path, aside: Path) -> None:
    """Remove what a restore that died has left. Files that had their names go back first."""
    if (aside / FILE).exists() and not (folder / FILE).exists():
        for name in _FOLDERS:
            if not (aside / name).exists():
                (folder / name).rename(aside / name)
        # A folder that lacks files, beside a database that is whole, is one that gave them away.
        (aside / FILE).unlink()
        sync_folder(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _build(source: Path, aside: Path) -> int:
    """Copy all aside; the database has its name only when everything is whole, and on the disk."""
    aside.mkdir()
    for name in _FOLDERS:
        copy_files((source / name).glob("*"), aside / name)
    copy = aside / f"{FILE}.unchecked"
    for suffix in ("", "-wal"):  # a copy of a data dir has what was stored last in the log
        if (source / (FILE + suffix)).exists():
            shutil.copyfile(source / (FILE + suffix), copy.with_name(copy.name + suffix))
    articles = _checked(copy, source)
    sync_tree(aside)
    copy.rename(aside / FILE)
    sync_folder(aside)
    return articles


def _checked(copy: Path, source: Path) -> int:
    """Bring the log into the database; gives its number of articles."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            refuse_newer(connection, source / FILE)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version < 1:
                raise UsageProblem(f"{source / FILE} holds no store: use another backup")
            (state,) = connection.execute("PRAGMA quick_check").fetchone()
            (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.DatabaseError as error:
        if is_full(error):
            raise
        raise UsageProblem(f"{source / FILE} is damaged ({error}): use another backup") from None
    if state != "ok":
        raise UsageProblem(f"{source / FILE} is damaged ({state}): use another backup")
    return int(articles)


def _put_in_place(aside: Path, folder: Path) -> None:
    for name in _FOLDERS:
        (aside / name).rename(folder / name)
    sync_folder(folder)
    (aside / FILE).rename(folder / FILE)
    sync_folder(folder)
    aside.rmdir()
