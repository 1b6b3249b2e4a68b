"""What the crawl asks of a site: the frame that a site package fills.

A site package (``newscrawl/rfi``) knows the site's HTML and addresses and nothing of requests or
storage. It offers one object that satisfies :class:`Site`; everything else in the project works on
that object, so a sister site costs one package and one spider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from newscrawl.items import Article
from newscrawl.syndication import FeedItem


@dataclass(frozen=True)
class Row:
    """One article on a listing page, in the order of the page."""

    url: str
    """Canonical form of the address that the row links to."""
    title: str | None = None
    date: date | None = None
    """Day that the row shows, else that its URL shows (Paris); ``None`` when neither does."""
    pinned: bool = False
    """Highlighted, pinned or "newest episode" rows: they say nothing of the order of the list."""


@dataclass
class Listing:
    """One page of a listing (column, show, section, tag, author)."""

    url: str
    page: int = 1
    title: str | None = None
    rows: list[Row] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason to number of entries that are no articles: ``ad``, ``sponsored``, ``foreign``,
    ``old_address``, ``not_article``, ``promo``, ``repeated``; ``pruned``: 1 for a page with
    more markup than is read; ``error``: rows that an error of the program cost."""
    next_url: str | None = None
    """Address of the following page; ``None`` at the end and on listings of one page."""


@dataclass
class Index:
    """One page of the index of an edition's columns."""

    columns: dict[str, str] = field(default_factory=dict)
    """Canonical URL to name, in the order of the page."""
    next_url: str | None = None


@dataclass
class Extraction:
    """What the rules made of one article page."""

    article: Article
    aliases: tuple[str, ...] = ()
    """Canonical forms of the other addresses that the page gives itself."""
    form: str = "unknown"
    """Which of the site's forms the page has, as the site package names them."""
    notes: tuple[str, ...] = ()
    """Repairs and refusals, each counted as ``newscrawl/extract/<note>``."""


class Site(Protocol):
    """The object that a site package offers."""

    name: str
    host: str
    extractor: str
    """Version of the rules: changes whenever the same page may give another record."""

    def editions(self) -> dict[str, str]:
        """Edition to BCP 47 language."""

    def canonical(self, url: str, base: str | None = None) -> str | None:
        """Canonical form of an address of the site (any old or noisy form of it), else ``None``."""

    def url_hash(self, url: str) -> str:
        """First 32 hex digits of SHA-256 of a canonical URL."""

    def classify(self, url: str) -> str:
        """``article``, ``listing``, ``static``, ``feed``, ``sitemap``, ``robots`` or
        ``foreign``."""

    def moved_from(self, url: str) -> str | None:
        """Edition that an address of the site's past belonged to, where it has moved since."""

    def edition_of(self, url: str) -> str | None:
        """Edition that an address belongs to."""

    def date_of(self, url: str) -> date | None:
        """Day that an article's address names."""

    def rules(self) -> dict[str, tuple[str, ...]]:
        """Field to the names of its rules, in order of trust."""

    def fault(self, html: str) -> str | None:
        """Why a page cannot have been received whole (``empty``, ``cut``, ``no_frame``,
        ``garbled``), else ``None``."""

    def is_listing(self, html: str) -> bool:
        """Whether a whole page is a listing rather than an article."""

    def read_listing(self, html: str, url: str) -> Listing:
        """Rows and pager of a listing page."""

    def index_urls(self, edition: str) -> list[str]:
        """Where an edition lists its columns; empty where that is not known."""

    def read_index(self, html: str, url: str) -> Index:
        """Columns and pager of a page of such a list."""

    def feed_urls(self, edition: str) -> list[str]:
        """Feeds of what is new in an edition; empty where there is none."""

    def sitemap_urls(self, edition: str) -> list[str]:
        """Indexes of an edition's sitemaps; empty where there is none."""

    def map_days(self, url: str) -> tuple[date, date] | None:
        """First and last day of the articles that a sitemap lists, ``None`` where it lists
        none."""

    def summarise(self, item: FeedItem, fetched_at: datetime) -> Article | None:
        """The record (``body_status`` summary) that a feed's item gives, ``None`` for none."""

    def read_article(self, html: str, url: str, fetched_at: datetime) -> Extraction:
        """The record of an article page; fields that no rule finds stay ``None``."""
