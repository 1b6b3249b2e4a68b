"""Radio France Internationale, www.rfi.fr: all that is known of the site.

Pure functions on text: nothing here asks the network, stores, or needs a reactor.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from newscrawl.loaders import Rule
from newscrawl.rfi import article, listing, page, place, urls
from newscrawl.rfi.derived import DERIVED
from newscrawl.rfi.editions import EDITIONS, HOST
from newscrawl.rfi.rules import RULES
from newscrawl.site import Extraction, Index, Listing


class RfiSite:
    """The site as :class:`newscrawl.site.Site` asks for it."""

    name = "rfi"
    host = HOST
    extractor = "2026.11.2"

    def editions(self) -> dict[str, str]:
        """Edition to BCP 47 language."""
        return {prefix: edition.language for prefix, edition in EDITIONS.items()}

    def canonical(self, url: str, base: str | None = None) -> str | None:
        """See :func:`newscrawl.rfi.urls.canonical`."""
        return urls.canonical(url, base)

    def url_hash(self, url: str) -> str:
        """See :func:`newscrawl.rfi.urls.url_hash`."""
        return urls.url_hash(url)

    def classify(self, url: str) -> str:
        """See :func:`newscrawl.rfi.urls.classify`."""
        return urls.classify(url)

    def moved_from(self, url: str) -> str | None:
        """See :func:`newscrawl.rfi.urls.moved_from`."""
        return urls.moved_from(url)

    def edition_of(self, url: str) -> str | None:
        """See :func:`newscrawl.rfi.urls.edition_of`."""
        return urls.edition_of(url)

    def date_of(self, url: str) -> date | None:
        """See :func:`newscrawl.rfi.urls.date_of`."""
        return urls.date_of(url)

    def rules(self) -> dict[str, tuple[str, ...]]:
        """Names of the rules of each field, in order of trust."""
        tables: dict[str, tuple[Rule[Any], ...]] = {"url": place.CLAIMS, **RULES, **DERIVED}
        return {field: tuple(rule.name for rule in found) for field, found in tables.items()}

    def fault(self, html: str) -> str | None:
        """See :func:`newscrawl.rfi.page.fault`."""
        return page.fault(html)

    def is_listing(self, html: str) -> bool:
        """See :func:`newscrawl.rfi.page.is_listing`."""
        return page.is_listing(html)

    def read_listing(self, html: str, url: str) -> Listing:
        """See :func:`newscrawl.rfi.listing.read_listing`."""
        return listing.read_listing(html, url)

    def index_urls(self, edition: str) -> list[str]:
        """See :func:`newscrawl.rfi.listing.index_urls`."""
        return listing.index_urls(edition)

    def read_index(self, html: str, url: str) -> Index:
        """See :func:`newscrawl.rfi.listing.read_index`."""
        return listing.read_index(html, url)

    def read_article(self, html: str, url: str, fetched_at: datetime) -> Extraction:
        """See :func:`newscrawl.rfi.article.read_article`."""
        return article.read_article(html, url, fetched_at)


SITE = RfiSite()
