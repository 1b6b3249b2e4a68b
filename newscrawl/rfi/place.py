"""Where an article stands: its address, edition, breadcrumb, column and section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from newscrawl.loaders import Rule
from newscrawl.rfi import urls
from newscrawl.rfi.editions import EDITIONS, HOST
from newscrawl.rfi.embedded import as_list, as_text, of_type
from newscrawl.rfi.page import Page
from newscrawl.text import fold

_BREADCRUMBS = frozenset(["BreadcrumbList"])
_CONTENT_ID = re.compile(r"-RFI-([A-Z]{2})-(\d{8})$")


#: Places in which a page says what it is called.
CLAIMS: tuple[Rule[Page], ...] = (
    Rule(
        "link.canonical",
        lambda page: page.selector.css('link[rel="canonical"]::attr(href)').get(),
    ),
    Rule("meta.og:url", lambda page: next(iter(page.meta("og:url")), None)),
    Rule("jsonld.url", lambda page: as_text(page.news.get("url"))),
    Rule("datalayer.canonical", lambda page: as_text(page.datalayer.get("canonical"))),
)


@dataclass(frozen=True)
class Address:
    """What a page is called: its canonical URL, the rule that gave it, and its other addresses."""

    url: str
    rule: str
    aliases: tuple[str, ...]
    refused: bool
    """Whether the page's canonical was not to be believed."""


def address(page: Page) -> Address:
    """The canonical URL of an article page.

    The page's own word is believed only when it is an article of the site and contradicts neither
    the page's ``content_id`` nor its date and last segment: sites point canonicals at columns and
    at other articles now and then.
    """
    believed: dict[str, str] = {}
    refused = False
    for rule in CLAIMS:
        claim = rule.find(page)
        url = urls.canonical(claim, page.url) if claim else None
        if url is not None and _is_believed(url, page):
            believed.setdefault(rule.name, url)
        elif claim and rule.name == "link.canonical":
            refused = True
    name, url = next(iter(believed.items()), ("url", page.url))
    others = dict.fromkeys([*believed.values(), page.url])
    return Address(url, name, tuple(other for other in others if other != url), refused)


def breadcrumb_linked(page: Page) -> list[str]:
    """Names of JSON-LD's breadcrumb, without the home page and the article itself."""
    return [name for name, _ in _linked_crumbs(page)]


def breadcrumb_elements(page: Page) -> list[str]:
    """Names of the breadcrumb shown, without the home page."""
    return [name for name, _ in _shown_crumbs(page)]


def column_linked(page: Page) -> tuple[str, str] | None:
    """Name and URL of the column in JSON-LD's breadcrumb: the listing below the container.

    An episode's path may differ from its show's: the breadcrumb has the show's.
    """
    return _column_in(_linked_crumbs(page), page)


def column_shown(page: Page) -> tuple[str, str] | None:
    """The same in the breadcrumb shown."""
    return _column_in(_shown_crumbs(page), page)


def column_of_address(url: str) -> tuple[str, str] | None:
    """The segment below the edition's container, as it stands in the address."""
    path = urls.segments(url)
    prefix = urls.edition_of(url)
    if prefix is None or len(path) <= 3 or not EDITIONS[prefix].holds_columns(path[1]):
        return None
    return path[2], _listing(path[:3])


def _column_in(crumbs: list[tuple[str, str | None]], page: Page) -> tuple[str, str] | None:
    prefix = urls.edition_of(page.url)
    if prefix is None:
        return None
    for name, link in crumbs:
        path = _below_container(link, prefix) if link else None
        if path is not None:
            return name, _listing(path)
    return None


def _is_believed(url: str, page: Page) -> bool:
    if urls.classify(url) != "article":
        return False
    return _fits_content_id(url, page.datalayer.get("content_id")) and _fits_segment(url, page)


def _fits_content_id(url: str, content_id: Any) -> bool:
    """``WBMZ94965-RFI-TW-20230901`` names edition and day (UTC, so a day off at most)."""
    match = _CONTENT_ID.search(content_id) if isinstance(content_id, str) else None
    if match is None:
        return True
    try:
        named = datetime.strptime(match[2], "%Y%m%d").date()
    except ValueError:
        return True
    day: date | None = urls.date_of(url)
    near = day is None or abs(day - named) <= timedelta(days=1)
    return near and urls.edition_of(url) == match[1].lower()


def _fits_segment(url: str, page: Page) -> bool:
    name = as_text(page.datalayer.get("page_name"))
    own = {urls.last_segment(page.url)}
    if name:
        own.add(urls.last_segment(urls.canonical(f"/{name}") or ""))
    return urls.last_segment(url) in own


def _linked_crumbs(page: Page) -> list[tuple[str, str | None]]:
    found = []
    for element in as_list(of_type(page.nodes, _BREADCRUMBS).get("itemListElement")):
        item = element.get("item") if isinstance(element, dict) else None
        if isinstance(item, dict):
            name, link = item.get("name") or element.get("name"), item.get("@id") or item.get("url")
        elif isinstance(element, dict):
            name, link = element.get("name"), item
        else:
            continue
        found.append((fold(as_text(name) or ""), as_text(link)))
    return _without_ends(found, page)


def _shown_crumbs(page: Page) -> list[tuple[str, str | None]]:
    links = page.selector.nodes(".m-breadcrumb__list__item__link")
    found = [(fold(link.text(deep=True)), link.attributes.get("href")) for link in links]
    return _without_ends(found, page)


def _without_ends(crumbs: list[tuple[str, str | None]], page: Page) -> list[tuple[str, str | None]]:
    """Without the home page and the article itself."""
    kept = []
    for name, link in crumbs:
        url = urls.canonical(link, page.url) if link else None
        is_home = url is not None and len(urls.segments(url)) <= 1 and urls.edition_of(url)
        is_article = url is not None and urls.classify(url) == "article"
        if name and not is_home and not is_article:
            kept.append((name, link))
    return kept


def _below_container(link: str, prefix: str) -> tuple[str, ...] | None:
    """Path of a listing right below the edition's container; the link may lack the edition."""
    url = urls.canonical(link)
    path = urls.segments(url) if url else ()
    if path and path[0] not in EDITIONS:
        path = (prefix, *path)
    fits = len(path) == 3 and path[0] == prefix and EDITIONS[prefix].holds_columns(path[1])
    return path if fits else None


def _listing(path: Sequence[str]) -> str:
    url = urls.canonical(f"https://{HOST}/{'/'.join(path)}/")
    assert url is not None
    return url
