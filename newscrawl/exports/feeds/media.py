"""Pictures and recordings of an item, in the words of Media RSS: the same in RSS and in Atom."""

from __future__ import annotations

from newscrawl.exports.feeds.item import Item
from newscrawl.exports.feeds.xml import MEDIA_NS, Writer

_CONTENT, _TITLE = f"{{{MEDIA_NS}}}content", f"{{{MEDIA_NS}}}title"
_DESCRIPTION, _CREDIT = f"{{{MEDIA_NS}}}description", f"{{{MEDIA_NS}}}credit"


def write_media(xml: Writer, item: Item) -> None:
    """``media:content`` of each, pictures with description and credit."""
    for picture in item.pictures:
        size = {"width": picture.width, "height": picture.height}
        first = "true" if picture.lead else None
        with xml.inside(_CONTENT, url=picture.url, medium="image", isDefault=first, **size):
            if picture.description:
                xml.leaf(_DESCRIPTION, picture.description, type="plain")
            if picture.credit:
                xml.leaf(_CREDIT, picture.credit)
        xml.newline()
    for recording in item.recordings:
        about = {"type": recording.type, "duration": recording.seconds}
        with xml.inside(_CONTENT, url=recording.url, medium=recording.medium, **about):
            if recording.title:
                xml.leaf(_TITLE, recording.title, type="plain")
        xml.newline()
