"""What can be read in pieces: an archive, one of a WACZ, or a stretch of a large archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from newscrawl.archives import wacz
from newscrawl.archives.files import begin_of
from newscrawl.archives.members import holds_one_record
from newscrawl.archives.reading import open_archive

#: Bytes of an archive that are read in one piece. It must not depend on the number of workers, so
#: that what they give does not either.
PIECE = 32 * 1024 * 1024


@dataclass(frozen=True)
class Piece:
    """A stretch of an archive, to be read by itself."""

    file: Path
    member: str | None = None
    """Name in a WACZ."""
    begin: int = 0
    end: int | None = None
    """Records that begin before are read; ``None``: all."""
    is_quick: bool = False
    """Whether each record is packed by itself, so that it can be passed over unread."""

    @property
    def follows(self) -> bool:
        """Whether it continues the piece before."""
        return self.begin > 0

    def open(self) -> IO[bytes]:
        """The archive, with every record at an offset of its own."""
        if self.member is not None:
            return wacz.unpack(self.file, self.member)
        return self.file.open("rb") if self.is_quick else open_archive(self.file)

    def __str__(self) -> str:
        return f"{self.file}" + (f" ({self.member!a})" if self.member else "")


def pieces_of(file: Path, piece: int = PIECE) -> Iterator[Piece]:
    """What a file is to be read in, in order."""
    if wacz.is_zip(begin_of(file)):
        for name in wacz.members(file):
            yield Piece(file, name)
        return
    size = file.stat().st_size
    if not _is_quick(file):
        yield Piece(file)
        return
    for begin in range(0, size, piece):
        end = begin + piece if begin + piece < size else None
        yield Piece(file, None, begin, end, is_quick=True)


def _is_quick(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b" and holds_one_record(stream)
