"""The tools: each makes a function from a page's bytes and address to what it reads there.

A tool is imported when it is made, since every environment has some of them only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Read = Callable[[bytes, str], dict[str, Any]]
#: When all pages count as fetched.
FETCHED = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Tool:
    """One of them, and the package whose version is told."""

    package: str
    make: Callable[[], Read]


def newscrawl() -> Read:
    """The whole record."""
    from newscrawl import extract

    def read(body: bytes, url: str) -> dict[str, Any]:
        return vars(extract(body, url, FETCHED))

    return read


def parse_only() -> Read:
    """Decoding and parsing, and nothing asked of the tree: what no reader can do without."""
    from selectolax.lexbor import LexborHTMLParser

    def read(body: bytes, url: str) -> dict[str, Any]:
        LexborHTMLParser(body.decode())
        return {}

    return read


def parsel_loader() -> Read:
    """parsel and an item loader with the same fields: :mod:`bench.plain.loaders`."""
    from parsel import Selector

    from bench.plain.loaders import load

    def read(body: bytes, url: str) -> dict[str, Any]:
        return load(Selector(text=body.decode()), url)

    return read


def fundus() -> Read:
    """A parser of a publisher as fundus has them: :mod:`bench.peers.rfi_fundus`."""
    from bench.peers.rfi_fundus import read_page

    return read_page


def _general(name: str) -> Callable[[], Read]:
    """A general extractor, told no more of the site than its pages say."""

    def make() -> Read:
        from tests.quality.others import TOOLS as GENERAL

        extract = GENERAL[name]()

        def read(body: bytes, url: str) -> dict[str, Any]:
            found: dict[str, Any] = extract(body.decode(), url)
            return found

        return read

    return make


TOOLS = {
    "newscrawl": Tool("newscrawl", newscrawl),
    "parse only": Tool("selectolax", parse_only),
    "parsel + item loader": Tool("parsel", parsel_loader),
    "fundus": Tool("fundus", fundus),
    "trafilatura": Tool("trafilatura", _general("trafilatura")),
    "newspaper4k": Tool("newspaper4k", _general("newspaper4k")),
    "news-please": Tool("news-please", _general("news-please")),
}
