"""The folder of an extract that is under way: kept by a death, gone once all is done."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newscrawl.errors import Busy, UsageProblem

#: Behind the name of the output.
SUFFIX = ".parts"
_LOCK = "lock"


@contextmanager
def work_folder(folder: Path | None) -> Iterator[Path]:
    """A folder for parts; ``None``: one that nobody could find again.

    Raises :class:`newscrawl.errors.Busy` while another extract uses it.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="newscrawl-") as name:
            yield Path(name)
        return
    try:
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise UsageProblem(f"cannot write {folder} ({error.strerror})") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another extract is at work in {folder}: wait for it or stop it") from None
        try:
            yield folder
        except BaseException:
            _leave(folder)
            raise
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def _leave(folder: Path) -> None:
    """Leave nothing behind but finished parts."""
    if not any(folder.glob("*.part")):
        with suppress(OSError):
            shutil.rmtree(folder)
