"""The folders of a data dir."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile

from newscrawl.durable import make_folder, sync_folder
from newscrawl.errors import UsageProblem
from newscrawl.store import database

LINES = "articles"
LOCKS = "locks"
REJECTED = "rejected"
LOGS = "logs"

#: Mode of a data dir that nothing is set for: its owner's alone.
PRIVATE = 0o700


def prepare_folder(folder: Path, mode: int = PRIVATE) -> None:
    """Make a data dir to store into; :class:`UsageProblem` when that cannot be done.

    Line files without a database are refused: a run would store all their articles once more.
    """
    make_folders(folder, mode)
    if not (folder / database.FILE).exists() and any((folder / LINES).glob("*.jsonl")):
        raise UsageProblem(
            f"{folder} has line files and no database: restore a backup of it into an empty folder"
            " (where a restore was cut off: the same again), or make the database from the files"
            " (scrapy reconcile --rebuild database)"
        )


def make_folders(folder: Path, mode: int = PRIVATE) -> None:
    """Make a data dir and its folders; :class:`UsageProblem` when they cannot be written.

    ``mode`` is for a data dir that is new; one that is there keeps its own.
    """
    try:
        if not folder.is_dir():
            make_folder(folder, mode)
            folder.chmod(mode)  # whatever the umask says
        take_mode(folder)
        for part in ("", LINES, LOCKS, REJECTED, LOGS):
            (folder / part).mkdir(exist_ok=True)
            TemporaryFile(dir=folder / part).close()  # without a name: a death leaves none
        sync_folder(folder)
    except OSError as error:
        if database.is_full(error):
            raise database.storage_failed(error) from error
        raise UsageProblem(
            f"the data dir: {error.filename or folder} cannot be written ({error.strerror}):"
            " mend its permissions, or set NEWSCRAWL_DATA_DIR to another folder"
        ) from error


def take_mode(folder: Path) -> None:
    """Let this process make files for nobody who may not enter the data dir."""
    if folder.is_dir():
        os.umask(os.umask(0o077) | (0o777 & ~folder.stat().st_mode))
