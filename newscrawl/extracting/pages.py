"""From a page that lies somewhere to its record, and what leads to no record."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from newscrawl import ExtractionError
from newscrawl.errors import CrawlError
from newscrawl.items import REQUIRED_FIELDS
from newscrawl.site import Extraction, Site
from newscrawl.watchdog import SlowPage

#: Why a page is left out that met an error of the program, or took too long.
ERROR, SLOW = "error", "slow"

#: Kinds of address that lead to files, not to pages.
_FILES = ("feed", "sitemap", "robots")


class Sieve:
    """Tells by an address alone why it is not wanted: most of the web is not."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._domain = ".".join(site.host.split(".")[-2:])

    def __call__(self, url: str) -> str | None:
        """A word or two, ``None`` for an address of the site that may be a page."""
        if self._domain not in url.lower():
            return "foreign"
        old = self._site.moved_from(url)
        if old is not None:
            return f"old address of {old}"
        address = self._site.canonical(url)
        if address is None:
            return "foreign"
        kind = self._site.classify(address)
        return kind if kind in _FILES else None


@contextmanager
def isolated(url: str) -> Iterator[None]:
    """Whatever goes wrong inside costs one page alone; the caller says and counts it.

    Raises :class:`newscrawl.ExtractionError`, with the reason :data:`SLOW` for a page that
    takes too long and :data:`ERROR` for an error of the program. A :class:`CrawlError` ends the
    command all the same.
    """
    try:
        yield
    except (ExtractionError, CrawlError):
        raise
    except SlowPage as error:
        raise ExtractionError(SLOW, f"{url} is left out: {error}") from error
    except Exception as error:
        said = f"{type(error).__name__} at {_place(error)}: {error}"
        raise ExtractionError(ERROR, f"{url} is left out: {said}") from error


def said_of_errors(number: int) -> str:
    """What people are told to do where pages met errors of the program."""
    return (
        f"{number} pages met an error of newscrawl and are left out: please report it with the"
        " warning and one of the pages, and run this again with a version that mends it"
    )


def _place(error: BaseException) -> str:
    """File and line that raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def read_page(site: Site, html: str, address: str, fetched_at: datetime) -> Extraction:
    """The record of a page at a canonical address of the site, with its other addresses.

    Raises :class:`newscrawl.ExtractionError` for a page that is not whole, is no article, or lacks
    what no record may lack.
    """
    fault = site.fault(html)
    if fault is not None:
        raise ExtractionError(fault, f"the page of {address} is not whole: {fault}")
    if site.is_listing(html):
        raise ExtractionError("no article", f"the page of {address} is no article")
    extraction = site.read_article(html, address, fetched_at)
    missing = [name for name in REQUIRED_FIELDS if not getattr(extraction.article, name)]
    if missing:
        said = f"the page of {address} has no {', '.join(missing)}"
        raise ExtractionError(f"no {missing[0]}", said)
    return extraction


def article_addresses(site: Site, urls: Iterable[str | None]) -> list[str]:
    """Canonical forms of those addresses that are articles of the site, each once."""
    addresses = dict.fromkeys(site.canonical(url) for url in urls if url)
    return [url for url in addresses if url and site.classify(url) == "article"]
