"""Where requests really go: the site, or another origin that stands in for it.

``NEWSCRAWL_ORIGIN`` acts here and nowhere else: the request keeps the site's address and Host, the
answer comes back under it, and no other part sees the other address.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from newscrawl.conf import Settings
from newscrawl.errors import UsageProblem

#: Headers of an answer that may name the origin.
_ADDRESSES = ("Location", "Content-Location", "Refresh")


class OriginDownloadHandler(HTTP11DownloadHandler):
    """Scrapy's handler, with the site's requests sent to ``NEWSCRAWL_ORIGIN`` when it is set."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._origin = str(crawler.settings["NEWSCRAWL_ORIGIN"] or "").strip().rstrip("/")
        self._replay = bool(crawler.settings["NEWSCRAWL_REPLAY"])

    async def download_request(self, request: Request) -> Response:
        """Ask; in replay nothing may come this far."""
        if self._replay:
            raise RuntimeError(f"a replay opens no socket, yet {request.url} was to be asked for")
        if not self._origin:
            return await super().download_request(request)
        parts = urlsplit(request.url)
        path = request.url[len(f"{parts.scheme}://{parts.netloc}") :]
        sent = request.replace(url=self._origin + (path or "/"))
        sent.headers["Host"] = parts.netloc
        response = await super().download_request(sent)
        return self._as_of_the_site(response, request.url, f"{parts.scheme}://{parts.netloc}")

    def _as_of_the_site(self, response: Response, url: str, site: str) -> Response:
        headers = response.headers.copy()
        for name in _ADDRESSES:
            value = headers.get(name)
            if value is not None:
                headers[name] = value.replace(self._origin.encode(), site.encode())
        return response.replace(url=url, headers=headers)


def check_origin(origin: str) -> None:
    """Refuse an origin that is not ``scheme://host[:port]``."""
    try:
        parts = urlsplit(origin)
        parts.port  # noqa: B018  (raises for a port that is none)
    except ValueError as error:
        raise UsageProblem(f"NEWSCRAWL_ORIGIN is {origin!r}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise UsageProblem(
            f"NEWSCRAWL_ORIGIN is {origin!r}: give scheme, host and port only,"
            " as http://127.0.0.1:8123"
        )


def origin_is_loopback(settings: Settings) -> bool:
    """Whether all requests go to this very machine."""
    host = urlsplit(str(settings["NEWSCRAWL_ORIGIN"] or "")).hostname
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
