"""Storing: the end of an article's way through the crawl."""

from __future__ import annotations

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.utils.defer import _schedule_coro

from newscrawl.clock import now
from newscrawl.crawl.run import run_of
from newscrawl.errors import StorageBusy, StorageFailed
from newscrawl.items import Article
from newscrawl.store import Capture, Kept


class StorePipeline:
    """Decides and stores in one step; new and changed records go on to Scrapy's own feeds."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a pipeline."""
        return cls(crawler)

    def process_item(self, capture: Capture) -> Article:
        """Store a capture. Nothing here awaits, so nothing comes between decision and commit."""
        run = run_of(self._crawler)
        asked_for = (
            capture.is_summary
            or run.arguments.urls
            or run.arguments.covers(capture.article.published_at)
        )
        try:
            if not asked_for:
                run.store.put_by(capture.link, now())
                self._settle(capture, "left out")
                raise DropItem(f"outside the dates: {capture.article.url}", log_level="DEBUG")
            kept = run.store.keep(capture)
        except StorageBusy as error:
            if not capture.is_summary:  # one comes again with the next reading of its feed
                run.ask_again(capture.link)
            raise DropItem(str(error), log_level="WARNING") from error
        except StorageFailed as error:
            run.fail(str(error))
            _schedule_coro(self._crawler.engine.close_spider_async(reason="storage_failed"))
            raise DropItem(str(error), log_level="ERROR") from error
        if capture.is_summary:
            self._count_summary(kept)
        else:
            self._settle(capture, kept.outcome)
            if kept.outcome == "new":
                run.tally.fresh[kept.article.edition] += 1
        if kept.cause == "rules" and kept.outcome == "changed":
            run.tally.changed_by_rules += 1
            self._crawler.stats.inc_value("newscrawl/store/changed_by_rules")
        if not kept.is_version:
            raise DropItem(f"{kept.outcome}: {kept.article.url}", log_level="DEBUG")
        return kept.article

    def _count_summary(self, kept: Kept) -> None:
        """What a feed gave was not asked for, and is no end of what is."""
        if kept.is_version:
            run_of(self._crawler).tally.summaries += 1
            self._crawler.stats.inc_value("newscrawl/feed/summaries")

    def _settle(self, capture: Capture, outcome: str) -> None:
        run_of(self._crawler).tally.settle(capture.asked, outcome)
