"""Where lines and tables for people go: a terminal, a pipe, or the log of a Scrapyd job."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOBase
from typing import TextIO, cast

from rich.console import Console

from newscrawl.crawl.conf import under_scrapyd

#: Columns of text that a file or pipe gets at most: a table must not be cut for it.
_WIDE = 400


def console(file: TextIO) -> Console:
    """A console that shows text as it is: no highlighting, no markup, no colours in a pipe."""
    width = None if file.isatty() else _WIDE
    return Console(file=file, highlight=False, markup=False, soft_wrap=True, width=width)


def run_console() -> Console:
    """Where a run shows its progress and its end.

    Scrapyd throws a job's standard error away, so a job says it in its log.
    """
    return console(cast(TextIO, LogLines() if under_scrapyd() else Unheard(sys.stderr)))


class Unheard(TextIOBase):
    """A text stream that goes on when nobody listens any more.

    A closed pipe or terminal would end the process amid a run: the crawl says less, and goes on.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream behind."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether a person may be looking."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Of the stream behind."""
        return self._stream.fileno()

    def write(self, text: str) -> int:
        """Write as far as somebody reads it."""
        try:
            self._stream.write(text)
        except OSError:
            self._close()
        return len(text)

    def flush(self) -> None:
        """The same."""
        try:
            self._stream.flush()
        except OSError:
            self._close()

    def _close(self) -> None:
        """What is left of it goes nowhere: Python would try again at its end, and fail."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class LogLines(TextIOBase):
    """A text stream whose lines are log messages."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("newscrawl")
        self._rest = ""

    def write(self, text: str) -> int:
        """Log whole lines; keep the rest for the next call."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.info("%s", line.rstrip())
        return len(text)
