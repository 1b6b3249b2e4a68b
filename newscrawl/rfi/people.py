"""Authors: names, their pages, and the roles that names of houses imply.

``article:author`` is never one: it holds the address of a Facebook page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from newscrawl.items import Author
from newscrawl.rfi import urls
from newscrawl.rfi.editions import AGENCIES, ORGANISATIONS
from newscrawl.rfi.embedded import as_list, as_text
from newscrawl.rfi.page import Page
from newscrawl.text import fold


def from_linked_data(page: Page) -> list[Author]:
    """JSON-LD: an object, a list of them, or plain names."""
    found = []
    for value in as_list(page.news.get("author")):
        if isinstance(value, dict):
            link = as_text(value.get("url"))
            kind = value.get("@type")
            role = as_text(value.get("jobTitle"))
            for name in as_list(value.get("name")):
                found.append(_author(as_text(name), link, page.url, role, kind))
        else:
            found.append(_author(as_text(value), None, page.url))
    return _each_once(found)


def from_elements(page: Page) -> list[Author]:
    """Links of the author line; its label and its "Follow" button are none."""
    nodes = page.own("a.m-from-author__name, span.m-from-author__name")
    return _each_once(
        _author(node.text(deep=True), node.attributes.get("href"), page.url) for node in nodes
    )


def from_datalayer(page: Page) -> list[Author]:
    """Names only."""
    values = as_list(page.datalayer.get("authors"))
    names = [value.get("name") for value in values if isinstance(value, dict)]
    return _each_once(_author(as_text(name), None, page.url) for name in names)


def from_names(names: Iterable[str]) -> list[Author]:
    """Names as a feed has them."""
    return _each_once(_author(name, None, "") for name in names)


def _author(
    name: str | None, link: str | None, base: str, role: str | None = None, kind: Any = None
) -> Author | None:
    name = fold(name or "")
    if not name or name.startswith(("http://", "https://")):
        return None
    return Author(name, urls.canonical(link, base) if link else None, role or _role(name, kind))


def _role(name: str, kind: Any) -> str | None:
    if name in AGENCIES:
        return "agency"
    if name in ORGANISATIONS or kind in ("Organization", "NewsMediaOrganization"):
        return "organisation"
    return None


def _each_once(authors: Any) -> list[Author]:
    unique: dict[str, Author] = {}
    for author in authors:
        if author is not None:
            unique.setdefault(author.name, author)
    return list(unique.values())
