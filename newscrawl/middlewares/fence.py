"""The fence: no request leaves the site, whatever a page, a redirect or a retry says.

Scrapy's ``allowed_domains`` is none: a retry sets ``dont_filter``, and redirects inherit it.
"""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from newscrawl.crawl.run import run_of

_PORTS = {"http": (None, 80), "https": (None, 443)}


class FenceRefused(IgnoreRequest):
    """The request would have left the site."""


class FenceMiddleware:
    """Lets through http and https to the site's own host on its usual port."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Sees every request on its way down, redirected and repeated ones included."""
        host = run_of(self._crawler).site.host
        if not is_inside(request.url, host):
            self._crawler.stats.inc_value("newscrawl/fence/refused")
            raise FenceRefused(f"outside {host}: {request.url}")


def is_inside(url: str, host: str) -> bool:
    """Whether an address is on the site.

    >>> is_inside("https://www.rfi.fr/cn/", "www.rfi.fr")
    True
    >>> is_inside("https://www.rfi.fr:8443/cn/", "www.rfi.fr")
    False
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.hostname == host and port in _PORTS.get(parts.scheme, ()) and not parts.username
