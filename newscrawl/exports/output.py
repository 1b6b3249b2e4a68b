"""Where an export goes: written aside, and put in its place when it is whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from newscrawl.errors import UsageProblem

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
        aside = path.with_name(path.name + ".part")
        try:
            with aside.open("wb") as out:
                yield out
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
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
            if left.exists() and not (left / MARK).exists():
                raise _foreign(left, made_by)
            shutil.rmtree(left, ignore_errors=True)
        aside.mkdir(parents=True)
        (aside / MARK).touch()
        try:
            yield aside
            if path.exists():
                path.rename(old)
            aside.rename(path)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise _unwritable(path, error) from None


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


def _unwritable(path: Path, error: OSError) -> UsageProblem:
    return UsageProblem(f"cannot write {path} ({error.strerror or error})")
