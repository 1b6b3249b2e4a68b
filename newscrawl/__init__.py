"""newscrawl: columns of Radio France Internationale as clean records.

The public function for people who have pages already is :func:`extract`; importing it loads no
Twisted and no database.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from newscrawl import version

if TYPE_CHECKING:
    from newscrawl.items import Article

__version__ = version.VERSION

__all__ = ["ExtractionError", "__version__", "extract"]


class ExtractionError(ValueError):
    """A page gives no record; the message says why, ``reason`` in a word or two."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def extract(html: str | bytes, url: str, fetched_at: datetime | None = None) -> Article:
    """The record of one article page of www.rfi.fr.

    ``html`` is the page (bytes are decoded, UTF-8 first), ``url`` the address it came from, and
    ``fetched_at`` when (``None``: now; a time without zone is UTC). Raises :class:`ExtractionError`
    for a page that is not whole, is no article, or has no title, address or time of publication.

    >>> page = '''<html><head><link rel="canonical" href="/en/africa/20240131-rain-at-last"></head>
    ... <main><div id="main-content" class="t-content--article"><article data-article-content>
    ... <h1>Rain at last</h1><p class="m-pub-dates">Issued on: <time
    ... datetime="2024-01-31T07:10:10+00:00">31/01/2024 - 08:10</time></p>
    ... <div class="t-content__body"><p>It rained.</p></div></article></div></main></html>'''
    >>> article = extract(page, "https://www.rfi.fr/en/africa/20240131-rain-at-last")
    >>> article.title, article.published_at, article.text
    ('Rain at last', '2024-01-31T07:10:10+00:00', 'It rained.')
    >>> article.language, article.section, article.rules["title"]
    ('en', None, 'dom.h1')
    """
    from newscrawl.clock import now
    from newscrawl.encoding import decode
    from newscrawl.extracting.pages import read_page
    from newscrawl.rfi import SITE

    old = SITE.moved_from(url)
    if old is not None:
        raise ExtractionError(
            f"old address of {old}", f"{url} is an old address of edition {old}: the page has moved"
        )
    address = SITE.canonical(url)
    if address is None:
        raise ExtractionError("foreign", f"{url} is not an address of {SITE.host}")
    kind = SITE.classify(address)
    if kind in ("feed", "sitemap", "robots"):
        raise ExtractionError(kind, f"{url} is the address of a {kind} file, no article")
    text = html if isinstance(html, str) else decode(html)[0]
    return read_page(SITE, text, address, fetched_at or now()).article
