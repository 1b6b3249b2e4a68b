"""Fields that follow from the page and from fields found before: column, section, kind.

The same form as in :mod:`newscrawl.rfi.rules`: named rules in order of trust.
"""

from __future__ import annotations

from dataclasses import dataclass

from newscrawl.items import Article
from newscrawl.loaders import Rule
from newscrawl.rfi import place, urls
from newscrawl.rfi.embedded import as_text
from newscrawl.rfi.page import Page, content_of
from newscrawl.selector import classes
from newscrawl.text import fold


@dataclass(frozen=True)
class Draft:
    """A page, and the record as far as it has come."""

    page: Page
    article: Article


def _live(draft: Draft) -> str | None:
    """A live blog: its frame is filled by a script, or JSON-LD says so."""
    frame = draft.page.own_first(".arena-liveblog, .arena-chat")
    named = draft.page.news.get("@type") == "LiveBlogPosting"
    return "live" if frame is not None or named else None


def _template(draft: Draft) -> str | None:
    """The class of the page's template."""
    content = content_of(draft.page.selector)
    named = classes(content) if content is not None else frozenset()
    kinds = {"t-content--diaporama": "gallery", "t-content--video": "video"}
    return next((kind for name, kind in kinds.items() if name in named), None)


def _episode(draft: Draft) -> str | None:
    """Audio in a column: an episode of a show."""
    return "episode" if draft.article.audio and draft.article.column is not None else None


def _wire(draft: Draft) -> str | None:
    """An address without section and date."""
    url = draft.article.url
    return "wire" if urls.date_of(url) is None and len(urls.segments(url)) == 2 else None


def _section_of_breadcrumb(draft: Draft) -> str | None:
    """The last breadcrumb that is not the column."""
    names = [name for name in draft.article.breadcrumb if name != draft.article.column]
    return names[-1] if names else None


def _section_of_linked_data(draft: Draft) -> str | None:
    return fold(as_text(draft.page.news.get("articleSection")) or "") or None


DERIVED: dict[str, tuple[Rule[Draft], ...]] = {
    # Name and address of the column.
    "column": (
        Rule("jsonld.breadcrumb", lambda draft: place.column_linked(draft.page)),
        Rule("dom.breadcrumb", lambda draft: place.column_shown(draft.page)),
        Rule("url.container", lambda draft: place.column_of_address(draft.article.url)),
    ),
    "section": (
        Rule("breadcrumb", _section_of_breadcrumb),
        Rule("jsonld.articleSection", _section_of_linked_data),
    ),
    "kind": (
        Rule("dom.live", _live),
        Rule("dom.class", _template),
        Rule("audio", _episode),
        Rule("url.form", _wire),
        Rule("default", lambda draft: "article"),
    ),
}
