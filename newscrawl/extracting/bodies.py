"""Bodies that are read again, for the revisits that refer to them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO

from newscrawl.archives.answer import Answer
from newscrawl.archives.holdings import Piece
from newscrawl.archives.reading import answer_at
from newscrawl.extracting.index import Known

logger = logging.getLogger(__name__)


class Bodies:
    """Finds the bodies of captures; to be closed."""

    def __init__(self, pieces: Sequence[Piece | None]) -> None:
        """``pieces``: of each part, ``None`` for one that no archive gave."""
        self._pieces = pieces
        self._opened = ExitStack()
        self._archives: dict[tuple[Path, str | None], IO[bytes]] = {}

    def close(self) -> None:
        """Close what is open."""
        self._opened.close()

    def answer(self, found: Known, revisit: Known) -> Answer | None:
        """A capture as it would have been answered to a revisit; ``None`` where it is not there."""
        piece = self._pieces[found.part]
        if piece is None:
            return None
        name = (piece.file, piece.member)
        if name not in self._archives:
            self._archives[name] = self._opened.enter_context(piece.open())
        try:
            answer = answer_at(self._archives[name], found.seen.offset)
        except Exception as error:  # noqa: BLE001  (a broken record fails in any of a dozen ways)
            logger.warning("the archive %s cannot be read again: %s", piece, error)
            return None
        moment = datetime.fromisoformat(revisit.seen.at)
        return Answer(revisit.seen.url, answer.status, answer.headers, answer.body, moment)
