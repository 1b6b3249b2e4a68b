"""Progress: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from newscrawl.crawl.run import run_of
from newscrawl.crawl.tally import ColumnTally, Tally

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

_TICK_S = 0.5
#: A plain line at least this often while a run goes on.
_HEARTBEAT_TICKS = 40
_SHOWN = 12


class Progress:
    """Shows pages, new, known, changed and failed articles per column while a run goes on."""

    def __init__(self, crawler: Crawler, console: Console, *, live: bool) -> None:
        self._crawler = crawler
        self._console = console
        self._live = _live(console) if live else None
        self._loop = create_looping_call(self._tick)
        self._ticks = 0
        self._said: set[int | None] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make an extension."""
        mode = run_of(crawler).conf.progress
        if mode == "off":
            raise NotConfigured
        from newscrawl.console import run_console  # rich takes a while to load

        out = run_console()
        terminal = out.is_terminal and os.environ.get("TERM") != "dumb"
        progress = cls(crawler, out, live=mode == "live" or (mode == "auto" and terminal))
        crawler.signals.connect(progress.spider_opened, signals.spider_opened)
        crawler.signals.connect(progress.spider_closed, signals.spider_closed)
        return progress

    def spider_opened(self) -> None:
        """Begin."""
        if self._live is not None:
            self._live.start()
        self._loop.start(_TICK_S, now=True)

    def spider_closed(self) -> None:
        """End; the summary follows."""
        self._loop.stop()
        if self._live is not None:
            self._live.stop()
        else:
            self._say_columns()

    @property
    def _tally(self) -> Tally:
        return run_of(self._crawler).tally

    def _tick(self) -> None:
        self._ticks += 1
        if self._live is not None:
            self._live.update(_table(self._tally), refresh=True)
            return
        self._say_columns()
        if self._ticks % _HEARTBEAT_TICKS == 0:
            self._console.print(_totals(self._tally))

    def _say_columns(self) -> None:
        """A line for every column that is done with, once."""
        for number, column in self._tally.columns.items():
            if number in self._said or column.over in (None, "unchanged") or column.open:
                continue
            self._said.add(number)
            self._console.print(_line(column))


def _live(console: Console) -> Live:
    from rich.live import Live

    return Live(console=console, auto_refresh=False, transient=True)


def _line(column: ColumnTally) -> str:
    problem = f" ({column.problem})" if column.problem else ""
    return f"{column.edition} {column.name}: {_told(column.counts)}{problem}"


def _totals(tally: Tally) -> str:
    return f"{_told(tally.counts)}, {tally.asked - sum(tally.outcomes.values())} to fetch"


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items())


def _table(tally: Tally) -> Table:
    from rich.table import Table

    table = Table(title=_totals(tally), title_justify="left", box=None)
    for heading in ("edition", "column", *tally.counts, "to fetch"):
        table.add_column(heading, justify="left" if heading in ("edition", "column") else "right")
    at_work = [column for column in tally.columns.values() if column.pages or column.open]
    busy_first = sorted(at_work, key=lambda column: (column.open == 0, -column.open))
    for column in busy_first[:_SHOWN]:
        numbers = map(str, (*column.counts.values(), column.open))
        table.add_row(column.edition, column.name, *numbers)
    return table
