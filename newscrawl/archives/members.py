"""Records of an archive that packs each by itself: what is not wanted is passed over unread.

The head of a record tells its address. Where nobody wants it, the rest is unpacked only to find
its end, and neither kept nor parsed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO

from newscrawl.archives.inflating import unpack, unpacker
from newscrawl.numbers import whole_number

#: Bytes of a record (body packed as the server sent it) that are kept at most.
MAX_RECORD = 32 * 1024 * 1024
#: Bytes that the head of a record may say it has.
LONGEST_RECORD = 2**50
#: Bytes of a record's head at most.
_MAX_HEAD = 64 * 1024
_CHUNK = 64 * 1024
_UNPACKED = 1024 * 1024
_MAGIC = b"\x1f\x8b\x08"
_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    rb"^(WARC-Type|WARC-Target-URI|Content-Length):([^\n]*+)", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Head:
    """What the head of a record says."""

    type: str
    url: str


@dataclass(frozen=True)
class Member:
    """One packed record: where it begins, and its bytes where they are wanted."""

    offset: int
    head: Head
    data: bytes | None = None
    """``None`` for what is not wanted."""
    is_cut: bool = False
    """Whether it is wanted and too large to be kept."""
    end: int = 0
    """Where the next one begins."""


class Unpacker:
    """The gzip members of a stream, one after the other."""

    def __init__(self, stream: IO[bytes], begin: int = 0) -> None:
        stream.seek(begin)
        self._stream = stream
        self._packed = b""
        self._unpack = unpacker()
        self.position = begin
        """Where the next byte to unpack lies."""

    def start(self) -> bool:
        """Begin the next member; ``False`` at the end of the stream."""
        self._packed = self._packed or self._stream.read(_CHUNK)
        self._unpack = unpacker()
        return bool(self._packed)

    def read(self) -> bytes:
        """Some more bytes of the member, ``b""`` at its end; :class:`EOFError` where it is cut."""
        while not self._unpack.eof:
            self._packed = self._packed or self._stream.read(_CHUNK)
            data = unpack(self._unpack, self._packed, _UNPACKED)
            was_end = not self._packed
            ended = self._unpack.eof
            rest = self._unpack.unused_data if ended else self._unpack.unconsumed_tail
            self.position += len(self._packed) - len(rest)
            self._packed = rest
            if data:
                return data
            if was_end and not ended:
                raise EOFError("it ends in the middle of a record")
        return b""

    def again(self, offset: int, head: Head) -> Member:
        """An earlier member, whole; the stream stays where it is."""
        here = self._stream.tell()
        earlier = Unpacker(self._stream, offset)
        earlier.start()
        member = _whole(earlier, offset, head)
        self._stream.seek(here)
        return member


def read_members(
    stream: IO[bytes], begin: int, end: int | None, wants: Callable[[Head], bool]
) -> Iterator[Member]:
    """Records that begin from ``begin`` on and before ``end``, in order.

    Raises what a broken stream leads to: :class:`zlib.error`, :class:`EOFError`,
    :class:`ValueError`.
    """
    source = Unpacker(stream, begin)
    while (end is None or source.position < end) and source.start():
        yield replace(_member(source, wants), end=source.position)


def first_from(stream: IO[bytes], begin: int, end: int) -> int | None:
    """Where the first record at or behind an offset begins, ``None`` where none does."""
    position, kept = begin, b""
    stream.seek(begin)
    while position < end + len(kept) and (data := stream.read(_CHUNK)):
        window = kept + data
        base = position - len(kept)
        found = window.find(_MAGIC)
        while found >= 0:
            if base + found >= end:
                return None
            if _begins_record(stream, base + found):
                return base + found
            found = window.find(_MAGIC, found + 1)
        kept = window[-2:]
        position += len(data)
        stream.seek(position)
    return None


def holds_one_record(stream: IO[bytes]) -> bool:
    """Whether the first member of a stream is one WARC record and no more."""
    source = Unpacker(stream)
    try:
        if not source.start():
            return False
        data = source.read()
        match = _END.search(data)
        if match is None or not data.startswith(b"WARC/"):
            return False
        _, length = _head(data[: match.start()])
        size = len(data) - match.end()
        while size <= length + 4 and (more := source.read()):
            size += len(more)
    except (zlib.error, EOFError):
        return True  # as far as it goes
    return size <= length + 4


def _member(source: Unpacker, wants: Callable[[Head], bool]) -> Member:
    offset = source.position
    data = source.read()
    while (match := _END.search(data)) is None and len(data) < _MAX_HEAD:
        more = source.read()
        if not more:
            break
        data += more
    if match is None or match.start() > _MAX_HEAD or not data.startswith(b"WARC/"):
        raise ValueError("there is no record where one should begin")
    head, length = _head(data[: match.start()])
    if wants(head):
        return _whole(source, offset, head, data)
    size = len(data) - match.end()
    while more := source.read():
        size += len(more)
    if size > length + 4:  # more than one record in a member: each must be looked at
        return source.again(offset, head)
    return Member(offset, head)


def _whole(source: Unpacker, offset: int, head: Head, data: bytes = b"") -> Member:
    out = BytesIO()
    out.write(data)
    while more := source.read():
        if out.tell() <= MAX_RECORD:
            out.write(more)
    cut = out.tell() > MAX_RECORD
    return Member(offset, head, None if cut else out.getvalue(), cut)


def _head(data: bytes) -> tuple[Head, int]:
    fields = {name.lower(): value.strip() for name, value in _FIELD.findall(data)}
    url = fields.get(b"warc-target-uri", b"").decode("utf-8", "replace").strip("<>")
    length = fields.get(b"content-length", b"0")
    kind = fields.get(b"warc-type", b"").decode("ascii", "replace").lower()
    return Head(kind, url), whole_number(length, LONGEST_RECORD) or 0


def _begins_record(stream: IO[bytes], offset: int) -> bool:
    try:
        source = Unpacker(stream, offset)
        return source.start() and source.read().startswith(b"WARC/")
    except (zlib.error, EOFError):
        return False
