"""Pruning: logs, rejected pages and archives that are old enough go. Articles never do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newscrawl.durable import sync_folder
from newscrawl.store.database import storage_failed
from newscrawl.store.folder import LOCKS, LOGS, REJECTED
from newscrawl.store.locks import held, is_free

_LOG = re.compile(r"(\d+)\.log")
_REJECTED = re.compile(r"(\d+)(?:\.jsonl|-[0-9a-f]{16}\.html\.gz)")
#: Finished archives as the recorder names them; what it still writes ends otherwise.
_ARCHIVE = re.compile(r".+-(\d+)-\d{8}T\d{6}Z-\d+\.warc\.gz")


@dataclass(frozen=True)
class Old:
    """A file that goes: its kind (``log``, ``rejected``, ``archive``), path, and size in bytes."""

    kind: str
    path: Path
    size: int


def old_files(folder: Path, record: Path | None, before: float) -> Iterator[Old]:
    """Files last written before a moment (seconds since 1970), of runs that are over.

    ``record`` is the folder of ``NEWSCRAWL_RECORD``.
    """
    places = [
        ("log", folder / LOGS, _LOG),
        ("rejected", folder / REJECTED, _REJECTED),
        ("archive", record, _ARCHIVE),
    ]
    for kind, place, form in places:
        if place is None or not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            match = form.fullmatch(path.name)
            if match is None or path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            if status.st_mtime < before and is_free(folder / LOCKS / match[1]):
                yield Old(kind, path, status.st_size)


def remove(files: list[Old], folder: Path) -> None:
    """Remove them; one that is gone already is no error."""
    try:
        if not (folder / REJECTED).is_dir():
            _unlink(files)
            return
        with held(folder / REJECTED):
            _unlink(files)
    except OSError as error:
        raise storage_failed(error) from error


def _unlink(files: list[Old]) -> None:
    for file in files:
        file.path.unlink(missing_ok=True)
    for folder in {file.path.parent for file in files}:
        sync_folder(folder)
