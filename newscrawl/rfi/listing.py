"""Listing pages: rows of articles, what is none, and the pager.

Two types of rows are known: article cards (``m-item-list-article``; one link around picture and
title until 2023, two links since 2024) and show rows (``m-podcast-item``). No real column page was
at hand when this was written, so both are read wherever they stand.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from datetime import date, datetime

from selectolax.lexbor import LexborNode

from newscrawl.clock import paris_day
from newscrawl.rfi import urls
from newscrawl.rfi.dates import visible_day
from newscrawl.rfi.editions import EDITIONS
from newscrawl.rfi.page import content_of, parsed
from newscrawl.selector import Selector, classes, inside, select
from newscrawl.site import Index, Listing, Row
from newscrawl.text import fold

logger = logging.getLogger(__name__)

_ROWS = (
    ".m-item-list-article, .m-podcast-item, .m-item-news-feed, .o-archive-day__list__entry,"
    " .m-block-ad"
)
_LINKS = (
    "a.m-podcast-item__infos__edition[href]",
    "a.m-podcast-item__image[href]",
    ".article__title a[href]",
    "a[data-article-item-link][href]",
    ".news__content a[href]",
    "a.a-archive-link[href]",
    "a[href]",
)
_TITLES = ".article__title, .m-podcast-item__infos__edition, .news__content__title, h2, h3"
_DATES = (
    ".article__date, .m-podcast-item__infos__date, .m-podcast-item__cta__date, .article__metadata"
)
_PROMOTED = frozenset(["aside-content--highlighted", "aside-content--sponsors"])
_PINNED = frozenset(["m-item-list-article--highlighted-main", "o-last-edition"])
#: ``/{listing}/{n}/``; years in archives have four digits.
_PAGE = re.compile(r"^(.*/)(\d{1,3})/$")


def read_listing(html: str, url: str) -> Listing:
    """Rows and pager of one page."""
    page = parsed(html)
    address = urls.canonical(url) or url
    first, number = _position(address)
    listing = Listing(address, number, _title(page))
    _read_rows(page, listing)
    if page.is_pruned:
        listing.left_out["pruned"] = 1
    listing.next_url = _next(page, first, number)
    return listing


def index_urls(edition: str) -> list[str]:
    """Where an edition lists its columns: its container's own page."""
    found = (urls.canonical(f"/{edition}/{name}/") for name in EDITIONS[edition].containers[:1])
    return [url for url in found if url is not None]


def read_index(html: str, url: str) -> Index:
    """Columns that a page of an edition's index links to: listings right below the container."""
    page = Selector.from_html(html)
    address = urls.canonical(url) or url
    first, number = _position(address)
    container = urls.segments(first)
    content = content_of(page)
    index = Index(next_url=_next(page, first, number))
    for link in select(content, "a[href]") if content is not None else []:
        found = urls.canonical(link.attributes.get("href") or "", address)
        path = urls.segments(found) if found else ()
        if found is None or path[:-1] != container or urls.classify(found) != "listing":
            continue
        heading = link.css_first(_TITLES) or link
        name = fold(heading.text(deep=True)) or fold(link.attributes.get("title") or "")
        is_page = path[-1].isdecimal()
        if name and not is_page:
            index.columns.setdefault(found, name)
    return index


def _title(page: Selector) -> str | None:
    heading = page.first("h1")
    return (fold(heading.text(deep=True)) or None) if heading is not None else None


def _read_rows(page: Selector, listing: Listing) -> None:
    content = content_of(page)
    if content is None:
        return
    builder = "t-content--page-builder" in classes(content)
    rows: dict[str, Row] = {}
    left_out: Counter[str] = Counter()
    for node in select(content, _ROWS):
        reason = _not_a_row(node, builder=builder)
        row = None
        if reason is None:
            try:
                row, reason = _row(node, listing.url)
            except Exception:
                logger.exception("a row of %s is left out", listing.url)
                reason = "error"
        if row is None:
            if reason:
                left_out[reason] += 1
        elif row.url not in rows:
            rows[row.url] = row
        else:
            left_out["repeated"] += 1
            if rows[row.url].pinned and not row.pinned:  # its place in the list is this one
                del rows[row.url]
                rows[row.url] = row
    listing.rows = list(rows.values())
    listing.left_out = dict(left_out)


def _not_a_row(node: LexborNode, *, builder: bool) -> str | None:
    """Why a cell of a list is no article; ``""`` for what is not even worth counting."""
    if "m-block-ad" in classes(node):
        in_list = inside(node, lambda above: "o-layout-list__item--with-ad" in classes(above))
        return "ad" if in_list else ""
    if inside(node, lambda above: above.attributes.get("data-org-type") in _PROMOTED):
        return "promo"
    if node.css_first(".m-item-brand-content") is not None:
        return "sponsored"
    if not builder and inside(node, lambda above: above.tag == "aside"):
        return "promo"
    return None


def _row(node: LexborNode, base: str) -> tuple[Row | None, str | None]:
    href = next((link for query in _LINKS if (link := _href(node, query))), None)
    if href is None:
        return None, "not_article"
    if urls.moved_from(href) is not None:
        return None, "old_address"
    url = urls.canonical(href, base)
    if url is None:
        return None, "foreign"
    if urls.is_sponsored(url):
        return None, "sponsored"
    if urls.classify(url) != "article":
        return None, "not_article"
    heading = node.css_first(_TITLES)
    title = fold(heading.text(deep=True)) if heading is not None else ""
    return Row(url, title or None, _day(node) or urls.date_of(url), pinned=_is_pinned(node)), None


def _href(node: LexborNode, query: str) -> str | None:
    link = node.css_first(query)
    return link.attributes.get("href") if link is not None else None


def _is_pinned(node: LexborNode) -> bool:
    return bool(classes(node) & _PINNED) or inside(
        node, lambda above: "o-last-edition" in classes(above)
    )


def _day(node: LexborNode) -> date | None:
    """The day that a row shows (Paris)."""
    time = node.css_first("time[datetime]")
    if time is not None:
        try:
            moment = datetime.fromisoformat((time.attributes.get("datetime") or "").strip())
            return paris_day(moment) if moment.tzinfo else moment.date()
        except (ValueError, OverflowError):
            pass
    shown = node.css_first(_DATES)
    return visible_day(shown.text(deep=True)) if shown is not None else None


def _position(url: str) -> tuple[str, int]:
    """First page of a listing, and the number of this one."""
    match = _PAGE.match(url)
    if match is None or len(urls.segments(url)) < 3:
        return url, 1
    return match[1], int(match[2])


def _next(page: Selector, first: str, number: int) -> str | None:
    """Address of the next page: the arrow's, else the link with the next number.

    Only a link to page ``number + 1`` of this very listing is followed.
    """
    links = page.nodes(".m-pagination a[href], a.m-pagination__item__link[href]")
    arrows_first = sorted(links, key=lambda link: not _is_arrow(link))
    for link in arrows_first:
        url = urls.canonical(link.attributes.get("href") or "", first)
        if url is not None and _position(url) == (first, number + 1):
            return url
    return None


def _is_arrow(link: LexborNode) -> bool:
    return link.css_first(".a-svg--picto-chevron-right") is not None
