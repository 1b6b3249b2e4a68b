"""Reading WARC files: every capture with its offset, as far as a broken file goes."""

from __future__ import annotations

import gzip
import logging
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from newscrawl.archives.answer import Answer
from newscrawl.archives.unpacking import copy_bounded
from newscrawl.clock import within_calendar
from newscrawl.numbers import whole_number

logger = logging.getLogger(__name__)

#: Types of records that hold an answer.
CAPTURES = ("response", "revisit", "resource")
#: What tells that a stream cannot be read on, rather than a single record.
BROKEN = (ArchiveLoadFailed, zlib.error, EOFError, OSError)


def read_answers(file: Path) -> Iterator[tuple[int, Answer]]:
    """Offset and answer of each capture in a file, in order, as far as it can be read.

    A file that ends in the middle is warned of; what stands before is given.
    """
    if file.stat().st_size == 0:
        logger.warning("the archive %s is empty", file)
        return
    with open_archive(file) as stream:
        iterator = ArchiveIterator(stream)
        try:
            for record in iterator:
                if record.rec_type not in CAPTURES:
                    continue
                try:
                    answer = answer_of(record)
                except BROKEN:
                    raise
                except Exception:  # noqa: BLE001  (headers of the wild: the next record is another)
                    logger.warning("a damaged record of the archive %s is left out", file)
                    continue
                if answer is None:
                    break
                yield iterator.get_record_offset(), answer
            else:
                return
        except (*BROKEN, ValueError) as error:
            logger.warning("the archive %s is broken: %s", file, str(error).strip().splitlines()[0])
            return
        logger.warning("the archive %s is truncated: read as far as it goes", file)


def answer_at(stream: IO[bytes], offset: int) -> Answer:
    """The capture at an offset that :func:`read_answers` gave."""
    stream.seek(offset)
    answer = answer_of(next(iter(ArchiveIterator(stream, arc2warc=True))))
    assert answer is not None  # it was whole when it was read first
    return answer


def open_archive(file: Path) -> IO[bytes]:
    """The file with every record at an offset of its own.

    One gzip member over all records cannot be entered in the middle, so it is unpacked first.
    """
    with file.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b" or is_record_at_a_time(file):
            return file.open("rb")
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    with gzip.open(file) as packed:
        try:
            if not copy_bounded(cast(IO[bytes], packed), unpacked, file.stat().st_size):
                logger.warning("the archive %s unpacks without end: cut", file)
        except EOFError:
            logger.warning("the archive %s is truncated: read as far as it goes", file)
        except (zlib.error, OSError) as error:
            logger.warning("the archive %s is broken: %s", file, error)
    unpacked.seek(0)
    return unpacked


def is_record_at_a_time(file: Path) -> bool:
    """Whether each record of a packed archive is packed by itself."""
    with file.open("rb") as stream:
        iterator = ArchiveIterator(stream, arc2warc=True)
        try:
            for count, _ in enumerate(iterator):
                if count:
                    return True
        except ArchiveLoadFailed:
            return False
        except (zlib.error, EOFError, OSError, ValueError):
            return True
    return True


def answer_of(record: Any) -> Answer | None:
    """The answer in a record of warcio's, ``None`` for a record that ends in the middle."""
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    http = record.http_headers
    chunked = http is not None and _is_chunked(http.headers)
    stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
    body = stream.read()
    if getattr(record.raw_stream, "limit", 0) > 0:
        return None
    status = (whole_number(http.get_statuscode(), 999) or 0) if http is not None else 200
    headers = list(http.headers) if http is not None else _resource_headers(record)
    return Answer(
        url=url.strip("<>"),
        status=status,
        headers=headers,
        body=body,
        captured_at=warc_time(record.rec_headers.get_header("WARC-Date")),
        type=record.rec_type,
        digest=record.rec_headers.get_header("WARC-Payload-Digest"),
        refers_to=record.rec_headers.get_header("WARC-Refers-To-Date"),
        refers_to_url=record.rec_headers.get_header("WARC-Refers-To-Target-URI"),
    )


def _is_chunked(headers: list[tuple[str, str]]) -> bool:
    return any(
        name.lower() == "transfer-encoding" and "chunked" in value.lower()
        for name, value in headers
    )


def _resource_headers(record: Any) -> list[tuple[str, str]]:
    kind = record.rec_headers.get_header("Content-Type")
    return [("Content-Type", kind)] if kind else []


def warc_time(text: str | None) -> datetime:
    """A WARC-Date, UTC, whole seconds."""
    if not text:
        return datetime(1970, 1, 1, tzinfo=UTC)
    moment = within_calendar(datetime.fromisoformat(text))
    if moment is None:
        raise ValueError(f"{text} is no time of a capture")
    return moment.replace(microsecond=0)
