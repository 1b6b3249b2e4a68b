"""From a page to its record: the rules applied, and judged against each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from newscrawl.clock import iso
from newscrawl.items import Article
from newscrawl.loaders import ArticleLoader
from newscrawl.rfi import place, urls
from newscrawl.rfi.editions import EDITIONS
from newscrawl.rfi.page import Page, content_of
from newscrawl.rfi.rules import RULES
from newscrawl.selector import classes
from newscrawl.site import Extraction
from newscrawl.text import fold, is_cut

#: Fields in which a text that was cut loses to a whole one.
_WHOLE = frozenset(["title", "lead"])
#: How far a time may lie ahead of the capture: clocks differ, publishers plan.
_AHEAD = timedelta(days=1)


def read_article(html: str, url: str, fetched_at: datetime) -> Extraction:
    """The record of an article page, with the notes of what was refused or repaired."""
    page = Page(html, url)
    known_as = place.address(page)
    loader = ArticleLoader(item=_begin(known_as, fetched_at))
    notes = ["canonical_refused"] if known_as.refused else []
    page.url = known_as.url
    for field, rules in RULES.items():
        worse = is_cut if field in _WHOLE else None
        loader.first(field, page, *rules, worse=worse)
    article: Article = loader.load_item()
    _place(article, page)
    notes += _times(article, fetched_at)
    _kind(article, page)
    _sum_up(article)
    return Extraction(article, known_as.aliases, tuple(notes))


def _begin(known_as: place.Address, fetched_at: datetime) -> Article:
    prefix = urls.edition_of(known_as.url) or ""
    language = EDITIONS[prefix].language if prefix else ""
    rules = {"url": known_as.rule, "url_hash": "derived"}
    if prefix:
        rules |= {"edition": "url.prefix", "language": "edition"}
    return Article(
        url=known_as.url,
        url_hash=urls.url_hash(known_as.url),
        edition=prefix,
        language=language,
        fetched_at=iso(fetched_at),
        rules=rules,
    )


def _place(article: Article, page: Page) -> None:
    column = place.column(page, article.url)
    if column is not None:
        article.column, article.column_url, rule = column
        article.rules |= {"column": rule, "column_url": rule}
    section = place.section(page, article.breadcrumb, article.column)
    if section is not None:
        article.section, article.rules["section"] = section


def _times(article: Article, fetched_at: datetime) -> list[str]:
    """Future times are refused; a change that is not later than the publication is none."""
    notes = []
    latest = iso(fetched_at + _AHEAD)
    for field in ("published_at", "modified_at"):
        value = getattr(article, field)
        if value is not None and value > latest:
            setattr(article, field, None)
            del article.rules[field]
            notes.append("future_date")
    published, modified = article.published_at, article.modified_at
    if modified is not None and (published is None or modified <= published):
        article.modified_at = None
        del article.rules["modified_at"]
        if published is not None and modified < published:
            notes.append("modified_not_later")
    return notes


def _kind(article: Article, page: Page) -> None:
    article.kind, article.rules["kind"] = _kind_of(article, page)


def _kind_of(article: Article, page: Page) -> tuple[str, str]:
    content = content_of(page.selector)
    named = classes(content) if content is not None else frozenset()
    is_live = page.own_first(".arena-liveblog, .arena-chat") is not None
    if is_live or page.news.get("@type") == "LiveBlogPosting":
        return "live", "dom.live"
    if "t-content--diaporama" in named:
        return "gallery", "dom.class"
    if "t-content--video" in named:
        return "video", "dom.class"
    if article.audio and article.column is not None:
        return "episode", "audio"
    if urls.date_of(article.url) is None and len(urls.segments(article.url)) == 2:
        return "wire", "url.form"
    return "article", "default"


def _sum_up(article: Article) -> None:
    article.body_status = "full" if article.text else "none"
    article.content_hash = content_hash(article)
    article.rules |= {"body_status": "derived", "content_hash": "derived"}


def content_hash(article: Article) -> str:
    """First 32 hex digits of SHA-256 of title, lead and text, white space folded."""
    parts = (article.title, article.lead, article.text)
    words = "\n".join(" ".join(fold(part or "").split()) for part in parts)
    return sha256(words.encode()).hexdigest()[:32]
