"""A feed as RSS 2.0."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from html import escape
from pathlib import Path

from newscrawl.exports.feeds.feed import RSS, TTL, Feed
from newscrawl.exports.feeds.item import Item
from newscrawl.exports.feeds.media import write_media
from newscrawl.exports.feeds.xml import ATOM_NS, CONTENT_NS, DC_NS, MEDIA_NS, Writer
from newscrawl.version import VERSION

_PREFIXES = {"atom": ATOM_NS, "content": CONTENT_NS, "dc": DC_NS, "media": MEDIA_NS}
#: RSS does not say whether a title is HTML: what would begin a tag for some is a sign for all.
_NO_TAGS = str.maketrans("<>", "‹›")


@contextmanager
def rss_file(path: Path, feed: Feed) -> Iterator[Callable[[Item], None]]:
    """Gives what writes one item more."""
    from lxml import etree

    with etree.xmlfile(str(path), encoding="utf-8") as file:
        file.write_declaration()
        xml = Writer(file)
        with file.element("rss", {"version": "2.0"}, nsmap=_PREFIXES), file.element("channel"):
            xml.newline()
            _head(xml, feed)
            yield lambda item: _item(xml, item)


def _head(xml: Writer, feed: Feed) -> None:
    xml.leaf("title", feed.title.translate(_NO_TAGS))
    xml.leaf("link", feed.link)
    xml.leaf("description", feed.description.translate(_NO_TAGS))
    xml.leaf("language", feed.language)
    xml.leaf("lastBuildDate", format_datetime(feed.changed))
    xml.leaf("generator", f"newscrawl {VERSION}")
    xml.leaf("ttl", str(TTL))
    if address := feed.address(RSS):
        kind = "application/rss+xml"
        xml.leaf(f"{{{ATOM_NS}}}link", rel="self", href=address, type=kind)


def _item(xml: Writer, item: Item) -> None:
    with xml.inside("item"):
        xml.newline()
        xml.leaf("title", item.title.translate(_NO_TAGS))
        if item.link:
            xml.leaf("link", item.link)
        xml.leaf("guid", item.guid, isPermaLink="false")
        if item.published:
            xml.leaf("pubDate", format_datetime(item.published))
        xml.leaf(f"{{{ATOM_NS}}}updated", item.updated.isoformat())
        for name, _ in item.authors:
            xml.leaf(f"{{{DC_NS}}}creator", name.translate(_NO_TAGS))
        for name in item.categories:
            xml.leaf("category", name.translate(_NO_TAGS))
        # HTML, says RSS; and readers that know it alone must find something.
        xml.leaf("description", escape(item.summary or item.title, quote=False))
        if item.content:
            xml.leaf(f"{{{CONTENT_NS}}}encoded", item.content)
        if item.audio:
            # One alone: readers do not agree on more. How long it is in bytes is not known.
            xml.leaf("enclosure", url=item.audio[0].url, length=0, type=item.audio[0].type)
        write_media(xml, item)
    xml.newline()
