"""The steps by themselves: in all scripts, on a folder that is not local."""

from __future__ import annotations

from datetime import datetime
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fixtures.model import EDITIONS
from fixtures.site import StandInSite
from fixtures.words import story, words
from tests.crawling import ARCHIVE
from tests.extracting.warcs import arc, capture, page_of, wacz, warc

pytestmark = pytest.mark.scale


def _texts(prefix: str, count: int) -> list[list[str]]:
    """Paragraphs of texts of an edition, each of five stories."""
    bank = words(prefix)
    told = [[story(bank, number * 5 + step) for step in range(5)] for number in range(count)]
    return [[part for one in parts for part in one.paragraphs] for parts in told]


@pytest.mark.parametrize("prefix", sorted(EDITIONS))
def test_copies_are_near_and_other_stories_are_not(prefix: str, tmp_path: Path) -> None:
    """A copy has a paragraph more, and its first one last. The words of the stand-in are few: some
    stories share half of what they say, and are left out of the count of strangers."""
    from datatrove.pipeline.dedup import MinhashDedupSignature

    from newscrawl.scale.shingles import NewsTokens, minhash_config

    signer = MinhashDedupSignature(str(tmp_path), config=minhash_config(), language=NewsTokens())
    texts = _texts(prefix, 24)
    random = Random(prefix)
    shingles = [signer.get_shingles("\n\n".join(text)) for text in texts]
    signed = [signer.get_signature(one) for one in shingles]
    found = 0
    for number, (lead, *rest) in enumerate(texts):
        copy = "\n\n".join([*rest, random.choice(texts[number - 1]), lead])
        found += _meet(signer.get_signature(signer.get_shingles(copy)), signed[number])
    sets = [set(one.flat) for one in shingles]
    strangers = [
        (one, other)
        for one, other in combinations(range(len(texts)), 2)
        if len(sets[one] & sets[other]) < 0.5 * len(sets[one] | sets[other])
    ]
    wrong = sum(_meet(signed[one], signed[other]) for one, other in strangers)
    print(f"{prefix}: {found} of {len(texts)} copies found, {wrong} of {len(strangers)} strangers")
    assert found >= 0.9 * len(texts)
    assert len(strangers) > 50
    assert wrong <= 1  # of pairs that share nearly half, one in five hundred


def _meet(one: list[list[int]], other: list[list[int]]) -> bool:
    """Whether two signatures share a bucket."""
    return any(mine == theirs for mine, theirs in zip(one, other, strict=True))


def test_a_folder_that_is_not_local_is_read() -> None:
    """Archives of an object store are copied to the machine, one after the other."""
    import fsspec
    from datatrove.io import DataFolder

    from newscrawl.scale.pages import ReadPages, archives

    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/2026/06/site.warc.gz", ARCHIVE.read_bytes())
    memory.pipe("/bucket/2026/06/warc.paths.gz", b"no archive")
    folder = DataFolder("/bucket", fs=memory)
    assert list(archives(folder)) == ["2026/06/site.warc.gz"]
    pages = list(ReadPages(folder).run())
    local = list(ReadPages(str(ARCHIVE.parent)).run())
    assert [page.text for page in pages] == [page.text for page in local]
    assert len(pages) == 515
    assert pages[0].metadata["file"] == "2026/06/site.warc.gz"
    assert pages[0].metadata["date"] == "2026-06-30T06:00:00+00:00"


def test_revisits_and_all_shapes_of_archives_are_read(tmp_path: Path) -> None:
    """A revisit is the page that it refers to in its own file; a broken zip ends nothing."""
    from newscrawl.scale.pages import ReadPages
    from newscrawl.scale.records import ExtractRecords

    site = StandInSite.load()
    one, two, three = sorted(site.articles("en"), key=lambda article: article.url)[:3]
    first = {"WARC-Refers-To-Date": "2026-07-01T00:00:00Z"}
    again = capture(one.url, day=3, type="revisit", warc=first)
    captures = (
        again,
        capture(one.url, page_of(site, one), 1),
        capture(one.url, page_of(site, one, "Another headline"), 2),
        capture(one.url, day=4, type="revisit", status=304),
        capture(two.url, day=5, type="revisit"),
        capture(two.url, day=6, status=404),
        capture("https://www.example.org/rfi-fr", b"x", 7),
    )
    warc(tmp_path / "a.warc.gz", *captures)
    wacz(tmp_path / "b.wacz", tmp_path / "a.warc.gz")
    (tmp_path / "c.wacz").write_bytes(b"PK\x03\x04 and no more")
    arc(tmp_path / "d.arc.gz", capture(three.url, page_of(site, three), 8))
    reader = ReadPages(str(tmp_path))
    found = [
        (record.metadata["file"], record.metadata["title"], record.metadata["fetched_at"][8:10])
        for record in ExtractRecords().run(reader.run())
    ]
    headlines = [(one.title, "01"), ("Another headline", "02")]
    headlines += [(one.title, "03"), ("Another headline", "04")]
    assert found == [
        *(("a.warc.gz", *told) for told in headlines),
        *(("b.wacz/archive/a.warc.gz", *told) for told in headlines),
        ("d.arc.gz", three.title, "08"),
    ]
    counts = {name: stat.total for name, stat in reader.stats.stats.items()}
    assert counts == {
        "archives": 4,
        "archive_warnings": 1,
        "total": 15,
        "forwarded": 9,
        "dropped": 6,
        "dropped_foreign": 2,
        "dropped_status_404": 2,
        "dropped_revisit_of_nothing": 2,
    }


def test_records_come_through_documents_whole() -> None:
    from newscrawl.items import ARTICLE_FIELDS, Article, Author, Tag
    from newscrawl.lines import to_line
    from newscrawl.scale.records import to_document, to_fields

    article = Article(url="u", url_hash="h", title="t", authors=[Author("a")], tags=[Tag("b")])
    document = to_document(article)
    assert (document.id, document.text) == ("h", "")  # a page without a text, as of a video
    assert set(document.metadata) == set(ARTICLE_FIELDS) - {"text", "url_hash"}
    assert to_line(to_fields(document)) == to_line(article)


def test_which_of_several_stays() -> None:
    from newscrawl.scale.choosing import Capture, near_copies, number_versions

    def capture(address: str, day: int, story: str, published: str | None, number: int) -> Capture:
        return Capture(address, f"2026-01-0{day}", "f", number, story, published, 0, number)

    first = capture("b", 2, "x", "2026-01-01", 0)
    again = capture("b", 3, "x", "2026-01-01", 1)
    newer = capture("b", 4, "y", "2026-01-01", 2)
    back = capture("b", 5, "x", "2026-01-01", 3)
    copy = capture("a", 1, "z", "2026-01-02", 4)
    undated = capture("0", 1, "w", None, 5)
    versions = number_versions([undated, copy, back, newer, again, first])
    assert versions == {first: 1, newer: 2, back: 3, copy: 1, undated: 1}  # `again` repeats
    cluster_of = {(0, one.number): 7 for one in (first, newer, copy, undated)}
    assert sorted(one.number for one in near_copies(versions, cluster_of)) == [0, 4, 5]
    assert near_copies(versions, {(0, back.number): 7}) == []


def test_a_page_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One meets an error, one takes too long, the record of one cannot be written."""
    from datatrove.data import Document

    from fixtures.cases import cases
    from newscrawl import watchdog
    from newscrawl.rfi import RfiSite
    from newscrawl.scale.records import ExtractRecords

    breaking, slow, giant, fine = (case.article.url for case in cases()[:4])
    usual = RfiSite.read_article

    def read_article(self: RfiSite, html: str, url: str, fetched_at: datetime) -> Any:
        assert url != breaking
        while url == slow:
            pass
        found = usual(self, html, url, fetched_at)
        if url == giant:
            found.article.reading_minutes = 10**20
        return found

    monkeypatch.setattr(watchdog.watched.__wrapped__, "__defaults__", (0.3,))
    monkeypatch.setattr(RfiSite, "read_article", read_article)
    pages = [
        Document(case.html, str(number), metadata={"url": case.article.url, "date": "2026-07-01"})
        for number, case in enumerate(cases()[:4])
    ]
    step = ExtractRecords()
    (record,) = step.run(iter(pages))
    assert record.metadata["url"] == fine
    dropped = {name: step.stats.stats[name].total for name in ("dropped_error", "dropped_slow")}
    assert dropped == {"dropped_error": 2, "dropped_slow": 1}
