"""Asks for the addresses of a file, and throws away what comes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from selectolax.lexbor import LexborHTMLParser


class PagesSpider(Spider):
    """``-a requests=FILE``: JSON, pairs of address and headers; ``-a parse=yes`` parses pages."""

    name = "pages"

    def __init__(self, requests: str, parse: str = "no", **more: Any) -> None:
        super().__init__(**more)
        self._requests = Path(requests)
        self._parses = parse == "yes"

    async def start(self) -> AsyncIterator[Any]:
        """All of them."""
        for url, headers in json.loads(self._requests.read_text("utf-8")):
            yield Request(url, headers=headers, meta={"handle_httpstatus_list": [304]})

    def parse(self, response: Response) -> None:
        """Nothing, or what no reader of pages can do without."""
        if self._parses:
            LexborHTMLParser(response.body.decode())
