"""What archives hold, in every shape that they come in, becomes the same records; the rest is
counted."""

from __future__ import annotations

import gzip
import json
import logging
import zipfile
from base64 import b32encode
from collections.abc import Callable
from functools import partial
from hashlib import sha1
from pathlib import Path
from typing import Any

import brotli
import pytest

from fixtures.model import Article
from fixtures.site import StandInSite
from newscrawl.archives import members, unpacking
from newscrawl.archives.answer import zstd
from newscrawl.archives.holdings import pieces_of
from newscrawl.errors import UsageProblem
from newscrawl.extracting import plan
from newscrawl.extracting.output import Output
from newscrawl.extracting.plan import archives_of
from newscrawl.extracting.to_file import archives_to_file
from newscrawl.rfi import SITE
from tests.extracting.warcs import HTML, arc, capture, in_one_member, page_of, wacz, warc

SITE_IN = StandInSite.load()
ONE, TWO, THREE = sorted(SITE_IN.articles("en"), key=lambda article: article.url)[:3]
FOREIGN = "https://www.example.org/rfi-fr"

Extract = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture
def extract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Extract:
    """Extract some archives: gives the records, and the line for people."""

    def run(*files: Path) -> tuple[list[dict[str, Any]], str]:
        out = tmp_path / "out.jsonl"
        archives_to_file(SITE, files, Output(str(out)), 1)
        assert not (tmp_path / "out.jsonl.parts").exists()
        told = capsys.readouterr().err.splitlines()[-1]
        return [json.loads(line) for line in out.read_bytes().splitlines()], told

    return run


def pages(*articles: Article, day: int = 1) -> list[dict[str, Any]]:
    return [capture(article.url, page_of(SITE_IN, article), day) for article in articles]


def titles(records: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(record["title"], record["version"]) for record in records]


@pytest.mark.parametrize("shape", ["plain", "one member", "wacz", "arc", "arc in wacz", "list"])
def test_every_shape_of_archive_gives_the_same_records(
    tmp_path: Path, extract: Extract, shape: str
) -> None:
    given = [*pages(ONE, TWO), capture(FOREIGN, b"x"), *pages(THREE)]
    file = warc(tmp_path / "a.warc.gz", *given)
    plain = warc(tmp_path / "a.warc", *given, packed=False)
    ancient = arc(tmp_path / "a.arc.gz", *given)
    listed = tmp_path / "list.txt"
    listed.write_text(f"# Common Crawl\n\n  {tmp_path}/a.war?.gz\n")
    expected, told = extract(file)
    assert len(expected) == 3
    found = {
        "plain": lambda: [plain],
        "one member": lambda: [in_one_member(tmp_path / "one.warc.gz", plain)],
        "wacz": lambda: [wacz(tmp_path / "a.wacz", file)],
        "arc": lambda: [ancient],
        "arc in wacz": lambda: [wacz(tmp_path / "b.wacz", ancient)],
        "list": lambda: archives_of([], [str(listed)]),
    }[shape]()
    assert extract(*found) == (expected, told)
    assert told == "3 records; left out: foreign 1"


@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress), ("chunked", None)],
)
def test_bodies_as_servers_send_them(
    tmp_path: Path, extract: Extract, name: str, pack: Any
) -> None:
    body = page_of(SITE_IN, ONE)
    header = ("Content-Encoding", name) if pack else ("Transfer-Encoding", name)
    sent = pack(body) if pack else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    file = warc(tmp_path / "a.warc.gz", capture(ONE.url, sent, headers=[HTML, header]))
    assert titles(extract(file)[0]) == [(ONE.title, 1)]


def test_what_is_not_of_the_site_is_told_by_its_address_alone(
    tmp_path: Path, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = "http://cn.rfi.fr/中国/20171030-x"
    feed = "https://www.rfi.fr/en/rss"
    others = [capture(url, page_of(SITE_IN, ONE)) for url in (FOREIGN, old, feed, FOREIGN + "2")]
    file = warc(tmp_path / "a.warc.gz", *others, *pages(ONE), capture(ONE.url + "x", status=404))
    kept = members._whole
    wanted: list[str] = []
    monkeypatch.setattr(
        members, "_whole", lambda *given: (wanted.append(given[2].url), kept(*given))[1]
    )
    records, told = extract(file)
    assert titles(records) == [(ONE.title, 1)]
    assert told == "1 records; left out: feed 1, foreign 2, old address of cn 1, status 404 1"
    assert wanted == [ONE.url, ONE.url + "x"]


def test_revisits_give_what_they_refer_to(tmp_path: Path, extract: Extract) -> None:
    body = page_of(SITE_IN, ONE)
    changed = page_of(SITE_IN, ONE, "Another headline")
    by_time = {"WARC-Refers-To-Date": "2026-07-01T00:00:00Z"}
    digest = b32encode(sha1(page_of(SITE_IN, THREE)).digest()).decode()
    by_digest = {"WARC-Payload-Digest": f"sha1:{digest}"}
    first = warc(
        tmp_path / "a.warc.gz",
        capture(ONE.url, body, 1),
        capture(ONE.url, changed, 2),
        capture(ONE.url, day=3, type="revisit", warc=by_time),  # the first story is back
        capture(ONE.url, day=4, type="revisit", status=304),  # as the last one that has a body
        capture(TWO.url, day=4, type="revisit", warc=by_digest),  # of a page behind it
        capture(FOREIGN, day=5, type="revisit"),
        capture(THREE.url + "-x", day=5, type="revisit"),
    )
    second = warc(tmp_path / "b.warc.gz", *pages(THREE, day=6))
    records, told = extract(first, second)
    assert titles(records) == [
        (ONE.title, 1),
        ("Another headline", 2),
        (ONE.title, 3),
        ("Another headline", 4),
        (THREE.title, 1),
    ]
    assert records[2]["fetched_at"] == "2026-07-03T00:00:00+00:00"
    # The page of THREE under the address of TWO is THREE again.
    assert told == "5 records; left out: foreign 1, repeated 1, revisit of nothing 1"


@pytest.mark.parametrize("packed", [True, False])
def test_a_cut_archive_is_read_as_far_as_it_goes(
    tmp_path: Path, extract: Extract, packed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = warc(tmp_path / "a.warc.gz", *pages(ONE, TWO, THREE), packed=packed)
    data = file.read_bytes()
    for length in (len(data) - 9, len(data) - 2000, len(data) * 5 // 6):
        file.write_bytes(data[:length])
        assert [title for title, _ in titles(extract(file)[0])][:2] == [ONE.title, TWO.title]
        assert "truncated" in caplog.text
        caplog.clear()


def test_a_damaged_archive_is_read_up_to_the_damage(
    tmp_path: Path, extract: Extract, caplog: pytest.LogCaptureFixture
) -> None:
    first = warc(tmp_path / "a.warc.gz", *pages(ONE)).read_bytes()
    rest = warc(tmp_path / "b.warc.gz", *pages(TWO)).read_bytes()
    (tmp_path / "c.warc.gz").write_bytes(first + b"\x1f\x8b\x08 noise" + rest)
    assert titles(extract(tmp_path / "c.warc.gz")[0]) == [(ONE.title, 1)]
    assert "is broken" in caplog.text


def test_one_bad_record_does_not_end_the_others(tmp_path: Path, extract: Extract) -> None:
    bad = capture(TWO.url, page_of(SITE_IN, TWO), status="two", warc={"WARC-Date": "soon"})
    when = capture(ONE.url, type="revisit", warc={"WARC-Refers-To-Date": "the day before"})
    file = warc(tmp_path / "a.warc.gz", bad, *pages(ONE), when)
    records, told = extract(file)
    assert titles(records) == [(ONE.title, 1)]
    assert told == "1 records; left out: damaged record 1, repeated 1"


def test_records_that_unpack_without_end_are_bounded(
    tmp_path: Path, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MAX_RECORD", 2_000_000)
    file = warc(tmp_path / "a.warc.gz", capture(TWO.url, bytes(9_000_000)), *pages(ONE))
    records, told = extract(file)
    assert titles(records) == [(ONE.title, 1)]
    assert told == "1 records; left out: too large 1"


def test_records_packed_together_are_told_apart(tmp_path: Path, extract: Extract) -> None:
    plain = warc(tmp_path / "a.warc", capture(FOREIGN), *pages(ONE, TWO), packed=False)
    alone = warc(tmp_path / "b.warc.gz", *pages(THREE)).read_bytes()
    (tmp_path / "c.warc.gz").write_bytes(alone * 2 + gzip.compress(plain.read_bytes()))
    records, told = extract(tmp_path / "c.warc.gz")
    assert titles(records) == [(THREE.title, 1), (ONE.title, 1), (TWO.title, 1)]
    assert told == "3 records; left out: foreign 1, repeated 1"


@pytest.mark.parametrize("size", [999, 30_000])
def test_a_large_archive_is_read_in_pieces_that_join(
    tmp_path: Path, extract: Extract, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    inner = warc(tmp_path / "in.warc.gz", *pages(THREE, day=9)).read_bytes()
    # An archive in an archive, that packing leaves as it is: it must not be taken for records.
    stored = gzip.compress(warc(tmp_path / "x", capture(FOREIGN, inner), packed=False).read_bytes())
    plain = gzip.compress(
        warc(tmp_path / "x", capture(FOREIGN, inner * 3), packed=False).read_bytes(), 0
    )
    begin = warc(tmp_path / "a.warc.gz", *pages(ONE, TWO)).read_bytes()
    end = warc(tmp_path / "b.warc.gz", *pages(TWO, ONE)).read_bytes()
    file = tmp_path / "c.warc.gz"
    file.write_bytes(begin + stored + plain + end)
    whole = extract(file)
    assert titles(whole[0]) == [(ONE.title, 1), (TWO.title, 1)]
    monkeypatch.setattr(plan, "pieces_of", partial(pieces_of, piece=size))
    assert len(list(pieces_of(file, size))) > 2
    assert extract(file) == whole


# -- zips --------------------------------------------------------------------------------------


def test_a_wacz_unpacks_nothing_by_its_names(
    tmp_path: Path, extract: Extract, caplog: pytest.LogCaptureFixture
) -> None:
    data = warc(tmp_path / "a.warc.gz", *pages(ONE)).read_bytes()
    odd = ["archive/../../evil.warc.gz", "/archive/evil.warc.gz", "archive/\x1b[31m.warc.gz"]
    file = wacz(tmp_path / "a.wacz", *((name, data) for name in odd))
    before = set(tmp_path.parent.rglob("*"))
    records, _ = extract(file)
    assert titles(records) == [(ONE.title, 1)]  # the one that only looks odd
    assert set(tmp_path.parent.rglob("*")) - before == {tmp_path / "out.jsonl"}
    assert caplog.text.count("is left out") == 2
    assert "\x1b" not in caplog.text


def test_a_zip_that_unpacks_without_end_is_cut(
    tmp_path: Path,
    extract: Extract,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(unpacking, "MOST_BYTES", 5_000_000)
    begin = warc(tmp_path / "a.warc", *pages(ONE), packed=False).read_bytes()
    bomb = warc(tmp_path / "b.warc", capture(FOREIGN, bytes(80_000_000)), packed=False).read_bytes()
    file = wacz(tmp_path / "a.wacz", ("archive/a.warc", begin + bomb))
    assert titles(extract(file)[0]) == [(ONE.title, 1)]
    assert "unpacks without end" in caplog.text


def test_a_wacz_that_breaks_in_the_middle_is_read_up_to_there(
    tmp_path: Path, extract: Extract, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "a.wacz"
    with zipfile.ZipFile(file, "w") as packed:
        packed.write(warc(tmp_path / "a.warc.gz", *pages(ONE, TWO, THREE)), "archive/a.warc.gz")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(data)
    assert titles(extract(file)[0])[:1] == [(ONE.title, 1)]
    assert "is broken" in caplog.text


# -- wrong use ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("https://data.example.org/a.warc.gz\n", "is an address: download it first"),
        ("s3://bucket/a.warc.gz\n", "is an address: download it first"),
        ("# nothing\n\n", "the list names no file"),
        ("/nowhere/a.warc.gz\n", "no archive at /nowhere/a.warc.gz"),
        (None, "the list cannot be read"),
    ],
)
def test_lists_that_lead_nowhere(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "list").write_text(content)
    with pytest.raises(UsageProblem, match=said):
        archives_of([], [str(tmp_path / "list")])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"PK\x03\x04 and no more"), "is a damaged zip"),
        (wacz, "is no WACZ: it holds no archive/"),
        (lambda path: wacz(path, ("archive/a.warc.gz/", b"")), "is no WACZ"),
        (lambda path: path.write_text("text"), "is not a WARC file"),
    ],
)
def test_zips_that_are_no_wacz(tmp_path: Path, make: Any, said: str) -> None:
    make(tmp_path / "a.wacz")
    with pytest.raises(UsageProblem, match=said):
        archives_of([str(tmp_path / "a.wacz")])


def test_an_archive_named_twice_is_read_once(tmp_path: Path, extract: Extract) -> None:
    file = warc(tmp_path / "a,b [1].warc.gz", *pages(ONE))
    found = archives_of([str(file), str(tmp_path), f"{tmp_path}/./{file.name}"])
    assert found == [file]
    assert extract(*found)[1] == "1 records"


@pytest.fixture(autouse=True)
def _warnings_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
