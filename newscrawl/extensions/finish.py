"""The end of a run, in order: publish, verdict, row in ``runs``, summary, exit code."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.clock import now
from newscrawl.console import run_console
from newscrawl.crawl import answers
from newscrawl.crawl.run import Run, run_of
from newscrawl.crawl.verdict import Verdict, judge
from newscrawl.crawl.walk import NOT_ASKED
from newscrawl.errors import StorageFailed, UsageProblem
from newscrawl.monitors import watch
from newscrawl.store.database import FILE

logger = logging.getLogger(__name__)
#: Articles and seconds that a run spends on the search index at its end; the rest is taken up by
#: the next run, or by ``scrapy browse``.
_INDEXED, _INDEX_SECONDS = 1000, 10.0


class Finish:
    """Comes last of all extensions, and does everything in one synchronous step."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._lacking: str | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make an extension."""
        finish = cls(crawler)
        crawler.signals.connect(finish.spider_closed, signals.spider_closed)
        return finish

    def spider_closed(self, reason: str) -> None:
        """Publish what was written, judge the run, and say how it went."""
        run = run_of(self._crawler)
        with run.store.patient():
            published = _publish(run)
            before = run.store.coverage.before(run.number)
            run.falls = run.coverage.falls(before, run.conf.drift)
            verdict = judge(run, reason)
            run.warnings = self._warnings(run)
            verdict = _enter(run, verdict, reason, self._crawler.stats.get_stats())
        self._index(run)
        run.exit_code = verdict.exit_code
        self._crawler.stats.set_value("newscrawl/verdict", verdict.headline)
        _say(run, verdict, published, self._crawler.settings["LOG_FILE"])
        if self._lacking:
            run_console().print(self._lacking)
        try:
            watch.tell(run, self._crawler)
        finally:
            run.release()

    def _warnings(self, run: Run) -> list[str]:
        try:
            return watch.warnings(run, self._crawler)
        except UsageProblem as error:
            self._lacking = str(error)
            return []

    def _index(self, run: Run) -> None:
        """Let what came be found; what is stored is stored, whatever becomes of this."""
        try:
            left = run.store.update_search(most=_INDEXED, seconds=_INDEX_SECONDS)
        except StorageFailed as error:
            logger.warning("the search index is not up to date: %s", error)
            return
        self._crawler.stats.set_value("newscrawl/search/due", left)


def _publish(run: Run) -> list[Path]:
    try:
        return run.store.publish()
    except (StorageFailed, OSError) as error:
        run.fail(f"the records are stored, but their file could not be published: {error}")
        return []


def _enter(run: Run, verdict: Verdict, reason: str, stats: Mapping[str, Any]) -> Verdict:
    summary = {
        **run.tally.summary(),
        "answers": answers.summary(stats),
        "replay": bool(run.conf.replay),
        "finish_reason": reason,
        "problems": verdict.problems,
        "warnings": run.warnings,
    }
    try:
        covers = run.coverage.covers()
        run.store.end_run(run.number, now(), verdict.exit_code, verdict.headline, summary, covers)
    except StorageFailed as error:
        run.fail(str(error))
        return judge(run, reason)
    return verdict


def _say(run: Run, verdict: Verdict, published: list[Path], log_file: str | None) -> None:
    out = run_console()
    out.print(_table(run))
    seconds = (now() - run.started).total_seconds()
    tally = run.tally
    out.print(
        f"run {run.number}: {verdict.headline} · {tally.listing_requests} listing pages and"
        f" {tally.asked} articles asked for in {seconds:.0f} s"
    )
    for line in _sources(run):
        out.print(line)
    for problem in verdict.problems[1:]:
        out.print(f"also: {problem}")
    for warning in run.warnings:
        out.print(f"warning: {warning}")
    if "sqlite" in run.conf.outputs:
        out.print(f"database: {run.conf.data_dir / FILE}")
    for path in published:
        out.print(f"records:  {path}")
    if log_file:
        out.print(f"log:      {log_file}")


def _sources(run: Run) -> Iterator[str]:
    """What feeds and sitemaps told."""
    for source in run.tally.sources:
        told = f"{source.items} articles, {source.unknown} of them unknown"
        problem = f"; {source.problem}" if source.problem else ""
        yield f"{source.kind} of {source.edition}: {told}{problem}"
    if run.tally.summaries:
        yield f"{run.tally.summaries} summaries kept from feeds until their pages can be had"


def _table(run: Run) -> Table | Text:
    """Columns that have something to tell; the unchanged ones are only counted."""
    columns = list(run.tally.columns.values())
    told = [column for column in columns if column.pages or column.outcomes or column.problem]
    unchanged = sum(column.over == "unchanged" for column in columns)
    not_asked = sum(column.over == NOT_ASKED for column in columns)
    counts = {"unchanged": unchanged, "not asked for": not_asked}
    quiet = ", ".join(f"{number} columns {what}" for what, number in counts.items() if number)
    if not told:
        return Text(quiet or "no column was walked")
    table = Table(caption=f"and {quiet}" if quiet else None, box=None)
    for heading in ("edition", "column", *run.tally.counts, "walk"):
        numeric = heading in run.tally.counts
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=numeric)
    for column in told:
        how = column.problem or column.over or ""
        table.add_row(column.edition, column.name, *map(str, column.counts.values()), how)
    return table
