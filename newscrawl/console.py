"""Where lines and tables for people go: a terminal, a pipe, or the log of a Scrapyd job."""

from __future__ import annotations

import logging
import sys
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
    return console(cast(TextIO, LogLines()) if under_scrapyd() else sys.stderr)


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
