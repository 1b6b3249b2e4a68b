"""Tags: keywords of an article, with their pages where the article links them."""

from __future__ import annotations

from newscrawl.items import Tag
from newscrawl.rfi import urls
from newscrawl.rfi.embedded import as_list, as_text
from newscrawl.rfi.page import Page
from newscrawl.text import fold


def from_elements(page: Page) -> list[Tag]:
    """Links below the text (``a-hot-tag`` since 2024)."""
    root = page.root
    links = root.css(".t-content__tags a, .m-tags-list a") if root is not None else []
    found: dict[str, Tag] = {}
    for link in links:
        name = fold(link.text(deep=True))
        href = link.attributes.get("href")
        if name:
            found.setdefault(name, Tag(name, urls.canonical(href, page.url) if href else None))
    return list(found.values())


def from_datalayer(page: Page) -> list[Tag]:
    """Names only."""
    values = as_list(page.datalayer.get("tags"))
    names = [as_text(value.get("name")) for value in values if isinstance(value, dict)]
    return _tags(names)


def from_linked_data(page: Page) -> list[Tag]:
    """``keywords``: a text parted by commas until 2025, a list since. The section comes first."""
    names: list[str | None] = []
    for value in as_list(page.news.get("keywords")):
        names += (as_text(value) or "").split(",")
    section = fold(as_text(page.news.get("articleSection")) or "")
    if names and fold(names[0] or "") == section and len(names) > 1:
        names = names[1:]
    return _tags(names)


def from_meta(page: Page) -> list[Tag]:
    """``article:tag``, one each."""
    return _tags(list(page.meta("article:tag")))


def _tags(names: list[str | None]) -> list[Tag]:
    folded = [fold(name or "") for name in names]
    return [Tag(name) for name in dict.fromkeys(folded) if name]
