"""Where an export goes: written aside, and put in its place when it is whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from newscrawl.durable import make_folder, rename_durably, sync_folder, sync_tree, written_durably
from newscrawl.errors import CrawlError, UsageProblem
from newscrawl.store.database import is_full, storage_failed

#: Stands in every folder that an export made; nothing else is written over.
MARK = ".newscrawl-export"


@contextmanager
def output_file(name: str, made_by: str, is_ours: Callable[[Path], bool]) -> Iterator[IO[bytes]]:
    """A file to write, or standard output for ``-``.

    Raises :class:`UsageProblem` where something else stands in its place, or nothing can be
    written. An empty file does no harm: it is written over.
    """
    if name == "-":
        with _until_enough_is_read():
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    path = Path(name)
    try:
        refuse_foreign(path, made_by, is_ours)
        with written_durably(path) as out:
            yield out
    except OSError as error:
        raise _unwritable(path, error) from None


def refuse_foreign(path: Path, made_by: str, is_ours: Callable[[Path], bool]) -> None:
    """Raise :class:`UsageProblem` where something stands that must not be written over."""
    if not path.exists():
        return
    if not path.is_file():
        raise UsageProblem(f"{path} is no file: give another name (- is standard output)")
    if path.stat().st_size and not is_ours(path):
        raise _foreign(path, made_by)


@contextmanager
def output_folder(name: str, made_by: str) -> Iterator[Path]:
    """A new folder to fill; it takes the place of an earlier one when the block ends.

    Raises :class:`UsageProblem` where something else stands in its place, or nothing can be
    written.
    """
    if name == "-":
        raise UsageProblem("this format is a folder: name it (- is standard output)")
    path = Path(name)
    aside, old = path.with_name(path.name + ".part"), path.with_name(path.name + ".old")
    try:
        if path.exists() and not _is_free(path):
            raise _foreign(path, made_by)
        for left in (aside, old):  # of an export that was killed
            if left.exists() and not _is_free(left):
                raise _foreign(left, made_by)
        if old.exists() and not path.exists():
            rename_durably(old, path)
        for left in (aside, old):
            _remove(left)
        make_folder(path.parent)
        aside.mkdir()
        (aside / MARK).touch()
        sync_folder(aside)
        try:
            yield aside
            sync_tree(aside)
            _put_in_place(aside, path, old)
        finally:
            _remove(aside)
    except OSError as error:
        raise _unwritable(path, error) from None


def _put_in_place(aside: Path, path: Path, old: Path) -> None:
    """Give a folder its name; an earlier one goes only when the new one is there."""
    if (path / MARK).exists():
        path.rename(old)
    try:
        rename_durably(aside, path)
    except OSError:
        if not path.exists():
            old.rename(path)
        raise
    _remove(old)


def _remove(folder: Path) -> None:
    """Remove a folder; it is known for ours until nothing else is in it."""
    if not folder.exists():
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != MARK:
            entry.unlink()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _until_enough_is_read() -> Iterator[None]:
    """Whoever closes the pipe (``| head``) has what it wants: that is no error."""
    try:
        yield
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # what is still in the buffer goes there at the end
        os.close(nowhere)


def _is_free(path: Path) -> bool:
    return path.is_dir() and ((path / MARK).exists() or not any(path.iterdir()))


def _foreign(path: Path, made_by: str) -> UsageProblem:
    return UsageProblem(
        f"{path} exists and was not made by {made_by}: give another name, or remove it"
    )


def _unwritable(path: Path, error: OSError) -> CrawlError:
    if is_full(error):
        return storage_failed(error)
    return UsageProblem(f"cannot write {path} ({error.strerror or error})")
