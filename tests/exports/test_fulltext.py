"""``scrapy export fulltext``: one file an article, in the form of full-text feeds."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from newscrawl.exports.fulltext import page
from newscrawl.items import Article, Author, Image, Tag
from tests.captures import FOLDER, text
from tests.exports.hostile import WORDS, hostile
from tests.exports.test_export import changed_store, export, exported
from tests.store.test_store import capture, open_store

BEGIN = re.compile(r"<!--\d{13}-->\n\[[^\n]+\]\(https://[^\s()]+\)\n------\n\n<div[^\n]+\n")


def files(folder: Path) -> dict[str, str]:
    """Path below the folder to what the file says."""
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.txt")}
    return {path.as_posix(): data.decode() for path, data in sorted(found.items())}


def test_one_file_an_article(replayed: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        done = export(replayed, "fulltext", "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        assert "408 records" in done.stderr
        made.append(files(tmp_path / name))
    assert made[0] == made[1]
    records = exported(replayed)
    assert len(made[0]) == len(records) == 408
    for record in records:
        year, month = record["published_at"][:4], record["published_at"][5:7]
        found = made[0][f"{record['edition']}/{year}/{month}/{record['url_hash']}.txt"]
        assert BEGIN.fullmatch(found)
        assert f"]({record['url']})\n" in found
        assert record["html"] is None or record["html"] in found


def parts(record: str) -> dict[str, Any]:
    """What a full-text record says, whoever wrote it; in the order of the keys, or it fails."""
    pattern = re.compile(
        r"<!--(?P<time>\d{13})-->\n\[(?P<title>.*) - (?P<column>.*)\]\((?P<url>https://\S+)\)\n"
        r"------\n\n<div[^>]*>(?P<date>\d\d/\d\d/\d{4} - \d\d:\d\d)[^<]*</div>.*?"
        r'<img src="(?P<picture>[^"]+)".*?<p><strong>(?P<lead>.*?)</strong></p>'
        r"<div[^>]*>(?P<body>(<p>.*?</p>)+).*?"
        r'<a href="(?P<author_url>[^"]+)" title="(?P<author>[^"]+)">(?P=author)</a>'
    )
    match = pattern.match(record)
    assert match is not None, record
    return match.groupdict()


def test_the_form_is_that_of_the_feeds_that_readers_know() -> None:
    """The record that a real feed gave of an article, and ours of the same one."""
    theirs = text(FOLDER / "feedx_cn_2024-02-20.txt")
    said = parts(theirs)
    article = Article(
        url=said["url"],
        url_hash="0" * 32,
        edition="cn",
        language="zh-Hans",
        column=said["column"],
        section="科技",
        title=said["title"],
        lead=said["lead"].strip(),
        html=said["body"],
        authors=[Author(said["author"], said["author_url"])],
        published_at="2024-02-20T13:53:00+00:00",
        modified_at="2024-02-20T14:15:02+00:00",
        images=[Image(said["picture"], None, "Caption", "© Credit", lead=True)],
        tags=[Tag("tag")],
    )
    ours = page(asdict(article))
    assert ours.split("\n")[:4] == theirs.split("\n")[:4]
    address = f"https://www.rfi.fr{said['author_url']}"
    assert parts(ours) == said | {"lead": said["lead"].strip(), "author_url": address}
    assert ours.count("\n") == 5
    rest = ours.replace(said["body"], "")
    for kept in ("14:53 UTC+01:00", "15:15 UTC+01:00", "Caption", "© Credit", "tag", "科技"):
        assert kept in rest
    for left_out in ("selfpromo", "<hr>", 'href="/', "  "):
        assert left_out in theirs
        assert left_out not in rest


def test_hostile_records_stay_text(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    url = "https://www.rfi.fr/en/podcasts/x/20240101-bad-(1)-*b*"
    title = f"{WORDS} [a](https://b.example) ![c](d) *e* _f_ `g` ~~h~~ \\"
    store.keep(capture(hostile(1, url=url, title=title)))
    store.keep(capture(hostile(2, published_at=None, body_status="summary")))
    store.publish()
    store.close()
    done = export(tmp_path / "data", "fulltext", "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    found = files(tmp_path / "out")
    assert list(found) == [f"en/2024/01/{1:032x}.txt", f"en/undated/{2:032x}.txt"]
    for said in found.values():
        assert len(said.splitlines()) == 5
        # One link: whatever is in its words is words, as Markdown and as HTML.
        assert re.fullmatch(
            r"\[([^][<>`*_~\\]|\\[][`*_~\\])+\]\(https://[^\s()<>]+\)", said.split("\n")[1]
        )
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", said.split("\n")[1])
        line = said.split("\n")[4]
        assert not re.search(r"<script|<svg|<iframe|javascript:|data:|\son\w+=", line.lower())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u2028]", said)
        assert '<a href="https://www.rfi.fr/en/author/x/"' in line
        assert '<a href="https://a.rfi.fr/%22x%22%20y.mp3"' in line


def test_versions_have_files_of_their_own(tmp_path: Path, make_article: Any) -> None:
    changed_store(tmp_path / "data", make_article, ("jsonlines", "sqlite"))
    store = open_store(tmp_path / "data")
    store.keep(capture(make_article(2, text="Another story.")))
    store.publish()
    store.close()
    for arguments, number in ((), 3), (("--versions",), 4):
        done = export(tmp_path / "data", "fulltext", "-o", str(tmp_path / "out"), *arguments)
        assert done.returncode == 0, done.stderr
        assert len(files(tmp_path / "out")) == number
    names = [Path(name).name for name in files(tmp_path / "out")]
    assert sorted(name.split(".", 1)[1] for name in names) == ["1.txt", "1.txt", "1.txt", "2.txt"]


@pytest.mark.parametrize("name", ["fulltext", "rss"])
def test_a_folder_of_somebody_else_is_left_alone(replayed: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter.txt").write_text("mine")
    done = export(replayed, name, "-o", str(tmp_path / "own"))
    assert (done.returncode, "was not made by an export" in done.stderr) == (2, True)
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["letter.txt"]
    done = export(replayed, name, "-o", "-")
    assert (done.returncode, "is a folder" in done.stderr) == (2, True)
