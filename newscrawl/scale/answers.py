"""Answers of the site in one archive, and why its other captures are no pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from newscrawl.archives.answer import Answer
from newscrawl.archives.captures import Captures
from newscrawl.archives.holdings import Piece, pieces_of
from newscrawl.extracting.bodies import Bodies
from newscrawl.extracting.gathering import seen_of
from newscrawl.extracting.index import Index, Known
from newscrawl.extracting.pages import Sieve
from newscrawl.extracting.parts import Entry
from newscrawl.extracting.revisits import NO_BODY
from newscrawl.site import Site

#: A task reads a whole file itself.
_WHOLE = sys.maxsize


def read_site(site: Site, file: Path) -> Iterator[tuple[Piece, int, Answer | str]]:
    """Where each capture lies, and the answer or why it is left out.

    Revisits come last, with the bodies that they refer to in this file. They are not looked for in
    others: what a file gives must not depend on those that its task reads besides.
    """
    pieces = list(pieces_of(file, _WHOLE))
    with (
        TemporaryDirectory(prefix="newscrawl-") as folder,
        closing(Index(Path(folder))) as index,
        closing(Bodies(pieces)) as bodies,
    ):
        for part, piece in enumerate(pieces):
            for offset, answer in Captures(piece, Sieve(site)):
                if isinstance(answer, str):
                    yield piece, offset, answer
                    continue
                seen = seen_of(site, answer, offset)
                index.add(part, Entry(seen))
                if not seen.is_revisit:
                    yield piece, offset, seen.why or answer
        for revisit in list(index.revisits()):
            yield pieces[revisit.part], revisit.seen.offset, _referred(index, bodies, revisit)


def _referred(index: Index, bodies: Bodies, revisit: Known) -> Answer | str:
    found = index.referred(revisit.seen)
    if found is None:
        return NO_BODY
    return found.seen.why or bodies.answer(found, revisit) or NO_BODY
