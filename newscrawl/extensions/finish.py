"""The end of a run, in order: publish, verdict, row in ``runs``, summary, exit code.

What only the end needs (monitors, tables for people) is loaded then: nobody waits for it before
the first request.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from newscrawl.clock import now
from newscrawl.crawl import answers
from newscrawl.crawl.run import Run, run_of
from newscrawl.crawl.verdict import Verdict, judge
from newscrawl.errors import StorageFailed, UsageProblem

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
        self._say(run, verdict, published)
        try:
            from newscrawl.monitors import watch

            watch.tell(run, self._crawler)
        finally:
            run.release()

    def _say(self, run: Run, verdict: Verdict, published: list[Path]) -> None:
        from newscrawl.extensions.summary import say

        say(run, verdict, published, self._crawler.settings["LOG_FILE"], self._lacking)

    def _warnings(self, run: Run) -> list[str]:
        from newscrawl.monitors import watch

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
