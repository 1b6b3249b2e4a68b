"""Captures of a piece of an archive, in order, as far as it can be read.

What is not wanted is told by its address, in the head of the record, before its body is read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator

from newscrawl.archives.answer import Answer
from newscrawl.archives.holdings import Piece
from newscrawl.archives.members import (
    LONGEST_RECORD,
    MAX_RECORD,
    Head,
    Member,
    first_from,
    read_members,
)
from newscrawl.archives.reading import BROKEN, CAPTURES, answer_of
from newscrawl.numbers import whole_number

logger = logging.getLogger(__name__)

#: Reasons for which a record is left out, whatever its address.
DAMAGED, TOO_LARGE = "damaged record", "too large"

#: Why an address is not wanted, ``None`` where it is.
Judge = Callable[[str], str | None]


@dataclass
class Captures:
    """A reading of one piece."""

    piece: Piece
    judge: Judge
    first: int | None = field(default=None, init=False)
    """Where its first record begins."""
    last: int = field(default=0, init=False)
    """Where the record behind its last one begins: the next piece must begin there."""
    is_broken: bool = field(default=False, init=False)
    _is_cut: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[tuple[int, Answer | str]]:
        """Offset and answer of each capture, or why it is left out."""
        try:
            if self.piece.file.stat().st_size == 0:
                logger.warning("the archive %s is empty", self.piece)
                return
            with self.piece.open() as stream:
                yield from self._quickly(stream) if self.piece.is_quick else self._slowly(stream)
        except EOFError:
            self._warn("truncated: read as far as it goes")
        except Exception as error:  # noqa: BLE001  (a broken archive fails in any of a dozen ways)
            first = str(error).strip().partition("\n")[0]
            self._warn(f"broken: {first or type(error).__name__}")
        if self._is_cut:
            self._warn("truncated: read as far as it goes")

    def _warn(self, what: str) -> None:
        self.is_broken = True
        logger.warning("the archive %s is %s", self.piece, what)

    def _quickly(self, stream: IO[bytes]) -> Iterator[tuple[int, Answer | str]]:
        """Records packed one by one."""
        begin = self.piece.begin
        if self.piece.follows:
            assert self.piece.end is None or self.piece.end > begin
            end = self.piece.end or self.piece.file.stat().st_size
            found = first_from(stream, begin, end)
            if found is None:
                return
            begin = found
        self.first = begin
        for member in read_members(stream, begin, self.piece.end, self._wants):
            yield from self._of_member(member)
            self.last = member.end

    def _of_member(self, member: Member) -> Iterator[tuple[int, Answer | str]]:
        if member.is_cut:
            yield member.offset, TOO_LARGE
        elif member.data is not None:
            try:
                for record in ArchiveIterator(BytesIO(member.data)):
                    yield from self._of_record(record, member.offset)
            except Exception:  # noqa: BLE001  (its bytes are whole: the next one is not concerned)
                yield member.offset, DAMAGED
        elif member.head.type in CAPTURES:
            yield member.offset, self.judge(member.head.url) or DAMAGED

    def _slowly(self, stream: IO[bytes]) -> Iterator[tuple[int, Answer | str]]:
        """Records that nothing but reading parts from each other; ARC files."""
        iterator = ArchiveIterator(stream, arc2warc=True)
        for record in iterator:
            yield from self._of_record(record, iterator.offset)
            if self._is_cut:
                return

    def _of_record(self, record: Any, offset: int) -> Iterator[tuple[int, Answer | str]]:
        if record.rec_type not in CAPTURES:
            return
        url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
        reason = self.judge(url)
        if reason is None and _length(record) > MAX_RECORD:
            reason = TOO_LARGE
        if reason is not None:
            yield offset, reason
            return
        try:
            answer = answer_of(record)
        except BROKEN:
            raise
        except Exception:  # noqa: BLE001  (headers of the wild: the next record is another one)
            yield offset, DAMAGED
            return
        if answer is None:
            self._is_cut = True
            return
        yield offset, answer

    def _wants(self, head: Head) -> bool:
        return head.type in CAPTURES and self.judge(head.url) is None


def _length(record: Any) -> int:
    return whole_number(record.rec_headers.get_header("Content-Length"), LONGEST_RECORD) or 0
