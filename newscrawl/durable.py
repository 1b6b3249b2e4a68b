"""Files and folders that are there, and whole, after a loss of power.

What a command says it has written is on the disk when it says so: bytes first, then the name, then
the folder that holds the name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

ASIDE = ".part"


@contextmanager
def written_durably(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its place whole when the block ends; nothing stays of a failure.

    It is written aside as ``NAME.part``.
    """
    aside = path.with_name(path.name + ASIDE)
    try:
        with aside.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        rename_durably(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def rename_durably(source: Path, target: Path) -> None:
    """Rename, and bring the new name to the disk."""
    source.rename(target)
    sync_folder(target.parent)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and what is missing above it, through a loss of power; ``mode`` is its own."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode, exist_ok=True)
    with suppress(PermissionError):  # a parent that may be passed but not read
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    sync_file(folder, os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Bring a folder to the disk with all that it holds."""
    for place, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(place, name))
        sync_folder(Path(place))


def sync_file(path: Path, flags: int = 0) -> None:
    """Bring the bytes of a file to the disk; ``flags`` for opening it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
