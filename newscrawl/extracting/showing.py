"""Progress of an extract, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live

from newscrawl.console import console

_EVERY_S = 0.25


class Showing:
    """Pieces, pages and bytes read."""

    def __init__(self, live: Live | None, pieces: int) -> None:
        self._live = live
        self._pieces = pieces
        self._began = time.monotonic()
        self._shown = 0.0
        self._done = self._pages = self._bytes = 0

    def read(self, number: int, pages: int) -> None:
        """So many bytes and pages more."""
        self._bytes += number
        self._pages += pages
        self._show()

    def done(self, pieces: int) -> None:
        """So many pieces are done."""
        self._done += pieces
        self._show()

    def _show(self) -> None:
        present = time.monotonic()
        if self._live is None or present - self._shown < _EVERY_S:
            return
        self._shown = present
        seconds = max(present - self._began, 0.001)
        told = (
            f"{self._done} of {self._pieces} pieces",
            f"{self._pages} pages of the site, {self._pages / seconds:.0f} a second",
            f"{self._bytes / 1e6 / seconds:.1f} MB a second",
        )
        self._live.update(" · ".join(told), refresh=True)


@contextmanager
def showing(pieces: int) -> Iterator[Showing]:
    """Show progress while this lasts, where a person looks."""
    out = console(sys.stderr)
    if not out.is_terminal:
        yield Showing(None, pieces)
        return
    with Live(console=out, auto_refresh=False, transient=True) as live:
        yield Showing(live, pieces)
