"""The rules: for each field the ways to find it, in order of trust.

JSON-LD, ``#datalayer``, the page's elements and ``<meta>`` all say nearly the same; each is cut,
missing or wrong now and then. ``docs/extraction.md`` lists the fields and their rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from newscrawl.clock import day_start
from newscrawl.loaders import Rule
from newscrawl.rfi import urls
from newscrawl.rfi.dates import first_number, visible_time
from newscrawl.rfi.embedded import as_text
from newscrawl.rfi.page import Page
from newscrawl.rfi.people import from_datalayer as authors_from_datalayer
from newscrawl.rfi.people import from_elements as authors_from_elements
from newscrawl.rfi.people import from_linked_data as authors_from_linked_data
from newscrawl.rfi.pictures import from_elements as images_from_elements
from newscrawl.rfi.pictures import from_linked_data as images_from_linked_data
from newscrawl.rfi.pictures import from_meta as images_from_meta
from newscrawl.rfi.place import breadcrumb_elements, breadcrumb_linked
from newscrawl.rfi.recordings import audio_linked, audio_scripts, video_linked, video_scripts
from newscrawl.rfi.tags import from_datalayer as tags_from_datalayer
from newscrawl.rfi.tags import from_elements as tags_from_elements
from newscrawl.rfi.tags import from_linked_data as tags_from_linked_data
from newscrawl.rfi.tags import from_meta as tags_from_meta


def _element(query: str) -> Any:
    """Rule body: text of the article's first element of a query."""

    def find(page: Page) -> str | None:
        node = page.own_first(query)
        return node.text(deep=True) if node is not None else None

    return find


def _linked(name: str) -> Any:
    return lambda page: as_text(page.news.get(name))


def _datalayer(name: str) -> Any:
    return lambda page: as_text(page.datalayer.get(name))


def _meta(name: str) -> Any:
    return lambda page: page.meta(name)


def _datalayer_time(page: Page) -> str | None:
    """``publication_date`` and ``publication_time``: UTC."""
    day, time = page.datalayer.get("publication_date"), page.datalayer.get("publication_time")
    return f"{day}T{time}+00:00" if isinstance(day, str) and isinstance(time, str) else None


def _time_attribute(index: int) -> Any:
    """``datetime`` of the first (published) or second (modified) time shown."""

    def find(page: Page) -> str | None:
        times = page.own(".t-content__dates time, .m-pub-dates time")
        return times[index].attributes.get("datetime") if len(times) > index else None

    return find


def _time_shown(index: int) -> Any:
    def find(page: Page) -> Any:
        shown = page.own(".m-pub-dates__date") or page.own(".t-content__dates time")
        return visible_time(shown[index].text(deep=True)) if len(shown) > index else None

    return find


def _url_day(page: Page) -> Any:
    """The day that the address names, at its first moment in Paris."""
    day = urls.date_of(page.url)
    return day_start(day) if day is not None else None


def _title_element(page: Page) -> str | None:
    """``<title>`` without the column, the house and its long name behind it."""
    title = page.selector.css("head > title::text").get()
    return title.split(" - ")[0] if title else None


def _alternates(page: Page) -> dict[str, str] | None:
    """The same story in other editions, by language."""
    own = urls.edition_of(page.url)
    found: dict[str, str] = {}
    for node in page.selector.nodes('link[rel="alternate"][hreflang]'):
        language = node.attributes.get("hreflang") or ""
        url = urls.canonical(node.attributes.get("href") or "", page.url)
        other = url is not None and urls.edition_of(url) != own
        if url is not None and other and language != "x-default":
            found[language] = url
    return found or None


def _related(page: Page) -> list[str]:
    """Cards of the block below the article; not those of the page around it."""
    if page.root is None:
        return []
    links = page.root.css(".t-content__related a[href]")
    found = [urls.canonical(link.attributes.get("href") or "", page.url) for link in links]
    articles = [url for url in found if url is not None and urls.classify(url) == "article"]
    return [url for url in dict.fromkeys(articles) if url != page.url]


def _reading_minutes(page: Page) -> int | None:
    node = page.own_first(".a-reading-time")
    return first_number(node.text(deep=True)) if node is not None else None


#: Days from which the places that rules read are known to be on the site (``docs/site.md``).
SINCE = {
    "datalayer": date(2021, 10, 4),
    "dom": date(2021, 10, 4),
    "jsonld": date(2021, 10, 4),
    "meta": date(2021, 10, 4),
    "script": date(2021, 10, 4),
    "url": date(2021, 12, 9),
}


def _rule(name: str, find: Callable[[Page], Any]) -> Rule[Page]:
    """A rule, dated by the place that its name begins with."""
    return Rule(name, find, SINCE[name.partition(".")[0]])


RULES: dict[str, tuple[Rule[Page], ...]] = {
    "content_id": (_rule("datalayer.content_id", _datalayer("content_id")),),
    "title": (
        _rule("dom.h1", _element("h1")),
        _rule("jsonld.headline", _linked("headline")),
        _rule("datalayer.content_title", _datalayer("content_title")),
        _rule("meta.og:title", _meta("og:title")),
        _rule("dom.title", _title_element),
    ),
    "surtitle": (_rule("dom.tag", _element(".t-content__section .a-tag__wrapper")),),
    "lead": (
        _rule("dom.chapo", _element(".t-content__chapo")),
        _rule("jsonld.description", _linked("description")),
        _rule("meta.og:description", _meta("og:description")),
        _rule("meta.description", _meta("description")),
    ),
    "published_at": (
        _rule("jsonld.datePublished", _linked("datePublished")),
        _rule("datalayer.publication", _datalayer_time),
        _rule("meta.article:published_time", _meta("article:published_time")),
        _rule("dom.datetime", _time_attribute(0)),
        _rule("dom.visible", _time_shown(0)),
        _rule("url.date", _url_day),
    ),
    "modified_at": (
        _rule("jsonld.dateModified", _linked("dateModified")),
        _rule("meta.article:modified_time", _meta("article:modified_time")),
        _rule("dom.datetime", _time_attribute(1)),
        _rule("dom.visible", _time_shown(1)),
    ),
    "breadcrumb": (
        _rule("jsonld.breadcrumb", breadcrumb_linked),
        _rule("dom.breadcrumb", breadcrumb_elements),
    ),
    "text": (
        _rule("dom.body", lambda page: page.body.text),
        _rule("jsonld.articleBody", lambda page: page.linked_body.text),
    ),
    "html": (
        _rule("dom.body", lambda page: page.body.html),
        _rule("jsonld.articleBody", lambda page: page.linked_body.html),
    ),
    "authors": (
        _rule("jsonld.author", authors_from_linked_data),
        _rule("dom.author", authors_from_elements),
        _rule("datalayer.authors", authors_from_datalayer),
    ),
    "images": (
        _rule("jsonld.image", images_from_linked_data),
        _rule("dom.figure", images_from_elements),
        _rule("meta.og:image", images_from_meta),
    ),
    "audio": (
        _rule("script.media", audio_scripts),
        _rule("jsonld.audio", audio_linked),
    ),
    "videos": (
        _rule("script.video", video_scripts),
        _rule("jsonld.video", video_linked),
    ),
    "tags": (
        _rule("dom.tags", tags_from_elements),
        _rule("datalayer.tags", tags_from_datalayer),
        _rule("jsonld.keywords", tags_from_linked_data),
        _rule("meta.article:tag", tags_from_meta),
    ),
    "alternates": (_rule("dom.alternate", _alternates),),
    "related": (_rule("dom.related", _related),),
    "reading_minutes": (_rule("dom.reading-time", _reading_minutes),),
}
