"""Where lines and tables for people go: a terminal, a pipe, or the log of a Scrapyd job."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOBase
from typing import TYPE_CHECKING, Any, TextIO, cast

from newscrawl.text import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Columns of text that a file or pipe gets at most: a table must not be cut for it.
_WIDE = 400


def say(text: str, *, error: bool = False, flush: bool = False) -> None:
    """A line for people on standard output, or on standard error."""
    print(shown(text), file=sys.stderr if error else sys.stdout, flush=flush)


def console(file: TextIO) -> Console:
    """A console that shows text as it is: no highlighting, no markup, no colours in a pipe.

    What a terminal would obey is escaped in every string, in those of tables as well. A ``Text`` is
    made of strings that were :func:`newscrawl.text.shown` before.
    """
    from rich.console import Console  # takes a while to load

    class Escaping(Console):
        def render_str(self, text: str, **how: Any) -> Text:
            return super().render_str(shown(text), **how)

    width = None if file.isatty() else _WIDE
    return Escaping(
        file=file, highlight=False, markup=False, emoji=False, soft_wrap=True, width=width
    )


def run_console() -> Console:
    """Where a run shows its progress and its end.

    Scrapyd throws a job's standard error away, so a job says it in its log.
    """
    from newscrawl.crawl.conf import under_scrapyd

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


class Shown(Unheard):
    """A text stream for what other programs print: what a terminal would obey is escaped."""

    def write(self, text: str) -> int:
        """Write it as far as somebody reads it."""
        return super().write(shown(text))


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


class ShownRecord(logging.LogRecord):
    """A line of the log in which nothing stands that whoever looks at it would obey."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self.exc_info and self.exc_info[0] is not None:
            # Formatters take it as it is.
            self.exc_text = shown(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        """Of the logger, with its arguments."""
        return shown(super().getMessage())


def log_as_shown() -> None:
    """Let every logger of this process make such lines, whatever handler Scrapy puts up later."""
    logging.setLogRecordFactory(ShownRecord)
