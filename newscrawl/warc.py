"""WARC archives: which pages they hold, and what a server answered.

Of several captures of a page the n-th answers the n-th request, then the last good one. A revisit
gives the body that it refers to.
"""

from __future__ import annotations

import glob
import gzip
import logging
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import brotli
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from newscrawl.errors import UsageProblem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

logger = logging.getLogger(__name__)

#: Bytes of a decoded page beyond which nothing is read.
MAX_BODY = 10 * 1024 * 1024
_SUFFIXES = (".warc", ".warc.gz")
_CAPTURES = ("response", "revisit", "resource")


@dataclass(frozen=True)
class Answer:
    """What a server answered, as an archive keeps it."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    """Decoded from chunking only; any content encoding is still on."""
    captured_at: datetime
    type: str = "response"
    digest: str | None = None
    refers_to: str | None = None
    """Of a revisit: capture time of the record it refers to, as the archive writes it."""

    def header(self, name: str) -> str | None:
        """First header of a name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def decoded(self) -> tuple[bytes, str | None]:
        """Body without its content encodings, and the content type.

        A body that does not decode is given as far as it does.
        """
        body = self.body
        for encoding in reversed((self.header("Content-Encoding") or "").lower().split(",")):
            body = _decode(body, encoding.strip())
        return body, self.header("Content-Type")


@dataclass
class _Captures:
    """Where the captures of one page lie, in the order of the archive."""

    places: list[tuple[Path, int, int, str]] = field(default_factory=list)
    """File, offset, status, type."""
    asked: int = 0


def archive_files(text: str) -> list[Path]:
    """Files that a setting names: paths parted by commas, patterns, or folders.

    Raises :class:`UsageProblem` for what is not there.
    """
    files: list[Path] = []
    for part in (part.strip() for part in text.split(",")):
        path = Path(part).expanduser()
        if path.is_dir():
            found = [file for file in sorted(path.iterdir()) if file.name.endswith(_SUFFIXES)]
        elif path.exists():
            found = [path]
        else:
            found = [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207
        if not found:
            raise UsageProblem(f"no archive at {part}: give a WARC file, a folder or a pattern")
        files += found
    return files


def check_archives(text: str) -> list[Path]:
    """The same, refusing files that are no WARC. An empty file is none but does no harm."""
    files = archive_files(text)
    for file in files:
        try:
            begin = _begin(file)
        except OSError as error:
            raise UsageProblem(f"{file} cannot be read ({error.strerror or error})") from None
        if begin and not begin.startswith(b"WARC/"):
            raise UsageProblem(f"{file} is not a WARC file: name a .warc or .warc.gz archive")
    return files


def _begin(file: Path) -> bytes:
    """First bytes of a file, unpacked."""
    with file.open("rb") as stream:
        head = stream.read(4096)
    if not head.startswith(b"\x1f\x8b"):
        return head
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 64) or b"?"
    except zlib.error:
        return b"?"


def read_answers(file: Path) -> Iterator[tuple[int, Answer]]:
    """Offset and answer of each capture in a file, in order, as far as it can be read.

    A file that ends in the middle is warned of; what stands before is given.
    """
    if file.stat().st_size == 0:
        logger.warning("the archive %s is empty", file)
        return
    with _seekable(file) as stream:
        iterator = ArchiveIterator(stream)
        try:
            for record in iterator:
                if record.rec_type not in _CAPTURES:
                    continue
                answer = _answer(record)
                if answer is None:
                    break
                yield iterator.get_record_offset(), answer
            else:
                return
        except (ArchiveLoadFailed, zlib.error, EOFError, OSError, ValueError) as error:
            logger.warning("the archive %s is broken: %s", file, str(error).strip().splitlines()[0])
            return
        logger.warning("the archive %s is truncated: read as far as it goes", file)


def _seekable(file: Path) -> IO[bytes]:
    """The file with every record at an offset of its own.

    One gzip member over all records cannot be entered in the middle, so it is unpacked first.
    """
    with file.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b" or _is_record_at_a_time(file):
            return file.open("rb")
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    with gzip.open(file) as packed:
        try:
            shutil.copyfileobj(packed, unpacked)
        except EOFError:
            logger.warning("the archive %s is truncated: read as far as it goes", file)
    unpacked.seek(0)
    return unpacked


def _is_record_at_a_time(file: Path) -> bool:
    with file.open("rb") as stream:
        iterator = ArchiveIterator(stream)
        try:
            for count, _ in enumerate(iterator):
                if count:
                    return True
        except ArchiveLoadFailed:
            return False
        except (zlib.error, EOFError, OSError, ValueError):
            return True
    return True


def _answer(record: Any) -> Answer | None:
    """``None`` for a record that ends in the middle."""
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    http = record.http_headers
    chunked = http is not None and _is_chunked(http.headers)
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    body = stream.read()
    if getattr(record.raw_stream, "limit", 0) > 0:
        return None
    status = int(http.get_statuscode() or 0) if http is not None else 200
    headers = list(http.headers) if http is not None else _resource_headers(record)
    return Answer(
        url=url.strip("<>"),
        status=status,
        headers=headers,
        body=body,
        captured_at=_time(record.rec_headers.get_header("WARC-Date")),
        type=record.rec_type,
        digest=record.rec_headers.get_header("WARC-Payload-Digest"),
        refers_to=record.rec_headers.get_header("WARC-Refers-To-Date"),
    )


def _decode(body: bytes, encoding: str) -> bytes:
    if encoding in ("gzip", "x-gzip", "deflate"):
        window = zlib.MAX_WBITS | 32 if encoding != "deflate" else zlib.MAX_WBITS
        return _inflate(body, window)
    if encoding == "br":
        return _unpack(brotli.Decompressor().process, body)
    if encoding == "zstd":
        return _unpack(zstd.ZstdDecompressor().decompress, body)
    return body


def _inflate(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        return unpacker.decompress(body, MAX_BODY)
    except zlib.error:
        return _unpack(zlib.decompressobj(-zlib.MAX_WBITS).decompress, body)


def _unpack(unpack: Callable[[bytes], bytes], body: bytes) -> bytes:
    try:
        return unpack(body)[:MAX_BODY]
    except (zlib.error, brotli.error, zstd.ZstdError, EOFError):
        return b""


def _is_chunked(headers: list[tuple[str, str]]) -> bool:
    return any(
        name.lower() == "transfer-encoding" and "chunked" in value.lower()
        for name, value in headers
    )


def _resource_headers(record: Any) -> list[tuple[str, str]]:
    kind = record.rec_headers.get_header("Content-Type")
    return [("Content-Type", kind)] if kind else []


def _time(text: str | None) -> datetime:
    """A WARC-Date, UTC, whole seconds."""
    if not text:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)


class Archive:
    """All captures of some files, to be asked for by address."""

    def __init__(self, files: list[Path], key: Callable[[str], str]) -> None:
        """``key`` folds the forms of an address into one."""
        self._key = key
        self._streams: dict[Path, IO[bytes]] = {}
        self._captures: dict[str, _Captures] = {}
        self._by_digest: dict[str, tuple[Path, int]] = {}
        self._by_time: dict[tuple[str, datetime], tuple[Path, int]] = {}
        for file in files:
            self._index(file)

    def answer(self, url: str) -> Answer | None:
        """The next answer of a page, ``None`` where the archive has none."""
        captures = self._captures.get(self._key(url))
        if captures is None:
            return None
        index = captures.asked
        captures.asked += 1
        if index < len(captures.places):
            return self._whole(*captures.places[index][:2])
        good = [place for place in captures.places if place[2] == 200 or place[3] == "revisit"]
        return self._whole(*(good or captures.places)[-1][:2])

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams.values():
            stream.close()

    def _index(self, file: Path) -> None:
        for offset, answer in read_answers(file):
            place = (file, offset)
            captures = self._captures.setdefault(self._key(answer.url), _Captures())
            captures.places.append((*place, answer.status, answer.type))
            if answer.type != "revisit":
                self._by_time[self._key(answer.url), answer.captured_at] = place
                if answer.digest:
                    self._by_digest.setdefault(answer.digest, place)

    def _whole(self, file: Path, offset: int) -> Answer | None:
        answer = self._read(file, offset)
        if answer.type != "revisit" and answer.status != 304:
            return answer
        return self._referred(answer)

    def _referred(self, answer: Answer) -> Answer | None:
        """The record that a revisit (or a 304) stands for, seen at the revisit's time."""
        key = self._key(answer.url)
        place = None
        if answer.refers_to:
            place = self._by_time.get((key, _time(answer.refers_to)))
        if place is None and answer.digest:
            place = self._by_digest.get(answer.digest)
        if place is None:
            earlier = [
                (when, where)
                for (url, when), where in self._by_time.items()
                if url == key and when <= answer.captured_at
            ]
            place = max(earlier)[1] if earlier else None
        if place is None:
            return None
        whole = self._read(*place)
        if whole.status == 304:
            return None
        return Answer(answer.url, whole.status, whole.headers, whole.body, answer.captured_at)

    def _read(self, file: Path, offset: int) -> Answer:
        if file not in self._streams:
            self._streams[file] = _seekable(file)
        stream = self._streams[file]
        stream.seek(offset)
        answer = _answer(next(iter(ArchiveIterator(stream))))
        assert answer is not None  # it was whole when it was indexed
        return answer
