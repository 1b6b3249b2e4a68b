"""Where requests really go: the site, or another origin that stands in for it.

``NEWSCRAWL_ORIGIN`` acts here and nowhere else: the request keeps the site's address and Host, the
answer comes back under it, and no other part sees the other address.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import HEADER, STATUS
from twisted.web._newclient import Request as TxRequest
from twisted.web.iweb import IResponse

from newscrawl.middlewares.closed import NotAsked

#: Headers of an answer that may name the origin.
_ADDRESSES = ("Location", "Content-Location", "Refresh")
#: A download looks this often whether the run has been told to stop, in seconds.
_TICK_S = 0.5


#: Bytes that the head of an answer may have: Twisted bounds a line of it, not their number.
_LONGEST_HEAD = 256 * 1024


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Breaks the connection when the head of an answer does not end."""

    _head = 0

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Ask; a connection is used for many requests."""
        self._head = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Bytes of an answer; the first of a body count with the head they came with."""
        reading_head = self._parser is not None and self._parser.state in (STATUS, HEADER)
        self._head += len(data) if reading_head else 0
        if self._head > _LONGEST_HEAD:
            self.abort()  # type: ignore[no-untyped-call]
        else:
            super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: N802
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class OriginDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with the site's requests sent to ``NEWSCRAWL_ORIGIN`` when it is set."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory
        self._origin = str(crawler.settings["NEWSCRAWL_ORIGIN"] or "").strip().rstrip("/")
        self._replay = bool(crawler.settings["NEWSCRAWL_REPLAY"])

    async def download_request(self, request: Request) -> Response:
        """Ask; in replay nothing may come this far."""
        if self._replay:
            raise RuntimeError(f"a replay opens no socket, yet {request.url} was to be asked for")
        if not self._origin:
            return await self._unless_stopped(request)
        parts = urlsplit(request.url)
        path = request.url[len(f"{parts.scheme}://{parts.netloc}") :]
        sent = request.replace(url=self._origin + (path or "/"))
        sent.headers["Host"] = parts.netloc
        response = await self._unless_stopped(sent)
        return self._as_of_the_site(response, request.url, f"{parts.scheme}://{parts.netloc}")

    async def _unless_stopped(self, request: Request) -> Response:
        """Ask; a run that has been told to stop does not wait for a slow answer."""
        answer = asyncio.ensure_future(super().download_request(request))
        while not (await asyncio.wait({answer}, timeout=_TICK_S))[0]:
            if not self._crawler.crawling:
                answer.cancel()
                raise NotAsked(f"the run stops: {request.url}")
        return answer.result()

    def _as_of_the_site(self, response: Response, url: str, site: str) -> Response:
        headers = response.headers.copy()
        for name in _ADDRESSES:
            value = headers.get(name)
            if value is not None:
                headers[name] = value.replace(self._origin.encode(), site.encode())
        return response.replace(url=url, headers=headers)
