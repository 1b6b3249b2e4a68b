"""A feed as Atom (RFC 4287)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newscrawl.exports.feeds.feed import ATOM, Feed
from newscrawl.exports.feeds.item import Item
from newscrawl.exports.feeds.media import write_media
from newscrawl.exports.feeds.xml import ATOM_NS, MEDIA_NS, Writer
from newscrawl.version import VERSION

_XML_NS = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {None: ATOM_NS, "media": MEDIA_NS, "xml": _XML_NS}


@contextmanager
def atom_file(path: Path, feed: Feed) -> Iterator[Callable[[Item], None]]:
    """Gives what writes one entry more."""
    from lxml import etree

    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        xml = _Atom(file)
        language = {f"{{{_XML_NS}}}lang": feed.language}
        with file.element(f"{{{ATOM_NS}}}feed", language, nsmap=_PREFIXES):
            xml.newline()
            _head(xml, feed)
            yield lambda item: _entry(xml, item)


class _Atom(Writer):
    """Names without a namespace are Atom's."""

    def inside(self, tag: str, **attributes: Any) -> Any:
        """A context inside a new element."""
        whole = tag if tag.startswith("{") else f"{{{ATOM_NS}}}{tag}"
        return super().inside(whole, **attributes)


def _head(xml: Writer, feed: Feed) -> None:
    xml.leaf("id", feed.id)
    xml.leaf("title", feed.title)
    xml.leaf("subtitle", feed.description)
    xml.leaf("updated", feed.changed.isoformat())
    xml.leaf("link", rel="alternate", type="text/html", href=feed.link)
    if address := feed.address(ATOM):
        xml.leaf("link", rel="self", type="application/atom+xml", href=address)
    _person(xml, feed.publisher, None)
    xml.leaf("generator", "newscrawl", version=VERSION)


def _entry(xml: Writer, item: Item) -> None:
    with xml.inside("entry"):
        xml.newline()
        xml.leaf("id", item.id)
        xml.leaf("title", item.title, type="text")
        if item.published:
            xml.leaf("published", item.published.isoformat())
        xml.leaf("updated", item.updated.isoformat())
        if item.link:
            xml.leaf("link", rel="alternate", type="text/html", href=item.link)
        for sound in item.audio:
            xml.leaf("link", rel="enclosure", type=sound.type, href=sound.url, title=sound.title)
        for name, address in item.authors:
            _person(xml, name, address)
        for name in item.categories:
            xml.leaf("category", term=name)
        if item.summary:
            xml.leaf("summary", item.summary, type="text")
        if item.content:
            xml.leaf("content", item.content, type="html")
        write_media(xml, item)
    xml.newline()


def _person(xml: Writer, name: str, address: str | None) -> None:
    with xml.inside("author"):
        xml.leaf("name", name)
        if address:
            xml.leaf("uri", address)
    xml.newline()
