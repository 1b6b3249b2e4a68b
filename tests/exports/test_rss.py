"""``scrapy export rss``: feeds that readers can subscribe to."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import feedparser
import pytest
from lxml import etree

from newscrawl.exports.names import file_names, safe_name
from tests.exports.feed_rules import NAMES, check_atom, check_rss
from tests.exports.hostile import SCRIPT, WORDS, hostile
from tests.exports.test_export import export, exported
from tests.store.test_store import capture, open_store


def feeds(data: Path, out: Path, *arguments: str) -> dict[str, etree._Element]:
    """Path of every RSS feed to its channel; all feeds are valid, and every one has its Atom."""
    done = export(data, "rss", "-o", str(out), *arguments)
    assert done.returncode == 0, done.stderr
    found = {}
    for path in sorted(out.rglob("*.xml")):
        if path.name.endswith(".atom.xml"):
            continue
        found[path.relative_to(out).as_posix()] = channel = check_rss(path)
        atom = check_atom(path.with_name(path.name.removesuffix(".xml") + ".atom.xml"))
        ids = [entry.text[9:].replace("-", "") for entry in atom.findall("a:entry/a:id", NAMES)]
        assert ids == guids(channel)
        assert updates(channel) == [time.text for time in atom.findall("a:entry/a:updated", NAMES)]
    return found


def guids(channel: etree._Element) -> list[str]:
    return [guid.text for guid in channel.findall("item/guid")]


def updates(channel: etree._Element) -> list[str]:
    return [time.text for time in channel.findall("item/a:updated", NAMES)]


def stored(folder: Path, *articles: Any) -> Path:
    """A data dir with some records."""
    store = open_store(folder)
    for article in articles:
        store.keep(capture(article))
    store.publish()
    store.close()
    return folder


def test_every_column_has_its_feed_newest_first(replayed: Path, tmp_path: Path) -> None:
    found = feeds(replayed, tmp_path / "out", "--items", "20")
    records = {record["url_hash"]: record for record in exported(replayed)}
    wanted: dict[str, list[dict[str, Any]]] = {}
    for record in records.values():
        place = record["column"] or f"sections/{record['section']}"
        wanted.setdefault(f"{record['edition']}/{place}.xml", []).append(record)
        wanted.setdefault(f"{record['edition']}/_all.xml", []).append(record)
    assert sorted(found) == sorted(wanted)
    for path, channel in found.items():
        newest = sorted(wanted[path], key=lambda one: (one["published_at"], one["url_hash"]))
        assert guids(channel) == [one["url_hash"] for one in reversed(newest)][:20]
        assert channel.find("a:link", NAMES) is None
        for item in channel.findall("item"):
            record = records[item.findtext("guid")]
            assert item.findtext("link") == record["url"]
            assert (record["html"] or "") in item.findtext("content:encoded", None, NAMES)
    science = found["cn/科技时空.xml"]
    assert science.findtext("title") == "科技时空 - RFI"
    assert science.findtext("link") == records[guids(science)[0]]["column_url"]


def test_what_a_reader_is_given(replayed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    feeds(replayed, out, "--column", "第二次播音-北京时间-19-00-20-00")
    records = {record["url_hash"]: record for record in exported(replayed)}
    name = "第二次播音-北京时间-19-00-20-00"
    assert sorted(path.name for path in (out / "cn").iterdir() if path.is_file()) == [
        "_all.atom.xml",
        "_all.xml",
        f"{name}.atom.xml",
        f"{name}.xml",
    ]
    pictured = 0
    for ending in (".xml", ".atom.xml"):
        read = feedparser.parse((out / "cn" / (name + ending)).read_bytes())
        assert len(read.entries) == 12
        assert sum(len(entry.enclosures) for entry in read.entries) >= 10
        for entry in read.entries:
            record = records[entry.id.removeprefix("urn:uuid:").replace("-", "")]
            assert entry.title == record["title"]
            sounds = [sound["url"] for sound in record["audio"]]
            assert [sound.href for sound in entry.enclosures] == sounds[:1]
            assert [sound.type for sound in entry.enclosures] == ["audio/mpeg"] * len(sounds[:1])
            pictures = [one["url"] for one in entry.get("media_content", []) if "width" in one]
            assert pictures == [one["url"] for one in record["images"]]
            credits = [one["credit"] for one in record["images"] if one["credit"]]
            assert [one["content"] for one in entry.get("media_credit", [])] == credits
            assert {tag.term for tag in entry.tags} >= {tag["name"] for tag in record["tags"]}
            lead = next((one for one in record["images"] if one["lead"]), None)
            html = entry.content[0].value
            if lead:
                pictured += 1
                assert html.index(lead["url"]) <= html.index((record["lead"] or lead["url"])[:9])
                assert lead["credit"] is None or lead["credit"] in html
    assert pictured > 10


def test_the_same_store_gives_the_same_feeds_and_lists(replayed: Path, tmp_path: Path) -> None:
    base = "https://feeds.example.org/rfi"
    for name in ("one", "two"):
        feeds(replayed, tmp_path / name, "--base-url", base)
    files = sorted(path for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) > 40
    for path in files:
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )
    opml = etree.parse(tmp_path / "one" / "index.opml").getroot()
    listed = {outline.get("xmlUrl") for outline in opml.iter("outline") if outline.get("type")}
    selves = set()
    for path in files:
        if path.name.endswith(".xml"):
            (self_link,) = etree.parse(path).getroot().iterfind(".//{*}link[@rel='self']")
            selves.add(self_link.get("href"))
    assert listed < selves
    page = (tmp_path / "one" / "index.html").read_text("utf-8")
    linked = {unquote(unescape(href)) for href in re.findall(r'href="([^"]+)"', page)}
    assert linked == {unquote(url).removeprefix(f"{base}/") for url in selves}
    assert all((tmp_path / "one" / href).is_file() for href in linked)


def test_an_updated_item_keeps_its_guid(tmp_path: Path, make_article: Any) -> None:
    first = make_article(1, column="Talk", modified_at="2024-01-01T12:00:00+00:00")
    other = make_article(2, column="Talk")
    data = stored(tmp_path / "data", first, other)
    before = feeds(data, tmp_path / "out")["en/Talk.xml"]
    stored(
        data, make_article(1, column="Talk", text="More.", fetched_at="2024-01-05T00:00:00+00:00")
    )
    after = feeds(data, tmp_path / "out")["en/Talk.xml"]
    assert guids(before) == guids(after)
    changed = guids(after).index(first.url_hash)
    assert updates(before)[changed] == "2024-01-01T12:00:00+00:00"
    assert updates(after)[changed] == "2024-01-05T00:00:00+00:00"
    assert updates(before)[1 - changed] == updates(after)[1 - changed]
    assert after.findtext("lastBuildDate") == "Fri, 05 Jan 2024 00:00:00 +0000"


def test_hostile_records_stay_text(tmp_path: Path, make_article: Any) -> None:
    nasty = ["../../../etc/x", "..", "_all", "a/b", "A:B", "x.atom", "Con", "x" * 300, "\x00", "·"]
    articles = [hostile(number, column=name) for number, name in enumerate(nasty, 10)]
    articles += [hostile(1), hostile(2, column=None), hostile(3, column=None, section=None)]
    articles += [hostile(4, published_at=None, column=None, body_status="summary", html=None)]
    data = stored(tmp_path / "data", *articles)
    found = feeds(data, tmp_path / "in" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "in"]
    assert len(found) == len(nasty) + 4  # one column more, two sections, all
    assert all(path.count("/") == 1 or path.startswith("en/sections/") for path in found)
    assert len(guids(found["en/_all.xml"])) == len(articles)
    for path, channel in found.items():
        text = (tmp_path / "in" / "out" / path).read_text("utf-8")
        assert "<![CDATA[" not in text
        for title in (channel.findtext("title"), *(t.text for t in channel.findall("item/title"))):
            assert "<" not in title
        read = feedparser.parse(text.encode())
        assert all(SCRIPT not in entry.content[0].value for entry in read.entries if entry.content)
        assert all("javascript" not in str(link) for e in read.entries for link in e.links)
    atom = check_atom(tmp_path / "in" / "out" / "en" / "_all.atom.xml")
    title = atom.findtext("a:entry/a:title", "", NAMES)
    assert SCRIPT in title  # Atom says that it is plain text
    page = (tmp_path / "in" / "out" / "index.html").read_text("utf-8")
    assert "<script" not in page
    assert WORDS[:9] not in page


def test_names_of_files() -> None:
    names = [
        "科技时空",
        "Harbour Talk",
        "دفتر\u200cدانش",
        "កម្មវិធី",
        "جا",
        "Économie",
        "E\u0301conomie",
    ]
    found = file_names(
        [*names, "CON", "a:b", "a/b", "a-b", "A-B", "", ".", "x.atom", "x", "_ALL"], ["_all"]
    )
    assert [found[name] for name in names[:6]] == names[:6]
    folded = [name.casefold() for name in found.values()]
    assert len(set(folded)) == len(folded)
    assert found["A-B"] == "A-B"
    assert found["x.atom"] != "x.atom"
    assert not set("/\\:\x00") & set("".join(found.values()))
    assert not {"", ".", "..", "_all", "con"} & set(folded)
    assert len(safe_name("ក" * 500).encode()) < 200
    assert found == file_names(reversed([*found]), ["_all"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("rss", "--items", "0"), "a number from 1 to 1000"),
        (("rss", "--items", "many"), "a number from 1 to 1000"),
        (("rss", "--base-url", "example.org"), "give the address"),
        (("rss", "--base-url", "javascript:alert(1)"), "give the address"),
        (("rss", "--base-url", "https://example.org/?x=1"), "give the address"),
        (("rss", "--versions"), "leave out --versions"),
        (("jsonl", "--items", "9"), "--items is for feeds"),
        (("fulltext", "--base-url", "https://example.org/"), "--base-url is for feeds"),
    ],
)
def test_wrong_use(replayed: Path, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    done = export(replayed, *arguments, "-o", str(tmp_path / "out"))
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_times_order_items_and_ties_have_an_order(tmp_path: Path, make_article: Any) -> None:
    times = ["2024-01-01T10:00:00+00:00", "2024-01-03T10:00:00+00:00", None]
    articles = [
        make_article(
            number,
            section=f"S{number % 2}",
            published_at=times[number % 3],
            body_status="summary",
        )
        for number in range(40)
    ]
    data = stored(tmp_path / "data", *articles)
    found = feeds(data, tmp_path / "out", "--items", "12")
    for section in (0, 1):
        mine = [one for number, one in enumerate(articles) if number % 2 == section]
        mine.sort(key=lambda one: (one.published_at or "", one.url_hash), reverse=True)
        assert guids(found[f"en/sections/S{section}.xml"]) == [one.url_hash for one in mine[:12]]
    moments = [time or "" for time in updates(found["en/_all.xml"])]
    assert all(newer >= older for newer, older in pairwise(moments))
