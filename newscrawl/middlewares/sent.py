"""Scrapy's counts of requests, without those that nobody sent."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.stats import DownloaderStats
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from newscrawl.middlewares.closed import NotAwaited


class SentStats:
    """Counts a request together with its answer, or its failure.

    Scrapy counts it on its way down, though the gate may keep it back for good, and takes what
    robots.txt forbids for a failure.
    """

    def __init__(self, counts: DownloaderStats) -> None:
        self._counts = counts

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        return cls(DownloaderStats.from_crawler(crawler))

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """It was sent and answered."""
        self._counts.process_request(request)
        return self._counts.process_response(request, response)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """It was sent in vain, or not sent at all."""
        if isinstance(exception, NotAwaited) or not isinstance(exception, IgnoreRequest):
            self._counts.process_request(request)
            self._counts.process_exception(request, exception)
