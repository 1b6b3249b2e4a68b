"""A copy of a data dir, while a crawl may be running."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from newscrawl.durable import make_folder, rename_durably, sync_tree
from newscrawl.errors import UsageProblem
from newscrawl.store.database import FILE, read_only, storage_failed
from newscrawl.store.folder import LINES, REJECTED, take_mode

_ASIDE = ".partial"


def backup(folder: Path, target: Path) -> int:
    """Copy database and published line files; gives the number of articles copied.

    SQLite's own backup takes one moment of the database, and the files are copied after it. One
    that was still open then is written again from the database when the copy is first crawled
    into, or cut back to what the database knows of it; one that was begun later is left out: the
    copy would store its articles twice.
    """
    target = target.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageProblem(f"{target} is not empty: name a folder of its own for each backup")
    connection = read_only(folder)
    if connection is None:
        raise UsageProblem(f"there is no database in {folder}: set NEWSCRAWL_DATA_DIR")
    aside = target.with_name(target.name + _ASIDE)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        make_folder(target.parent)
        take_mode(folder)
        aside.mkdir()
        names = {file.name for file in (folder / LINES).glob("*.jsonl")}
        with closing(connection), closing(sqlite3.connect(aside / FILE)) as copy:
            connection.backup(copy)
            (articles,) = copy.execute("SELECT count(*) FROM articles").fetchone()
            names |= {name for (name,) in copy.execute("SELECT name FROM line_files")}
        copy_files([folder / LINES / name for name in sorted(names)], aside / LINES)
        copy_files((folder / REJECTED).glob("*"), aside / REJECTED)
        sync_tree(aside)
        rename_durably(aside, target)  # over an empty folder too
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise storage_failed(error) from error
    return int(articles)


def copy_files(files: Iterable[Path], target: Path) -> None:
    """Copy files, as far as they are there, with their times to a new folder."""
    target.mkdir()
    for file in files:
        if file.is_file():
            shutil.copyfile(file, target / file.name)
            status = file.stat()
            os.utime(target / file.name, ns=(status.st_atime_ns, status.st_mtime_ns))
