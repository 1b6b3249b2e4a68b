"""A copy of a data dir while a crawl may be running, and the way back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from newscrawl.errors import UsageProblem
from newscrawl.store.database import FILE, read_only, storage_failed
from newscrawl.store.folder import LINES, REJECTED

_ASIDE = ".partial"


def backup(folder: Path, target: Path) -> int:
    """Copy database and published line files; gives the number of articles copied.

    SQLite's own backup takes one moment of the database, and the files are copied after it. One
    that was still open then is written again from the database when the copy is first crawled
    into, or cut back to what the database knows of it; one that was begun later is left out: the
    copy would store its articles twice.
    """
    if target.exists() and any(target.iterdir()):
        raise UsageProblem(f"{target} is not empty: name a folder of its own for each backup")
    connection = read_only(folder)
    if connection is None:
        raise UsageProblem(f"there is no database in {folder}: set NEWSCRAWL_DATA_DIR")
    aside = target.with_name(target.name + _ASIDE)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        names = {file.name for file in (folder / LINES).glob("*.jsonl")}
        with closing(connection), closing(sqlite3.connect(aside / FILE)) as copy:
            connection.backup(copy)
            (articles,) = copy.execute("SELECT count(*) FROM articles").fetchone()
            names |= {name for (name,) in copy.execute("SELECT name FROM line_files")}
        lines = [folder / LINES / name for name in sorted(names)]
        for place, files in ((LINES, lines), (REJECTED, [*(folder / REJECTED).glob("*")])):
            (aside / place).mkdir()
            for file in files:
                if file.exists():
                    shutil.copy2(file, aside / place)
        if target.exists():
            target.rmdir()
        os.replace(aside, target)  # noqa: PTH105  (a folder, in one step)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise storage_failed(error) from error
    return int(articles)


def restore(source: Path, folder: Path) -> int:
    """Make a data dir from a backup; gives its number of articles. Nothing is overwritten."""
    if (folder / FILE).exists() or any((folder / LINES).glob("*")):
        raise UsageProblem(
            f"{folder} holds data: restore into an empty folder (NEWSCRAWL_DATA_DIR), and move it"
        )
    connection = read_only(source)
    if connection is None:
        raise UsageProblem(f"{source} is no backup: there is no {FILE} in it")
    with closing(connection):
        articles = _checked(connection, source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (LINES, REJECTED):
            shutil.copytree(source / name, folder / name, dirs_exist_ok=True)
        # Last: a data dir without a database is none, and can be restored into again.
        shutil.copy2(source / FILE, folder / FILE)
    except OSError as error:
        raise storage_failed(error) from error
    return articles


def _checked(connection: sqlite3.Connection, source: Path) -> int:
    try:
        (state,) = connection.execute("PRAGMA quick_check").fetchone()
        (articles,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    except sqlite3.Error as error:
        raise UsageProblem(f"{source / FILE} is damaged ({error}): use another backup") from None
    if state != "ok":
        raise UsageProblem(f"{source / FILE} is damaged ({state}): use another backup")
    return int(articles)
