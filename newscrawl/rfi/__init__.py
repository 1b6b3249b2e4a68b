"""Radio France Internationale, www.rfi.fr: all that is known of the site.

Pure functions on text: nothing here asks the network, stores, or needs a reactor.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from newscrawl.items import Article
from newscrawl.loaders import Rule
from newscrawl.rfi import article, feed, listing, page, place, urls
from newscrawl.rfi.derived import DERIVED
from newscrawl.rfi.editions import EDITIONS, HOST
from newscrawl.rfi.rules import RULES
from newscrawl.site import Extraction, Index, Listing
from newscrawl.syndication import FeedItem


class RfiSite:
    """The site as :class:`newscrawl.site.Site` asks for it."""

    name = "rfi"
    host = HOST
    extractor = "2026.11.4"

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

    def feed_urls(self, edition: str) -> list[str]:
        """See :func:`newscrawl.rfi.feed.feed_urls`."""
        return feed.feed_urls(edition)

    def sitemap_urls(self, edition: str) -> list[str]:
        """See :func:`newscrawl.rfi.feed.sitemap_urls`."""
        return feed.sitemap_urls(edition)

    def map_days(self, url: str) -> tuple[date, date] | None:
        """See :func:`newscrawl.rfi.feed.map_days`."""
        return feed.map_days(url)

    def summarise(self, item: FeedItem, fetched_at: datetime) -> Article | None:
        """See :func:`newscrawl.rfi.feed.summarise`."""
        return feed.summarise(item, fetched_at)

    def read_article(self, html: str, url: str, fetched_at: datetime) -> Extraction:
        """See :func:`newscrawl.rfi.article.read_article`."""
        return article.read_article(html, url, fetched_at)


SITE = RfiSite()
