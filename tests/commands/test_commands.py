"""columns, status and extract as people and programs use them."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fixtures.site import StandInSite
from tests.crawling import ARCHIVE, ROOT, SEEDS, records, scrapy


def schema(name: str) -> Any:
    found = json.loads((ROOT / "docs" / "json" / f"{name}.schema.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(found)


def data(folder: Path) -> tuple[str, ...]:
    return ("-s", f"NEWSCRAWL_DATA_DIR={folder}", "-s", f"NEWSCRAWL_SEEDS={SEEDS}")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A saved page and its address."""
    site = StandInSite.load()
    article = min(site.articles("en"), key=lambda found: found.published_at)
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_bytes(site.answer(article.path).body)
    return path, article.url


# -- columns -----------------------------------------------------------------------------------


def test_columns_as_json(replayed: Path, tmp_path: Path) -> None:
    for folder in (replayed, tmp_path / "none"):
        done = scrapy("columns", "--json", *data(folder))
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        schema("columns").validate(found)
        assert len(found["columns"]) == 25 + 1
        assert any(column["articles"] for column in found["columns"]) == (folder == replayed)
    assert not (tmp_path / "none").exists(), "a reading command made a data dir"


def test_columns_of_one_edition_as_a_table(replayed: Path) -> None:
    done = scrapy("columns", "--edition", "fa", *data(replayed))
    assert done.returncode == 0
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1 + 4
    assert "/fa/پادکست/دفتر-دانش/" in done.stdout


def test_the_shipped_columns(tmp_path: Path) -> None:
    done = scrapy("columns", "--json", "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}")
    assert len({column["edition"] for column in json.loads(done.stdout)["columns"]}) == 16


# -- status ------------------------------------------------------------------------------------


def test_status_as_json(replayed: Path, tmp_path: Path) -> None:
    for folder in (replayed, tmp_path / "none"):
        done = scrapy("status", "--json", *data(folder))
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        schema("status").validate(found)
    assert found["runs"] == []


def test_status_for_people(replayed: Path, tmp_path: Path) -> None:
    told = scrapy("status", *data(replayed)).stdout
    assert "408 new" in told
    assert re.search(r"en: \d+ records in run 1: .*lead \d\d%", told)
    assert "owed 0, rejected 0, gone 0" in told
    nothing = scrapy("status", *data(tmp_path / "none"))
    assert nothing.returncode == 0
    assert "no run yet" in nothing.stdout


def test_status_of_an_unhealthy_run_exits_with_1(tmp_path: Path) -> None:
    options = ("-s", f"NEWSCRAWL_REPLAY={ARCHIVE}", *data(tmp_path))
    url = "https://www.rfi.fr/en/x/20240101-not-there"
    assert scrapy("crawl", "rfi", *options, "-a", f"urls={url}").returncode == 1
    done = scrapy("status", *data(tmp_path))
    assert done.returncode == 1
    assert "all failed" in done.stdout
    assert "not_archived: 1" in done.stdout


# -- extract -----------------------------------------------------------------------------------


def test_extract_an_archive_to_standard_output() -> None:
    done = scrapy("extract", str(ARCHIVE))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 408
    assert {line["source"] for line in lines} == {"archive"}
    assert "408 records; left out:" in done.stderr
    schema("article").validate(lines[0])


def test_extract_a_saved_page(page: tuple[Path, str]) -> None:
    path, url = page
    os.utime(path, (1_700_000_000, 1_700_000_000))
    given = ("--fetched-at", "2026-07-01T12:00:00+02:00")
    by_file, by_word = (
        json.loads(scrapy("extract", str(path), "--url", url, *more).stdout) for more in ((), given)
    )
    assert by_file["fetched_at"] == "2023-11-14T22:13:20+00:00"
    assert by_word["fetched_at"] == "2026-07-01T10:00:00+00:00"
    assert by_word["source"] == "url"
    assert by_word["url"] == url


def test_extract_gives_the_saved_page_the_record_of_the_crawl(
    page: tuple[Path, str], replayed: Path
) -> None:
    path, url = page
    given = ("--fetched-at", "2026-06-30T06:00:00+00:00")
    record = json.loads(scrapy("extract", str(path), "--url", url, *given).stdout)
    (crawled,) = [found for found in records(replayed) if found["url"] == url]
    assert {**record, "source": "column"} == crawled


def test_extract_writes_aside_and_replaces_only_its_own(
    page: tuple[Path, str], tmp_path: Path
) -> None:
    path, url = page
    out = tmp_path / "out.jsonl"
    for _ in range(2):
        done = scrapy("extract", str(path), "--url", url, "-o", str(out))
        assert done.returncode == 0, done.stderr
    assert len(out.read_bytes().splitlines()) == 1
    assert list(tmp_path.iterdir()) == [out]
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    done = scrapy("extract", str(path), "--url", url, "-o", str(other))
    assert done.returncode == 2
    assert "was not made by an extract" in done.stderr
    assert other.read_text() == "mine"


def test_extract_of_pages_that_give_nothing_exits_with_1(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    url = "https://www.rfi.fr/en/x/20240101-y"
    for content, said in (("", "empty 1"), ("<p>no</p>", "no_frame 1")):
        file.write_text(content)
        done = scrapy("extract", str(file), "--url", url)
        assert done.returncode == 1
        assert f"0 records; left out: {said}" in done.stderr


def test_extract_of_a_truncated_and_an_empty_archive(tmp_path: Path) -> None:
    whole = ARCHIVE.read_bytes()
    cut, empty = tmp_path / "cut.warc.gz", tmp_path / "empty.warc.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    empty.write_bytes(b"")
    done = scrapy("extract", str(cut))
    assert done.returncode == 0
    assert "truncated" in done.stderr
    assert len(done.stdout.splitlines()) > 50
    done = scrapy("extract", str(empty))
    assert done.returncode == 1
    assert "is empty" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("extract",), "name the files"),
        (("extract", "/nowhere.warc"), "no archive at /nowhere.warc"),
        (("extract", "{page}"), "is not a WARC file"),
        (("extract", "{page}", "--url", "https://www.example.org/"), "is not an address of"),
        (("extract", "{page}", "{page}", "--url", "{url}"), "give one FILE"),
        (("extract", "/nowhere", "--url", "{url}"), "cannot read"),
        (("extract", "{page}", "--url", "{url}", "--fetched-at", "soon"), "give a time"),
        (("extract", str(ARCHIVE), "--fetched-at", "2024-01-01"), "knows its own times"),
        (("extract", "{page}", "--ulr", "x"), "unknown option --ulr; did you mean --url"),
        (("extract", "{page}", "--url", "{url}", "-o", "/nowhere/out.jsonl"), "cannot write"),
        (("columns", "--jsn"), "unknown option --jsn; did you mean --json"),
        (("columns", "--edition", "cm"), "edition 'cm' has no seed file; did you mean"),
        (("columns", "cn"), "unexpected argument 'cn'"),
        (("columns", "-s", "NEWSCRAWL_SEEDS=/nowhere"), "/nowhere is not a folder"),
        (("status", "extra"), "unexpected argument 'extra'"),
        (("status", "--metrix"), "unknown option --metrix; did you mean --metrics"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    page: tuple[Path, str], arguments: tuple[str, ...], said: str
) -> None:
    path, url = page
    done = scrapy(*(text.format(page=path, url=url) for text in arguments))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_database_of_a_newer_version_is_refused_by_reading_commands(
    replayed: Path, tmp_path: Path
) -> None:
    import sqlite3

    shutil.copy(replayed / "newscrawl.db", tmp_path)
    connection = sqlite3.connect(tmp_path / "newscrawl.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for command in ("status", "columns"):
        done = scrapy(command, *data(tmp_path))
        assert done.returncode == 2, done.stderr
        assert "newer newscrawl" in done.stderr
