"""How requests leave: each in its turn, to the site or to an origin that stands in for it.

``NEWSCRAWL_ORIGIN`` acts here and nowhere else: the request keeps the site's address and Host, the
answer comes back under it, and no other part sees the other address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import HEADER, STATUS, RequestNotSent, RequestTransmissionFailed
from twisted.web._newclient import Request as TxRequest
from twisted.web.iweb import IResponse

from newscrawl.middlewares.closed import NotAwaited
from newscrawl.middlewares.gate import GateMiddleware

#: Headers of an answer that may name the origin.
_ADDRESSES = ("Location", "Content-Location", "Refresh")
#: A download looks this often whether the run has been told to stop, in seconds.
_TICK_S = 0.5


#: Bytes that the head of an answer may have: Twisted bounds a line of it, not their number.
_LONGEST_HEAD = 256 * 1024


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Breaks the connection when the head of an answer does not end."""

    _head = 0
    leaves: Callable[[], None]
    """Called whenever a request has left."""

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Ask; a connection is used for many requests."""
        self._head = 0
        answer = super().request(request)
        self.leaves()
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Bytes of an answer; the first of a body count with the head they came with."""
        reading_head = self._parser is not None and self._parser.state in (STATUS, HEADER)
        self._head += len(data) if reading_head else 0
        if self._head > _LONGEST_HEAD:
            self.abort()  # type: ignore[no-untyped-call]
        else:
            super().dataReceived(data)  # type: ignore[no-untyped-call]


class _BoundedFactory(_LenientHTTP11ClientFactory):
    leaves: Callable[[], None]

    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: N802
        protocol = BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        protocol.leaves = self.leaves
        return protocol


class OriginDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler behind the gate, with the site's requests sent to ``NEWSCRAWL_ORIGIN`` when
    it is set."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = self._factory  # type: ignore[assignment]
        # Twisted would repeat a request by itself, at once and uncounted; Scrapy's retry does so.
        self._pool.retryAutomatically = False
        self._origin = str(crawler.settings["NEWSCRAWL_ORIGIN"] or "").strip().rstrip("/")
        self._replay = bool(crawler.settings["NEWSCRAWL_REPLAY"])

    @property
    def _gate(self) -> GateMiddleware:
        gate = self._crawler.get_downloader_middleware(GateMiddleware)
        assert gate is not None, "GateMiddleware is missing in DOWNLOADER_MIDDLEWARES"
        return gate

    async def download_request(self, request: Request) -> Response:
        """Ask in turn; in replay nothing may come this far."""
        if self._replay:
            raise RuntimeError(f"a replay opens no socket, yet {request.url} was to be asked for")
        gate = self._gate
        async with gate.turn(request):
            response = await self._ask(request)
            gate.learn(request, response)
        return response

    async def _ask(self, request: Request) -> Response:
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
        answer = asyncio.ensure_future(self._download(request))
        while not (await asyncio.wait({answer}, timeout=_TICK_S))[0]:
            if not self._crawler.crawling:
                answer.cancel()
                raise NotAwaited(f"the run stops: {request.url}")
        return answer.result()

    async def _download(self, request: Request) -> Response:
        try:
            return await super().download_request(request)
        except (RequestNotSent, RequestTransmissionFailed) as error:
            # Scrapy knows no name for a kept connection that breaks while a request is written.
            raise DownloadFailedError(str(error)) from error

    def _factory(self, quiescent: Callable[..., None], metadata: str) -> _BoundedFactory:
        factory = _BoundedFactory(quiescent, metadata)  # type: ignore[no-untyped-call]
        factory.leaves = self._gate.leaves
        return factory

    def _as_of_the_site(self, response: Response, url: str, site: str) -> Response:
        headers = response.headers.copy()
        for name in _ADDRESSES:
            value = headers.get(name)
            if value is not None:
                headers[name] = value.replace(self._origin.encode(), site.encode())
        return response.replace(url=url, headers=headers)
