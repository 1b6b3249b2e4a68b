"""Record: every answer kept as WARC/1.1, under the site's own address.

Stands next to the downloader, so that the bytes are kept as they came (without the chunking).
"""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.utils.defer import _schedule_coro
from twisted.web.http import RESPONSES

from newscrawl.clock import now
from newscrawl.crawl.run import run_of
from newscrawl.errors import StorageFailed

if TYPE_CHECKING:
    from warcio.statusandheaders import StatusAndHeaders

logger = logging.getLogger(__name__)

_NOT_KEPT = frozenset([b"Transfer-Encoding", b"Connection", b"Keep-Alive"])


class RecordMiddleware:
    """Writes what the downloader gave before anybody changes it."""

    def __init__(self, crawler: Crawler, folder: Path) -> None:
        from newscrawl.archives.writing import ArchiveWriter  # only a recording waits for it

        self._crawler = crawler
        self._run = run_of(crawler)
        name = f"{self._run.site.name}-{self._run.number}"
        self._writer = ArchiveWriter(folder, name)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        folder = str(crawler.settings["NEWSCRAWL_RECORD"] or "")
        if not folder:
            raise NotConfigured
        middleware = cls(crawler, Path(folder).expanduser())
        crawler.signals.connect(middleware.spider_closed, signals.spider_closed)
        return middleware

    def process_response(self, request: Request, response: Response) -> Response:
        """Keep an answer; a disk that fails ends the run in order."""
        moment = request.meta["newscrawl_captured_at"] if self._run.conf.replay else now()
        # The record that a crawl makes and the one that a replay of it makes bear the same time.
        request.meta["newscrawl_captured_at"] = moment
        try:
            self._writer.write(
                response.url, moment, _head(response), BytesIO(response.body), _request(request)
            )
        except OSError as error:
            self._fail(error)
        else:
            self._crawler.stats.inc_value("newscrawl/record/answers")
        return response

    def spider_closed(self) -> None:
        """Give the last file its name."""
        try:
            self._writer.close()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._crawler.stats.inc_value("newscrawl/record/failed")
        problem = StorageFailed(f"the answers could not be kept ({error}); mend NEWSCRAWL_RECORD")
        logger.error("%s", problem)
        first = self._run.failure is None
        self._run.fail(str(problem))
        if first and self._crawler.crawling:
            _schedule_coro(self._crawler.engine.close_spider_async(reason="storage_failed"))


def _head(response: Response) -> StatusAndHeaders:
    from warcio.statusandheaders import StatusAndHeaders

    reason = RESPONSES.get(response.status, b"").decode("latin-1")
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        if name not in _NOT_KEPT
        for value in values
    ]
    return StatusAndHeaders(f"{response.status} {reason}".strip(), headers, protocol="HTTP/1.1")


def _request(request: Request) -> StatusAndHeaders:
    from warcio.statusandheaders import StatusAndHeaders

    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in request.headers.items()
        for value in values
    ]
    path = "/" + request.url.split("/", 3)[3] if request.url.count("/") > 2 else "/"
    return StatusAndHeaders(f"{path} HTTP/1.1", headers, protocol=request.method)
