"""Feeds and sitemaps of an edition, and what a feed's item says of an article.

An item has the headline, the lead and little else: the record that it gives stands in only as long
as the page itself cannot be had.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime
from typing import Any

from newscrawl.clock import iso
from newscrawl.items import Article, Image, Media, Tag
from newscrawl.loaders import ArticleLoader, Rule
from newscrawl.rfi import place, urls
from newscrawl.rfi.article import content_hash, refuse_future
from newscrawl.rfi.editions import EDITIONS, HOST
from newscrawl.rfi.people import from_names
from newscrawl.selector import Selector
from newscrawl.syndication import FeedItem

_MONTH = re.compile(r"^contents_(\d{4})(\d\d)\.xml$")


def feed_urls(edition: str) -> list[str]:
    """The feed of all that is new in an edition."""
    return [f"https://{HOST}/{edition}/rss"]


def sitemap_urls(edition: str) -> list[str]:
    """The index of an edition's sitemaps."""
    return [f"https://{HOST}/sitemaps/{edition}/index.xml"]


def map_days(url: str) -> tuple[date, date] | None:
    """First and last day of the articles that a sitemap lists, ``None`` where it lists none.

    >>> map_days("https://www.rfi.fr/sitemaps/cn/contents_202402.xml")
    (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))
    """
    match = _MONTH.match(urls.last_segment(url))
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    if not (year > 1900 and 1 <= month <= 12):
        return None
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _plain(item: FeedItem) -> str:
    """The summary without the markup that some generators put into it."""
    if "<" not in item.summary and "&" not in item.summary:
        return item.summary
    root = Selector.from_html(item.summary).root
    root.strip_tags(["script", "style"])
    return root.text(deep=True, separator=" ")


def _pictures(item: FeedItem) -> list[Any]:
    return [Image(item.picture, lead=True)] if _web(item.picture) else []


def _web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


#: The rules of a summary: a feed has one place for each field.
RULES: dict[str, tuple[Rule[FeedItem], ...]] = {
    "title": (Rule("feed.title", lambda item: item.title),),
    "lead": (Rule("feed.description", _plain),),
    "published_at": (Rule("feed.pubDate", lambda item: item.published_at),),
    "authors": (Rule("feed.creator", lambda item: from_names(item.authors)),),
    "images": (Rule("feed.thumbnail", _pictures),),
    "audio": (
        Rule("feed.enclosure", lambda item: [Media(item.audio)] if _web(item.audio) else []),
    ),
    "tags": (Rule("feed.category", lambda item: [Tag(name) for name in item.categories]),),
}


def summarise(item: FeedItem, fetched_at: datetime) -> Article | None:
    """The record that an item gives, ``None`` where its address is no article's or has no title."""
    url = urls.canonical(item.link)
    if url is None or urls.classify(url) != "article":
        return None
    edition = urls.edition_of(url)
    if edition is None:
        return None
    loader = ArticleLoader(item=_begin(url, edition, fetched_at))
    for field, rules in RULES.items():
        loader.first(field, item, *rules)
    article: Article = loader.load_item()
    if not article.title:
        return None
    refuse_future(article, fetched_at)
    article.content_hash = content_hash(article)
    return article


def _begin(url: str, edition: str, fetched_at: datetime) -> Article:
    article = Article(
        url=url,
        url_hash=urls.url_hash(url),
        edition=edition,
        language=EDITIONS[edition].language,
        body_status="summary",
        fetched_at=iso(fetched_at),
        source="feed",
        rules={
            "url": "feed.link",
            "url_hash": "derived",
            "edition": "url.prefix",
            "language": "edition",
            "kind": "default",
            "body_status": "derived",
            "content_hash": "derived",
        },
    )
    column = place.column_of_address(url)
    if column is not None:
        article.column, article.column_url = column
        article.rules |= {"column": "url.container", "column_url": "url.container"}
    return article
