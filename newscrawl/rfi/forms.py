"""Which of the site's forms a page has. Rules read all of them: old saved pages keep parsing.

A form is named for the year in which it was first seen; ``docs/site.md`` tells what changed.
"""

from __future__ import annotations

from collections.abc import Callable

from newscrawl.rfi.embedded import ARTICLE_TYPES, of_type
from newscrawl.rfi.page import Page

UNKNOWN = "unknown"


def form_of(page: Page) -> str:
    """The newest form whose mark a page has."""
    if page.root is None or not page.is_article:
        return UNKNOWN
    return next((name for name, has_mark in _MARKS if has_mark(page)), UNKNOWN)


def _several_scripts(page: Page) -> bool:
    """JSON-LD in several scripts, the article in one of its own."""
    scripts = page.selector.css('script[type="application/ld+json"]::text')
    return len(scripts) > 1 and bool(of_type(page.nodes, ARTICLE_TYPES))


def _wrapper(page: Page) -> bool:
    """The article's own class, and tags as hot tags."""
    return page.selector.first("article.t-content__article-wrapper, a.a-hot-tag") is not None


def _lead_last(page: Page) -> bool:
    """The lead behind the dates (and the picture)."""
    blocks = page.own(".t-content__chapo, .t-content__dates")
    names = [node.attributes.get("class") or "" for node in blocks]
    return len(names) > 1 and "t-content__chapo" in names[-1]


def _known_frame(page: Page) -> bool:
    return page.own_first(".t-content__title, .t-content__body") is not None


_MARKS: tuple[tuple[str, Callable[[Page], bool]], ...] = (
    ("2026", _several_scripts),
    ("2024", _wrapper),
    ("2021", _lead_last),
    ("2023", _known_frame),
)
