"""JSON Lines files: appended to while hidden, published whole, mended after a death.

A file is written as ``NAME.part`` under a kernel lock and renamed once to ``NAME``. The database
knows every committed line (file, offset, length), so what a death left behind can be cut back to,
or filled up to, exactly what was committed.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from pathlib import Path

from newscrawl.clock import iso, now
from newscrawl.durable import rename_durably
from newscrawl.store.database import transaction

PART = ".part"
#: In place of a version's number: another line tells that version now.
SUPERSEDED = 0


class LineFiles:
    """The line files of one run."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: Path,
        name: str,
        run: int,
        rotate: tuple[float, int],
    ) -> None:
        """``name`` begins the names of the files; ``rotate``: seconds and lines of one."""
        self._db = connection
        self._folder = folder
        self._stem = name
        self._run = run
        self._rotate_s, self._rotate_lines = rotate
        self._number = 0
        self._open: OpenFile | None = None
        self.published: list[Path] = []

    def append(self, line: bytes, url_hash: str, version: int) -> tuple[int, int]:
        """Write one line and enter it; gives its file and offset. Expects an open transaction."""
        if self._open is None:
            self._open = self._start()
        offset = self._open.append(line)
        self._db.execute(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?)",
            (self._open.id, offset, len(line), url_hash, version),
        )
        return self._open.id, offset

    def rolled_back(self) -> None:
        """The transaction failed: cut the file back to its last committed line."""
        if self._open is None:
            return
        self._open.cut_back()
        if self._open.size == 0:  # the file's own row went with the transaction
            self._open.discard()
            self._open = None
            self._number -= 1

    def committed(self) -> None:
        """The transaction stands: what was written is part of the file."""
        if self._open is None:
            return
        self._open.settle()
        old = time.monotonic() - self._open.started >= self._rotate_s
        if old or self._open.lines >= self._rotate_lines:
            self.publish()

    def publish(self) -> None:
        """Close the open file and give it its name; nothing to do for a run without records."""
        if self._open is None:
            return
        path = self._open.publish()
        self.published.append(path)
        with transaction(self._db):
            mark_published(self._db, self._open.id)
        self._open.close()
        self._open = None

    def _start(self) -> OpenFile:
        self._number += 1
        name = f"{self._stem}-{self._number}.jsonl"
        cursor = self._db.execute(
            "INSERT INTO line_files (name, run) VALUES (?, ?)", (name, self._run)
        )
        assert cursor.lastrowid is not None
        return OpenFile(self._folder, name, cursor.lastrowid)


class OpenFile:
    """One ``.part`` file, locked while it is open."""

    def __init__(self, folder: Path, name: str, file_id: int) -> None:
        self.id = file_id
        self.size = 0
        self.lines = 0
        self.started = time.monotonic()
        self._end = 0
        self._pending = 0
        self._final = folder / name
        self._path = folder / (name + PART)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def append(self, line: bytes) -> int:
        """Write a line whole, or nothing of it; gives the offset it begins at."""
        offset = self._end
        try:
            write_all(self._descriptor, line, offset)
        except OSError:
            os.ftruncate(self._descriptor, offset)
            raise
        self._end += len(line)
        self._pending += 1
        return offset

    def settle(self) -> None:
        """The transaction that wrote the last lines has been committed."""
        self.size = self._end
        self.lines += self._pending
        self._pending = 0

    def cut_back(self) -> None:
        """The transaction that wrote the last lines was rolled back."""
        os.ftruncate(self._descriptor, self.size)
        self._end = self.size
        self._pending = 0

    def publish(self) -> Path:
        """Bring the file to the disk, then give it its name."""
        os.fsync(self._descriptor)
        rename_durably(self._path, self._final)
        return self._final

    def discard(self) -> None:
        """Drop a file that has no committed line."""
        self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let the file and its lock go."""
        os.close(self._descriptor)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at ``offset``."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


def mark_published(connection: sqlite3.Connection, file_id: int) -> None:
    """Enter that a file has its name; expects an open transaction."""
    connection.execute("UPDATE line_files SET published_at = ? WHERE id = ?", (iso(now()), file_id))
