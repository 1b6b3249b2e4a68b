"""Only whole records go on: title, address and time of publication are never missing."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from newscrawl.crawl.run import run_of
from newscrawl.errors import StorageBusy
from newscrawl.items import ARTICLE_FIELDS, REQUIRED_FIELDS
from newscrawl.store import Capture


class ValidatePipeline:
    """Rejects what lacks a required field, and counts which rule gave each field."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a pipeline."""
        return cls(crawler)

    def process_item(self, capture: Capture) -> Capture:
        """Pass a whole record on; keep, count and drop any other."""
        article = capture.article
        if capture.is_summary:
            return capture
        missing = [name for name in REQUIRED_FIELDS if not getattr(article, name)]
        if missing:
            moment = datetime.fromisoformat(article.fetched_at)
            reason = f"no_{missing[0]}"
            run = run_of(self._crawler)
            try:
                run.reject(capture.link, reason, None, moment, capture.body)
            except StorageBusy as error:
                run.ask_again(capture.link)
                raise DropItem(str(error), log_level="WARNING") from error
            self._crawler.stats.inc_value(f"newscrawl/rejected/{reason}")
            raise DropItem(f"rejected: no {', '.join(missing)} in {article.url}", log_level="INFO")
        self._count(capture)
        return capture

    def _count(self, capture: Capture) -> None:
        """The one place where rules are counted, per edition and field."""
        article = capture.article
        run_of(self._crawler).coverage.add(article)
        stats = self._crawler.stats
        for name in ARTICLE_FIELDS:
            if name in article.rules:
                rule = article.rules[name]
                stats.inc_value(f"newscrawl/rules/{article.edition}/{name}/{rule}")
