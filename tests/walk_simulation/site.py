"""A site in memory: stories, the columns that list them, and what it answers to a request.

Bodies are keys to what the site meant, so that reading a page costs nothing; everything else about
a page (rows, pager, validators, redirects, faults) is as a crawl meets it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from newscrawl.clock import iso
from newscrawl.items import Article
from newscrawl.site import Extraction, Index, Listing, Row
from newscrawl.syndication import FeedItem, MapEntry, Sitemap

HOST = "www.walk.example"
FIRST_DAY = date(2024, 1, 1)
#: Rows of a page. A walk stops after fewer known rows than that.
PAGE = 3
COLUMNS = tuple(f"https://{HOST}/aa/{name}/" for name in ("sea", "sky"))
FEED = f"https://{HOST}/aa/rss"
SITEMAP = f"https://{HOST}/aa/map.xml"
MAP = f"https://{HOST}/aa/map-1.xml"


@dataclass
class Story:
    """One article: its addresses, newest last, and what its page says now."""

    number: int
    published: datetime
    addresses: list[str]
    content_id: str
    title: str
    revision: int = 0
    is_gone: bool = False

    @property
    def url(self) -> str:
        """The address that the site lists."""
        return self.addresses[-1]


@dataclass(frozen=True)
class Answer:
    """What comes back: ``body`` is a key to :attr:`World.meant`, or a fault behind ``!``."""

    status: int
    body: str = ""
    url: str = ""
    etag: str = ""
    hops: tuple[str, ...] = ()


@dataclass
class World:
    """The site as it is now. Pages of the past stay readable under their keys."""

    moment: datetime
    stories: list[Story] = field(default_factory=list)
    listed: dict[str, list[Story]] = field(default_factory=lambda: {url: [] for url in COLUMNS})
    pinned: dict[str, list[Story]] = field(default_factory=lambda: {url: [] for url in COLUMNS})
    redirects: dict[str, str] = field(default_factory=dict)
    shared_id: str | None = None
    """While the site has its template bug: the one id that all its pages carry."""
    meant: dict[str, Any] = field(default_factory=dict)

    def publish(self, columns: tuple[str, ...]) -> Story:
        """A new story on top of some columns."""
        number = len(self.stories)
        published = self.moment - timedelta(minutes=5)
        url = f"{columns[0]}{published:%Y%m%d}-story-{number}"
        story = Story(number, published, [url], f"ID{number}", f"Story {number}")
        self.stories.append(story)
        for column in columns:
            self.listed[column].insert(0, story)
        return story

    def answer(self, url: str, etag: str | None) -> Answer:
        """What the site says when all is well; ``etag`` is the validator that was sent."""
        if url in (FEED, SITEMAP, MAP):
            return self._as_meant(url, self._source(url), (), None)
        column = next((column for column in COLUMNS if url.startswith(column)), None)
        rest = "" if column is None else url.removeprefix(column)
        if column is not None and (not rest or rest.endswith("/")):
            return self._listing(column, int(rest[:-1] or 1) if rest else 1, etag)
        return self._article(url, etag)

    def _listing(self, column: str, number: int, etag: str | None) -> Answer:
        rows = self.listed[column]
        shown = rows[(number - 1) * PAGE : number * PAGE]
        if number > 1 and not shown:
            return Answer(404)
        found = Listing(_page(column, number), number)
        if number == 1:
            found.rows = [_row(story, pinned=True) for story in self.pinned[column]]
        found.rows += [_row(story) for story in shown]
        if len(rows) > number * PAGE:
            found.next_url = _page(column, number + 1)
        return self._as_meant(found.url, found, tuple(found.rows), etag)

    def without_rows(self, url: str) -> Answer:
        """A whole page of a listing on which no rows stand."""
        return self._as_meant(url, Listing(url), (), None)

    def _article(self, url: str, etag: str | None) -> Answer:
        target = self.redirects.get(url, url)
        story = next((s for s in self.stories if target in s.addresses), None)
        if story is None or story.is_gone or target != story.url:
            return Answer(404)
        page = (story.number, story.revision, story.title, self.shared_id or story.content_id)
        hops = (url,) if target != url else ()
        return self._as_meant(target, (story, *page), page, etag, hops)

    def _source(self, url: str) -> Any:
        if url == SITEMAP:
            return Sitemap(maps=[MapEntry(MAP)])
        newest = sorted(self.stories, key=lambda story: story.published, reverse=True)
        here = [story for story in newest if not story.is_gone]
        if url == FEED:
            return [
                FeedItem(story.url, story.title, published_at=story.published)
                for story in here[: PAGE * 2]
            ]
        return Sitemap(pages=[MapEntry(story.url) for story in here])

    def _as_meant(
        self,
        url: str,
        meaning: Any,
        content: tuple[Any, ...],
        sent: str | None,
        hops: tuple[str, ...] = (),
    ) -> Answer:
        etag = f'"{hash(content)}"' if content else ""
        if etag and sent == etag:
            return Answer(304, url=url, hops=hops)
        body = str(len(self.meant))
        self.meant[body] = meaning
        return Answer(200, body, url, etag, hops)


class SimulatedSite:
    """What the crawl knows of the site: :class:`newscrawl.site.Site` over the keys of a world."""

    name = "walk"
    host = HOST
    extractor = "1"

    def __init__(self) -> None:
        self.world = World(datetime(2024, 1, 1, tzinfo=UTC))

    def editions(self) -> dict[str, str]:
        return {"aa": "aa"}

    def moved_from(self, url: str) -> str | None:
        return None

    def rules(self) -> dict[str, tuple[str, ...]]:
        return {}

    def canonical(self, url: str, base: str | None = None) -> str | None:
        return url

    def url_hash(self, url: str) -> str:
        return _hash(url)

    def classify(self, url: str) -> str:
        if url == FEED:
            return "feed"
        if url in (SITEMAP, MAP):
            return "sitemap"
        return "listing" if url.endswith("/") else "article"

    def edition_of(self, url: str) -> str | None:
        return "aa"

    def date_of(self, url: str) -> date | None:
        return _date_of(url)

    def fault(self, html: str) -> str | None:
        return html[1:] if html.startswith("!") else None

    def is_listing(self, html: str) -> bool:
        return isinstance(self.world.meant[html], Listing)

    def read_listing(self, html: str, url: str) -> Listing:
        found: Listing = self.world.meant[html]
        return found

    def index_urls(self, edition: str) -> list[str]:
        return []

    def read_index(self, html: str, url: str) -> Index:
        return Index()

    def feed_urls(self, edition: str) -> list[str]:
        return [FEED]

    def sitemap_urls(self, edition: str) -> list[str]:
        return [SITEMAP]

    def map_days(self, url: str) -> tuple[date, date] | None:
        return FIRST_DAY, FIRST_DAY + timedelta(days=999)

    def summarise(self, item: FeedItem, fetched_at: datetime) -> Article | None:
        number = item.title.split()[-1]
        return _article(item.link, number, item.title, None, None, item.published_at, fetched_at)

    def read_article(self, html: str, url: str, fetched_at: datetime) -> Extraction:
        story, number, revision, title, content_id = self.world.meant[html]
        text = f"{title}, revision {revision}."
        return Extraction(
            _article(url, str(number), title, text, content_id, story.published, fetched_at)
        )


def _article(
    url: str,
    number: str,
    title: str,
    text: str | None,
    content_id: str | None,
    published: datetime | None,
    fetched_at: datetime,
) -> Article:
    """A record; ``surtitle`` says which story it is of."""
    return Article(
        url=url,
        url_hash=_hash(url),
        content_id=content_id,
        edition="aa",
        language="aa",
        title=title,
        surtitle=number,
        text=text,
        html=text,
        published_at=iso(published) if published else None,
        body_status="full" if text else "summary",
        content_hash=_hash(f"{title}|{text}"),
        fetched_at=iso(fetched_at),
    )


def _row(story: Story, *, pinned: bool = False) -> Row:
    return Row(story.url, story.title, _date_of(story.url), pinned)


def _page(column: str, number: int) -> str:
    return column if number == 1 else f"{column}{number}/"


@cache
def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


@cache
def _date_of(url: str) -> date | None:
    digits = url.rpartition("/")[2][:8]
    return datetime.strptime(digits, "%Y%m%d").date() if digits.isdecimal() else None
