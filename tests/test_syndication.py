"""Feeds and sitemaps are read without trust."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from newscrawl.syndication import (
    MAX_ENTRIES,
    BadXml,
    MapEntry,
    read_feed,
    read_sitemap,
)

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {n} "{f"&{m};" * 10}">' for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><rss><channel><item><title>&i;</title></item></channel></rss>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    "<rss><channel><item><link>&a;</link></item></channel></rss>"
)


def rss(*items: str) -> bytes:
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


def test_an_item_has_what_rss_names() -> None:
    (item,) = read_feed(
        b"<rss xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='urn:any'><channel>"
        b"<title>the channel</title><link>https://www.rfi.fr/en/</link>"
        b"<item><title><![CDATA[A & B]]></title><link> https://www.rfi.fr/en/x/20240102-y </link>"
        b"<description>what</description><category>one</category><category>two</category>"
        b"<dc:creator>Ann</dc:creator><dc:creator/><guid>g</guid>"
        b"<pubDate>Tue, 02 Jan 2024 10:00:00 +0100</pubDate>"
        b"<media:thumbnail url='https://s.rfi.fr/p.jpg'/>"
        b"<enclosure url='https://a.example/s.mp3' type='audio/mpeg'/></item></channel></rss>"
    )
    assert item.link == "https://www.rfi.fr/en/x/20240102-y"
    assert (item.title, item.summary) == ("A & B", "what")
    assert item.published_at is not None
    assert item.published_at.astimezone(UTC) == datetime(2024, 1, 2, 9, tzinfo=UTC)
    assert (item.authors, item.categories) == (("Ann",), ("one", "two"))
    assert (item.picture, item.audio) == ("https://s.rfi.fr/p.jpg", "https://a.example/s.mp3")


def test_an_item_without_address_is_none_and_one_without_time_is_one() -> None:
    items = read_feed(rss("<item><title>t</title></item>", "<item><link>l</link></item>"))
    assert [(item.link, item.published_at) for item in items] == [("l", None)]


@pytest.mark.parametrize(
    ("lastmod", "expected"),
    [
        ("2024-02-20T10:00:00+01:00", datetime(2024, 2, 20, 9, tzinfo=UTC)),
        ("2024-02-20T10:00:00Z", datetime(2024, 2, 20, 10, tzinfo=UTC)),
        ("2024-02-20", datetime(2024, 2, 20, 22, 59, 59, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_lastmod_means_the_last_moment_it_may_mean(lastmod: str, expected: datetime | None) -> None:
    found = read_sitemap(
        f"<urlset xmlns='x'><url><loc>u</loc><lastmod>{lastmod}</lastmod></url></urlset>".encode()
    )
    (entry,) = found.pages
    assert (entry.lastmod.astimezone(UTC) if entry.lastmod else None) == expected


def test_an_index_names_maps_and_may_be_packed() -> None:
    index = b"<sitemapindex><sitemap><loc>a</loc></sitemap><sitemap/></sitemapindex>"
    assert read_sitemap(index).maps == [MapEntry("a")]
    assert read_sitemap(gzip.compress(index)).maps == [MapEntry("a")]


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("declares entities", BOMB.encode()),
        ("declares entities", OUTSIDE.encode()),
        ("no whole XML", b""),
        ("no whole XML", rss("<item><link>l</link></item>")[:-30]),
        ("no whole XML", b"\x00\x01\x02" * 99),
        ("no whole XML", b'<?xml version="1.0" encoding="no-such"?><rss/>'),
        ("not the root", b"<html><body>captcha</body></html>"),
        ("deeper", rss("<a>" * 100_000)),
        ("deeper", rss("<item>" + "<a/>" * 20_000 + "</item>")),
        ("deeper", rss("<a/>" * 20_000)),
        ("deeper", rss("<item/>" * (MAX_ENTRIES + 1))),
        ("no whole XML", gzip.compress(b"<rss>")[:-9]),
        ("unpacked", gzip.compress(b"<rss>")[:10] + b"\xff" * 20),
        ("larger", gzip.compress(b" " * (60 * 1024 * 1024))),
    ],
    ids=range(14),
)
def test_what_is_no_feed_is_told(what: str, data: bytes) -> None:
    with pytest.raises(BadXml, match=what):
        read_feed(data)


def test_markup_of_a_namespace_or_none_is_the_same() -> None:
    bare = b"<urlset><url><loc>u</loc></url></urlset>"
    other = b"<s:urlset xmlns:s='urn:s'><s:url><s:loc>u</s:loc></s:url></s:urlset>"
    assert read_sitemap(bare) == read_sitemap(other)
