"""Kernel locks on files: freed by the kernel at any death, so no clock and no expiry."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newscrawl.errors import Busy, UsageProblem

#: The lock of a replay, in place of a host's.
REPLAY = "replay"
_POLL_S = 0.2


class Lock:
    """A held lock on one file; the file names its holder for whoever finds it taken."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def note(self, holder: dict[str, Any]) -> None:
        """Say anew who holds the lock."""
        assert self._descriptor is not None
        data = json.dumps(holder).encode()
        os.pwrite(self._descriptor, data, 0)
        os.ftruncate(self._descriptor, len(data))

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two hold it at once."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def acquire(path: Path, holder: dict[str, Any], wait_s: float = 0) -> Lock:
    """Take a lock, waiting at most ``wait_s`` seconds; :class:`Busy` names who holds it."""
    deadline = time.monotonic() + wait_s
    while True:
        lock = try_acquire(path, holder)
        if lock is not None:
            return lock
        if time.monotonic() >= deadline:
            raise Busy(f"another run holds {path}: {describe(path)}; wait for it or stop it first")
        time.sleep(_POLL_S)


def acquire_host(host: str, holder: dict[str, Any], wait_s: float = 0) -> Lock:
    """Take the lock that all data dirs of this user have in common, so that they share its rate.

    Raises :class:`Busy` as :func:`acquire` does, :class:`UsageProblem` where it cannot be written.
    """
    try:
        folder = hosts_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return acquire(folder / host, holder, wait_s)
    except (OSError, RuntimeError) as error:
        raise UsageProblem(
            f"the lock of {host} cannot be written ({error}): all crawls of a user share it, so"
            " set XDG_STATE_HOME to a folder that this user may write to"
        ) from error


def hosts_folder() -> Path:
    """Folder of the locks of hosts; not the runtime folder, which is there in a login alone.

    Raises :class:`RuntimeError` for a user without a home.
    """
    given = Path(os.environ.get("XDG_STATE_HOME", ""))
    state = given if given.is_absolute() else Path.home() / ".local" / "state"
    return state / "newscrawl" / "hosts"


@contextmanager
def acquired(
    folder: Path, names: Sequence[str], holder: dict[str, Any], wait_s: float = 0
) -> Iterator[list[Lock]]:
    """Hold some locks of a folder; raises :class:`Busy` as :func:`acquire` does."""
    taken: list[Lock] = []
    try:
        for name in names:
            taken.append(acquire(folder / name, holder, wait_s))
        yield taken
    finally:
        for lock in taken:
            lock.release()


def try_acquire(path: Path, holder: dict[str, Any]) -> Lock | None:
    """Take a lock if it is free."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock = Lock(path, descriptor)
        lock.note(holder)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return lock


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for one short step; waits for whoever holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether nobody holds a lock on a file (a file that is not there is free)."""
    if not path.exists():
        return True
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def describe(path: Path) -> str:
    """Who holds a lock, in the words of its file."""
    try:
        holder = json.loads(path.read_text())
        where = f", data dir {holder['data_dir']}" if "data_dir" in holder else ""
        return f"run {holder['run']} of process {holder['pid']}, since {holder['since']}{where}"
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown holder"
