"""What is not asked for any more: a host that is left alone, pages that are refused."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from newscrawl.crawl.run import run_of


class NotAsked(IgnoreRequest):
    """Nothing came of the request because its host is left alone, or because the run stops.

    It counts as no try.
    """


class NotAwaited(NotAsked):
    """The request was sent, and the run stops without waiting for its answer."""


class ClosedMiddleware:
    """Stands before everything that waits or asks for robots.txt."""

    def __init__(self, crawler: Crawler) -> None:
        self._run = run_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Sees every request on its way down, repeated ones included."""
        if not self._run.may_ask(request.url):
            raise NotAsked(f"{self._run.site.host} is left alone: {request.url}")
