"""What the W3C's feed validator asks of a feed, as far as it can be asked without a network."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
from lxml import etree, html

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
}
_RFC_822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r" \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})"
)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: Children of an item or entry that may stand there once.
_SINGLE = {"title", "link", "guid", "pubDate", "updated", "description", "encoded", "enclosure"}


def check_rss(path: Path) -> etree._Element:
    """Assert that a file is RSS 2.0 by the rules; gives its channel."""
    root = etree.parse(path).getroot()
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    channel = root[0]
    for name in ("title", "link", "description", "language", "lastBuildDate", "ttl"):
        (found,) = channel.findall(name)
        assert found.text, name
    absolute(channel.findtext("link"))
    rfc_822(channel.findtext("lastBuildDate"))
    assert _LANGUAGE.fullmatch(channel.findtext("language"))
    assert int(channel.findtext("ttl")) > 0
    for link in channel.findall("a:link", NAMES):
        assert link.get("rel") == "self"
        absolute(link.get("href"))
    guids = []
    for item in channel.findall("item"):
        _once(item)
        assert item.findtext("title")
        absolute(item.findtext("link"))
        guid = item.find("guid")
        assert (guid.get("isPermaLink"), bool(guid.text)) == ("false", True)
        guids.append(guid.text)
        if (published := item.findtext("pubDate")) is not None:
            rfc_822(published)
        rfc_3339(item.findtext("a:updated", None, NAMES))
        for enclosure in item.findall("enclosure"):
            assert set(enclosure.keys()) == {"url", "length", "type"}
            absolute(enclosure.get("url"))
            assert int(enclosure.get("length")) >= 0
            assert _MIME.fullmatch(enclosure.get("type"))
        for named in (*item.findall("dc:creator", NAMES), *item.findall("category")):
            assert named.text
        order = [etree.QName(child).localname for child in item]
        assert "description" in order[: [*order, "encoded"].index("encoded")]
        check_content(item.findtext("content:encoded", "", NAMES))
        check_media(item)
    assert len(set(guids)) == len(guids)
    _readable(path, "rss20")
    return channel


def check_atom(path: Path) -> etree._Element:
    """Assert that a file is Atom by the rules; gives its root."""
    feed = etree.parse(path).getroot()
    assert feed.tag == f"{{{NAMES['a']}}}feed"
    assert feed.findtext("a:author/a:name", None, NAMES)
    ids = []
    for part in (feed, *feed.findall("a:entry", NAMES)):
        for name in ("id", "title", "updated"):
            (found,) = part.findall(f"a:{name}", NAMES)
            assert found.text, name
        ids.append(part.findtext("a:id", None, NAMES))
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ids[-1])
        for name in ("updated", "published"):
            for time in part.findall(f"a:{name}", NAMES):
                rfc_3339(time.text)
        links = part.findall("a:link", NAMES)
        alternates = [link for link in links if link.get("rel") == "alternate"]
        assert len(alternates) == 1
        for link in links:
            absolute(link.get("href"))
            assert link.get("rel") in ("alternate", "self", "enclosure")
            assert _MIME.fullmatch(link.get("type"))
        for uri in part.findall("a:author/a:uri", NAMES):
            absolute(uri.text)
        for category in part.findall("a:category", NAMES):
            assert category.get("term")
        for content in part.findall("a:content", NAMES):
            assert content.get("type") == "html"
            check_content(content.text)
        check_media(part)
    assert len(set(ids)) == len(ids)
    _readable(path, "atom10")
    return feed


def check_content(markup: str) -> None:
    """No script, no frame, no relative address."""
    for element in html.fragment_fromstring(markup, create_parent="div").iter():
        assert element.tag not in ("script", "iframe", "object", "embed", "style", "svg", "form")
        for name, value in element.attrib.items():
            assert name in ("href", "src", "title", "alt", "dir"), name
            if name in ("href", "src"):
                absolute(value)


def check_media(item: etree._Element) -> None:
    """Media RSS: what a medium may be called, and one default at most."""
    media = item.findall("media:content", NAMES)
    for part in media:
        assert part.get("medium") in ("image", "audio", "video")
        absolute(part.get("url"))
        for number in ("width", "height", "duration"):
            assert int(part.get(number, "1")) >= 0
    assert sum(part.get("isDefault") == "true" for part in media) <= 1


def absolute(url: str) -> None:
    assert url.isascii()
    assert not re.search(r"[\s<>\"{}|\\^`]", url), url
    parts = urlsplit(url)
    assert parts.scheme in ("http", "https"), url
    assert parts.hostname, url


def rfc_822(text: str) -> None:
    assert _RFC_822.fullmatch(text), text
    moment = parsedate_to_datetime(text)
    assert moment.strftime("%a") == text[:3]


def rfc_3339(text: str) -> None:
    assert _RFC_3339.fullmatch(text), text
    assert datetime.fromisoformat(text).tzinfo


def _once(item: etree._Element) -> None:
    names = Counter(etree.QName(child).localname for child in item)
    assert [name for name in _SINGLE if names[name] > 1] == []


def _readable(path: Path, version: str) -> None:
    found = feedparser.parse(path.read_bytes())
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == version
