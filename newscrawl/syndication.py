"""Feeds (RSS 2.0) and sitemaps, read without trust. Knows no site.

No entities, no outside references, a bounded depth and number of entries, and no more memory than
one entry takes: what is read is thrown away at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from newscrawl.clock import PARIS, within_calendar

#: Entries that the sitemaps protocol allows in one file; feeds have far fewer.
MAX_ENTRIES = 50_000
#: Elements inside each other; a feed needs five.
_MAX_DEPTH = 30
#: Elements of one entry, or between two.
_MAX_PARTS = 10_000
#: Bytes of a file, once it is inflated.
_MAX_BYTES = 50 * 1024 * 1024
_GZIP = b"\x1f\x8b"


class BadXml(ValueError):
    """The file cannot be read, or wants what a feed has no need of."""


@dataclass(frozen=True)
class FeedItem:
    """One item of a feed, as it stands there; empty where it says nothing."""

    link: str
    title: str = ""
    summary: str = ""
    """May hold markup."""
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    picture: str = ""
    audio: str = ""


@dataclass(frozen=True)
class MapEntry:
    """An address in a sitemap; ``lastmod`` is the last moment that it may mean."""

    url: str
    lastmod: datetime | None = None


@dataclass
class Sitemap:
    """Further sitemaps of an index, or pages of a map."""

    maps: list[MapEntry] = field(default_factory=list)
    pages: list[MapEntry] = field(default_factory=list)


def read_feed(data: bytes) -> list[FeedItem]:
    """Items of an RSS 2.0 feed that name an address; :class:`BadXml` when it is none."""
    items = [_item(element) for element in _entries(data, ("rss", "RDF"), ("item",))]
    return [item for item in items if item.link]


def read_sitemap(data: bytes) -> Sitemap:
    """Entries of a sitemap or of an index of sitemaps; :class:`BadXml` when it is neither."""
    found = Sitemap()
    for element in _entries(data, ("urlset", "sitemapindex"), ("url", "sitemap")):
        texts = _texts(element)
        if url := texts.get("loc"):
            entry = MapEntry(url, _lastmod(texts.get("lastmod", "")))
            (found.pages if _name(element) == "url" else found.maps).append(entry)
    return found


def _entries(data: bytes, roots: tuple[str, ...], names: tuple[str, ...]) -> Iterator[Element]:
    """Elements of some names, each forgotten once it has been looked at."""
    try:
        yield from _forgetful(iterparse(BytesIO(_inflated(data)), ("start", "end")), roots, names)
    except DefusedXmlException as error:
        raise BadXml(f"it declares entities ({type(error).__name__})") from error
    except (ParseError, LookupError) as error:
        raise BadXml(f"it is no whole XML ({error})") from error


def _forgetful(
    events: Iterable[tuple[str, Element]], roots: tuple[str, ...], names: tuple[str, ...]
) -> Iterator[Element]:
    above: list[Element] = []
    entry: Element | None = None
    count = parts = 0
    for event, element in events:
        if event == "start":
            if not above and _name(element) not in roots:
                raise BadXml(f"<{_name(element)[:40]}> is not the root of a feed or sitemap")
            above.append(element)
            parts += 1
            if entry is None and _name(element) in names:
                entry, count, parts = element, count + 1, 0
            if len(above) > _MAX_DEPTH or count > MAX_ENTRIES or parts > _MAX_PARTS:
                raise BadXml("it has more elements, or deeper ones, than any feed or sitemap")
            continue
        above.pop()
        if element is entry:
            yield element
            entry, parts = None, 0
        if entry is None and above:
            above[-1].clear()


def _inflated(data: bytes) -> bytes:
    """A file as it is, or unpacked as far as it is allowed to grow."""
    if not data.startswith(_GZIP):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise BadXml(f"it cannot be unpacked ({error})") from error
    if unpacker.unconsumed_tail:
        raise BadXml(f"it is larger than {_MAX_BYTES} bytes once unpacked")
    return plain


def _item(element: Element) -> FeedItem:
    texts = _texts(element)
    kinds = {child.get("type", ""): child.get("url", "") for child in element.iter("enclosure")}
    pictures = [child.get("url", "") for child in element if _name(child) == "thumbnail"]
    sounds = [url for kind, url in kinds.items() if kind.startswith("audio/")]
    pictures += [url for kind, url in kinds.items() if kind.startswith("image/")]
    return FeedItem(
        link=texts.get("link", ""),
        title=texts.get("title", ""),
        summary=texts.get("description", ""),
        published_at=_rfc_822(texts.get("pubDate", "")),
        authors=_all(element, "creator"),
        categories=_all(element, "category"),
        picture=next(iter(pictures), ""),
        audio=next(iter(sounds), ""),
    )


def _name(element: Element) -> str:
    """Without its namespace: generators do not agree on theirs."""
    return str(element.tag).rpartition("}")[2]


def _texts(element: Element) -> dict[str, str]:
    """Child to its text; the first of a name."""
    texts: dict[str, str] = {}
    for child in element:
        texts.setdefault(_name(child), (child.text or "").strip())
    return texts


def _all(element: Element, name: str) -> tuple[str, ...]:
    texts = ((child.text or "").strip() for child in element if _name(child) == name)
    return tuple(text for text in texts if text)


def _rfc_822(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return within_calendar(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _lastmod(text: str) -> datetime | None:
    """A time (W3C); a bare date means that day in Paris, up to its end."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2024-02-20"):
        moment = datetime.combine(moment.date(), time(23, 59, 59), PARIS)
    return within_calendar(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
