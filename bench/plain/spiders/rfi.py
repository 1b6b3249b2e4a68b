"""Follows a column from page to page, and every article on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider

from bench.plain.loaders import load


class RfiSpider(Spider):
    """``-a columns=FILE``: addresses of columns, one a line."""

    name = "rfi"

    def __init__(self, columns: str, **more: Any) -> None:
        super().__init__(**more)
        with open(columns, encoding="utf-8") as file:  # noqa: PTH123  (as tutorials do)
            self.start_urls = file.read().split()

    def parse(self, response: Any) -> Iterator[Request]:
        """A listing: its articles, and the next page."""
        rows = ".m-item-list-article a::attr(href), .m-podcast-item a::attr(href)"
        for href in response.css(rows).getall():
            path = urlsplit(href).path.rstrip("/")  # the site links itself in many forms
            yield response.follow(path, self.parse_article)
        following = "//a[span[contains(@class, 'picto-chevron-right')]]/@href"
        for href in response.xpath(following).getall()[:1]:
            yield response.follow(href, self.parse)

    def parse_article(self, response: Any) -> dict[str, Any]:
        """An article."""
        return load(response.selector, response.url)
