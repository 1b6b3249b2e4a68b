"""Replay: every answer from archives, never a socket, no waits.

A page's ``fetched_at`` is then the time of its capture: it travels in the request's ``meta`` as
``newscrawl_captured_at``.
"""

from __future__ import annotations

from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from newscrawl.crawl.backoff import HostBackOff
from newscrawl.crawl.run import run_of

#: Headers that speak of the way the bytes came, not of the page.
_OF_THE_WAY = frozenset(["transfer-encoding", "content-length", "connection", "keep-alive"])


class ReplayMiddleware:
    """Stands in for the downloader."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        from newscrawl.archives.files import check_archives  # only a replay waits for them
        from newscrawl.archives.replaying import Archive

        run = run_of(crawler)
        site = run.site
        self._backoff = HostBackOff(run)
        files = check_archives(str(crawler.settings["NEWSCRAWL_REPLAY"]))
        self._archive = Archive(files, lambda url: site.canonical(url) or url)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        if not crawler.settings["NEWSCRAWL_REPLAY"]:
            raise NotConfigured
        middleware = cls(crawler)
        crawler.signals.connect(middleware.spider_closed, signals.spider_closed)
        return middleware

    def process_request(self, request: Request) -> Response:
        """Answer; what the archive lacks is a counted 404."""
        answer = self._archive.answer(request.url)
        if answer is None:
            self._stats.inc_value("newscrawl/replay/missing")
            return Response(request.url, status=404, request=request)
        self._stats.inc_value("newscrawl/replay/answered")
        self._backoff.learn(request.url, answer.status)
        request.meta["newscrawl_captured_at"] = answer.captured_at
        headers = Headers()
        for name, value in answer.headers:
            if name.lower() not in _OF_THE_WAY:
                headers.appendlist(name, value)
        kind = responsetypes.from_args(headers=headers, url=request.url, body=answer.body)
        return kind(
            request.url, status=answer.status, headers=headers, body=answer.body, request=request
        )

    def spider_closed(self) -> None:
        """Close the archives."""
        self._archive.close()
