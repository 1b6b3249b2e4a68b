"""What the parts hold together: every capture, in the order of the archives."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from newscrawl.archives.holdings import Piece
from newscrawl.extracting.gathering import gather
from newscrawl.extracting.index import Index, Known
from newscrawl.extracting.parts import End, RecordsOf, read_end, read_part
from newscrawl.extracting.plan import Task
from newscrawl.site import Site

logger = logging.getLogger(__name__)


class Gathered:
    """All captures of an extract; to be closed."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.left_out: Counter[str] = Counter()
        """Captures that give no record, by reason."""
        self.index = Index(folder)
        self.pieces: list[Piece | None] = []
        """The piece of each part, ``None`` for one that no archive gave."""
        self._parts: list[Path] = []
        self._records = RecordsOf(self._parts)

    def close(self) -> None:
        """Close what is open."""
        self.index.close()
        self._records.close()

    def add_part(self, part: Path, piece: Piece | None) -> int:
        """Number of one more part."""
        self._parts.append(part)
        self.pieces.append(piece)
        return len(self._parts) - 1

    def captures(self, done: Iterable[Task]) -> Iterator[tuple[Known, bytes]]:
        """Captures with a record (and its line), and revisits; what is neither is counted."""
        end, skipped = End(), None
        for task in done:
            piece, part = task.piece, task.part
            if skipped == piece.file:
                continue
            if not piece.follows:
                end = End()
            elif not _fits(end, read_end(part)):
                # What looked like the beginning of a record lay inside of one.
                skipped = piece.file
                piece = replace(piece, begin=end.last, end=None)
                part = self.folder / f"again-{len(self._parts)}.part"
                gather(self.site, piece, part, lambda number, pages: None)
            end = yield from self._of_part(piece, part, end)

    def record(self, known: Known) -> dict[str, Any]:
        """The record of a capture, as of its time."""
        record = self._records.record(known.part, known.place, known.length)
        record["fetched_at"] = known.seen.at
        return record

    def _of_part(
        self, piece: Piece, part: Path, before: End
    ) -> Generator[tuple[Known, bytes], None, End]:
        number = self.add_part(part, piece)
        end = End()
        for entry in read_part(part):
            if isinstance(entry, End):
                end = entry
                continue
            known = self.index.add(number, entry)
            if entry.seen.is_revisit or entry.seen.key is not None:
                yield known, entry.line
            else:
                self.left_out[entry.seen.why or "error"] += 1
        self.left_out += end.left_out
        for warning in end.warnings:
            logger.warning("%s", warning)
        return before if end.first is None else end


def _fits(before: End, own: End) -> bool:
    """Whether a piece begins where the one before it ended."""
    return before.is_broken or own.first is None or own.first == before.last
