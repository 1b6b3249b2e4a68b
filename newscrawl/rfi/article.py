"""From a page to its record: the rules applied, and judged against each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from newscrawl.clock import iso
from newscrawl.items import Article
from newscrawl.loaders import ArticleLoader, Rule, first_of
from newscrawl.rfi import place, urls
from newscrawl.rfi.derived import DERIVED, Draft
from newscrawl.rfi.editions import EDITIONS
from newscrawl.rfi.forms import form_of
from newscrawl.rfi.page import Page
from newscrawl.rfi.rules import RULES
from newscrawl.site import Extraction
from newscrawl.text import fold, is_cut

#: Fields in which a text that was cut loses to a whole one.
_WHOLE = frozenset(["title", "lead", "text"])
#: How far a time may lie ahead of the capture: clocks differ, publishers plan.
_AHEAD = timedelta(days=1)


def read_article(html: str, url: str, fetched_at: datetime) -> Extraction:
    """The record of an article page, with the notes of what was refused or repaired."""
    page = Page(html, url)
    known_as = place.address(page)
    loader = ArticleLoader(item=_begin(known_as, fetched_at))
    notes = ["canonical_refused"] if known_as.refused else []
    if page.selector.is_pruned:
        notes.append("pruned")
    page.url = known_as.url
    for field, rules in RULES.items():
        worse = is_cut if field in _WHOLE else None
        loader.first(field, page, *_fitting(field, rules, loader), worse=worse)
    article: Article = loader.load_item()
    _derive(article, page)
    notes += _times(article, fetched_at)
    _sum_up(article)
    return Extraction(article, known_as.aliases, form_of(page), tuple(notes))


def _fitting(
    field: str, rules: tuple[Rule[Page], ...], loader: ArticleLoader
) -> tuple[Rule[Page], ...]:
    """Text and HTML come from one place, or they would not say the same."""
    chosen = loader.item.rules.get("text") if field == "html" else None
    return tuple(rule for rule in rules if chosen in (None, rule.name))


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


def _derive(article: Article, page: Page) -> None:
    draft = Draft(page, article)
    column = first_of(DERIVED["column"], draft)
    if column is not None:
        (article.column, article.column_url), rule = column
        article.rules |= {"column": rule, "column_url": rule}
    for field in ("section", "kind"):
        found = first_of(DERIVED[field], draft)
        if found is not None:
            setattr(article, field, found[0])
            article.rules[field] = found[1]


def refuse_future(article: Article, fetched_at: datetime) -> list[str]:
    """Times that lie too far ahead of the capture are none; gives a note for each."""
    notes = []
    latest = iso(fetched_at + _AHEAD)
    for field in ("published_at", "modified_at"):
        value = getattr(article, field)
        if value is not None and value > latest:
            setattr(article, field, None)
            del article.rules[field]
            notes.append("future_date")
    return notes


def _times(article: Article, fetched_at: datetime) -> list[str]:
    """Future times are refused; a change that is not later than the publication is none."""
    notes = refuse_future(article, fetched_at)
    published, modified = article.published_at, article.modified_at
    if modified is not None and (published is None or modified <= published):
        article.modified_at = None
        del article.rules["modified_at"]
        if published is not None and modified < published:
            notes.append("modified_not_later")
    return notes


def _sum_up(article: Article) -> None:
    article.body_status = "full" if article.text else "none"
    article.content_hash = content_hash(article)
    article.rules |= {"body_status": "derived", "content_hash": "derived"}


def content_hash(article: Article) -> str:
    """First 32 hex digits of SHA-256 of title, lead and text, white space folded."""
    parts = (article.title, article.lead, article.text)
    words = "\n".join(" ".join(fold(part or "").split()) for part in parts)
    return sha256(words.encode()).hexdigest()[:32]
