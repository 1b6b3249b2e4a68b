"""Parts: what one piece of an archive gave, whole on the disk or not there.

A part is a file of lines: for each capture what is known of it (:class:`Seen`), and its record
behind it where it gave one; at the end what was left out, and why (:class:`End`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import orjson

from newscrawl.durable import rename_durably
from newscrawl.errors import StorageFailed

SUFFIX = ".part"
#: Parts that are open for reading at once.
_MOST_OPEN = 64


@dataclass(frozen=True)
class Seen:
    """One capture of a page of the site."""

    url: str
    """Canonical."""
    at: str
    """When it was captured: ISO time, UTC."""
    offset: int
    """Where in the archive it lies."""
    why: str | None = None
    """Why it gave no record."""
    key: str | None = None
    """``url_hash`` of its record."""
    story: str | None = None
    """``content_hash`` of its record."""
    digest: str | None = None
    aliases: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    leads_to: str | None = None
    """Of a redirect: the article it leads to."""
    is_revisit: bool = False
    """Whether it stands for another capture, which has its body."""
    refers_to: str | None = None
    """When that was captured, as ``at``."""
    refers_to_url: str | None = None


@dataclass
class End:
    """What became of a piece as a whole."""

    left_out: Counter[str] = field(default_factory=Counter)
    """What is no page of the site, by reason."""
    warnings: list[str] = field(default_factory=list)
    first: int | None = None
    last: int = 0
    is_broken: bool = False


class PartWriter:
    """Writes a part aside; it has its name once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(f"{path.name}.{os.getpid()}")
        self._out: IO[bytes] = self._aside.open("wb")

    def write(self, seen: Seen, line: bytes = b"") -> None:
        """One capture, with the line of the record it gave."""
        known = {name: value for name, value in vars(seen).items() if value not in (None, ())}
        self._out.write(orjson.dumps(known) + b"\n" + line)

    def end(self, end: End) -> None:
        """It is whole."""
        self._out.write(orjson.dumps({"end": vars(end)}) + b"\n")
        self._out.flush()
        os.fsync(self._out.fileno())
        rename_durably(self._aside, self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.close()
        self._aside.unlink(missing_ok=True)


@dataclass(frozen=True)
class Entry:
    """One capture in a part, and where its record stands there."""

    seen: Seen
    place: int = 0
    length: int = 0
    line: bytes = b""
    """The record's line, empty where there is none."""


def read_part(path: Path) -> Iterator[Entry | End]:
    """What a part holds, in order; last its end."""
    with path.open("rb") as part:
        place = 0
        for data in part:
            place += len(data)
            known = orjson.loads(data)
            if "end" in known:
                yield _end(known)
                return
            seen = Seen(**{**known, "aliases": tuple(known.get("aliases", ()))})
            line = part.readline() if seen.key else b""
            yield Entry(seen, place, len(line), line)
            place += len(line)


def read_end(path: Path) -> End:
    """How a part ends."""
    with path.open("rb") as part:
        size, back = part.seek(0, os.SEEK_END), 4096
        while True:
            part.seek(max(0, size - back))
            *before, last = part.read().rstrip(b"\n").split(b"\n")
            if before or back >= size:
                return _end(orjson.loads(last))
            back *= 8


def _end(known: dict[str, Any]) -> End:
    end = known["end"]
    return End(**{**end, "left_out": Counter(end["left_out"])})


class RecordsOf:
    """Records in parts, by their places."""

    def __init__(self, parts: list[Path]) -> None:
        self._parts = parts
        self._open: dict[int, IO[bytes]] = {}

    def record(self, part: int, place: int, length: int) -> dict[str, Any]:
        """The record at a place of a part (by its number)."""
        if part not in self._open:
            if len(self._open) >= _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[part] = self._parts[part].open("rb")
        data = os.pread(self._open[part].fileno(), length, place)
        record: dict[str, Any] = orjson.loads(data)
        return record

    def close(self) -> None:
        """Close what is open."""
        for part in self._open.values():
            part.close()


@contextmanager
def disk_problems(folder: Path) -> Iterator[None]:
    """A disk that fails ends the extract with one line."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"cannot write to {folder} ({error.strerror or error}): mend that and run the same"
            " command again, it goes on where it was"
        ) from error
