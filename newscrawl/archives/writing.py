"""Writing WARC/1.1 files that survive a death: hidden while open, named when whole."""

from __future__ import annotations

import fcntl
import os
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newscrawl.clock import compact, iso, now
from newscrawl.durable import make_folder, rename_durably
from newscrawl.version import VERSION

OPEN = ".open"
#: A file is published at this size, in bytes.
ROTATE = 1024**3


class ArchiveWriter:
    """A folder of archives that one run adds to."""

    def __init__(self, folder: Path, name: str) -> None:
        make_folder(folder)
        mend(folder)
        self._folder = folder
        self._stem = f"{name}-{compact(now())}"
        self._number = 0
        self._stream: IO[bytes] | None = None
        self._path = folder
        self._writer: WARCWriter | None = None

    def write(
        self,
        url: str,
        moment: datetime,
        head: StatusAndHeaders,
        body: IO[bytes],
        request: StatusAndHeaders,
    ) -> None:
        """Keep one request and its answer; all of it or nothing."""
        writer, stream = self._open()
        begin = stream.tell()
        try:
            self._write(writer, url, moment, head, body, request)
            stream.flush()
        except OSError:
            os.ftruncate(stream.fileno(), begin)
            stream.seek(begin)
            raise
        if stream.tell() >= ROTATE:
            self.close()

    def close(self) -> None:
        """Bring the open file to the disk and give it its name."""
        if self._stream is None:
            return
        stream, self._stream = self._stream, None
        with stream:
            stream.flush()
            os.fsync(stream.fileno())
            _publish(self._path)

    def _open(self) -> tuple[WARCWriter, IO[bytes]]:
        if self._stream is None:
            self._number += 1
            self._path = self._folder / f"{self._stem}-{self._number}.warc.gz{OPEN}"
            self._stream = self._path.open("xb")
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._writer = WARCWriter(self._stream, gzip=True, warc_version="1.1")
            about = {"software": f"newscrawl/{VERSION}", "format": "WARC File Format 1.1"}
            self._writer.write_record(
                self._writer.create_warcinfo_record(self._path.name.removesuffix(OPEN), about)
            )
        assert self._writer is not None
        return self._writer, self._stream

    @staticmethod
    def _write(
        writer: WARCWriter,
        url: str,
        moment: datetime,
        head: StatusAndHeaders,
        body: IO[bytes],
        request: StatusAndHeaders,
    ) -> None:
        date = {"WARC-Date": iso(moment).replace("+00:00", "Z")}
        if head.get_statuscode() == "304":
            profile = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
            answer = writer.create_warc_record(
                url,
                "revisit",
                http_headers=head,
                payload=BytesIO(),
                warc_headers_dict={**date, "WARC-Profile": profile},
            )
        else:
            answer = writer.create_warc_record(
                url, "response", http_headers=head, payload=body, warc_headers_dict=date
            )
        asked = writer.create_warc_record(
            url, "request", http_headers=request, payload=BytesIO(), warc_headers_dict=dict(date)
        )
        writer.write_request_response_pair(asked, answer)


def mend(folder: Path) -> list[Path]:
    """Cut the torn last record off files that dead runs left open, and publish them."""
    published = []
    for path in sorted(folder.glob("*" + OPEN)):
        with path.open("r+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # a living run writes it
            stream.truncate(whole_length(stream))
            os.fsync(stream.fileno())
            published.append(_publish(path))
    return published


def whole_length(stream: IO[bytes]) -> int:
    """Length in bytes of the whole records at the beginning of an archive."""
    end = 0
    size = os.fstat(stream.fileno()).st_size
    iterator = ArchiveIterator(stream)
    try:
        for record in iterator:
            record.raw_stream.read()
            if record.raw_stream.limit > 0:
                break
            stop = iterator.get_record_offset() + iterator.get_record_length()
            if stop > size or not _gzip_member_is_whole(stream, end, stop):
                break
            end = stop
    except Exception:  # noqa: BLE001  (a torn record fails in any of a dozen ways)
        return end
    return end


def _gzip_member_is_whole(stream: IO[bytes], begin: int, stop: int) -> bool:
    """Whether a member has its trailer: the last bytes of a torn one may unpack all the same."""
    data = os.pread(stream.fileno(), stop - begin, begin)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    unpacker.decompress(data)
    return unpacker.eof


def _publish(path: Path) -> Path:
    final = path.with_name(path.name.removesuffix(OPEN))
    rename_durably(path, final)
    return final
