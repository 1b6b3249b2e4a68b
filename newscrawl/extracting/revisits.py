"""Revisits: captures that have no body of their own, and the records they stand for."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from typing import IO

from newscrawl.extracting.bodies import Bodies
from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.gathering import read_answer
from newscrawl.extracting.index import Known

#: Counted where the archives do not hold what a revisit refers to.
NO_BODY = "revisit of nothing"


class Revisits:
    """Finds what revisits stand for; to be closed."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._opened = ExitStack()
        self._bodies = self._opened.enter_context(closing(Bodies(gathered.pieces)))
        self._own: tuple[int, IO[bytes]] | None = None

    def close(self) -> None:
        """Close what is open."""
        self._opened.close()

    def resolve(self, revisit: Known) -> Known | str | None:
        """The capture with the record as of the time of a revisit; a word why it has none; ``None``
        where its body is not there (yet)."""
        found = self._gathered.index.referred(revisit.seen)
        if found is None:
            return None
        if found.seen.key is None:
            return found.seen.why or NO_BODY
        if found.seen.url != revisit.seen.url:
            return self._read_again(found, revisit)
        seen = replace(
            found.seen,
            at=revisit.seen.at,
            etag=revisit.seen.etag or found.seen.etag,
            last_modified=revisit.seen.last_modified or found.seen.last_modified,
        )
        return replace(found, number=revisit.number, seen=seen)

    def _read_again(self, found: Known, revisit: Known) -> Known | str | None:
        """The record of a page that was seen under another address."""
        answer = self._bodies.answer(found, revisit)
        if answer is None:
            return None
        seen, line = read_answer(self._gathered.site, answer)
        if not line:
            return seen.why
        part, place, length = self._keep(line)
        return Known(revisit.number, part, place, length, seen)

    def _keep(self, line: bytes) -> tuple[int, int, int]:
        """Keep a record that no part has; gives its part, place and length."""
        if self._own is None:
            path = self._gathered.folder / "revisits.own"
            opened = self._opened.enter_context(path.open("wb"))
            self._own = self._gathered.add_part(path, None), opened
        part, out = self._own
        place = out.tell()
        out.write(line)
        out.flush()
        return part, place, len(line)
