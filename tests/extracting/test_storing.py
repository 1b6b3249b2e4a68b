"""Archives into the store: versions follow the time of capture, whatever came first."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fixtures.model import Article
from fixtures.site import StandInSite
from newscrawl import settings
from newscrawl.crawl.conf import Conf
from newscrawl.errors import Busy
from newscrawl.extracting.report import Report
from newscrawl.extracting.to_store import archives_to_store
from newscrawl.rfi import SITE
from newscrawl.rfi import article as rules
from newscrawl.rfi.urls import url_hash
from newscrawl.store.history import versions
from newscrawl.store.locks import acquire
from newscrawl.upkeep.forget import forget
from tests.crawling import ROOT, query, records, scrapy
from tests.extracting.warcs import capture, page_of, warc
from tests.tampering import tampered

SITE_IN = StandInSite.load()
ONE, TWO, THREE = sorted(SITE_IN.articles("en"), key=lambda article: article.url)[:3]
OLD_PATH = ONE.url.replace("/20", "/old/20")

Into = Callable[..., Report]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def into(data: Path, tmp_path: Path) -> Into:
    """Put captures into the store, each list of them as an archive."""

    def run(*archives: Sequence[dict[str, Any]], apply: bool = False, **more: Any) -> Report:
        files = [
            warc(tmp_path / f"{number}.warc.gz", *captures)
            for number, captures in enumerate(archives)
        ]
        return archives_to_store(SITE, conf(data, **more), files, 1, apply=apply)

    return run


def conf(data: Path, **more: Any) -> Conf:
    given = {name: value for name, value in vars(settings).items() if name.isupper()}
    return Conf.read({**given, "NEWSCRAWL_DATA_DIR": str(data), **more})


def page(article: Article, day: int, title: str | None = None, url: str = "") -> dict[str, Any]:
    return capture(url or article.url, page_of(SITE_IN, article, title), day)


def story(data: Path, article: Article = ONE) -> list[tuple[int, str, int, str]]:
    """Version, headline, day of capture and cause of each version."""
    found = versions(data, bytes.fromhex(url_hash(article.url)))
    kept = [(one["record"], one["cause"]) for one in found]
    return [
        (record["version"], record["title"], int(record["fetched_at"][8:10]), cause)
        for record, cause in kept
    ]


def check(data: Path, *more: str) -> dict[str, Any]:
    """Database and files must agree."""
    given = ("-s", f"NEWSCRAWL_DATA_DIR={data}", "--json", *more)
    found: dict[str, Any] = json.loads(scrapy("reconcile", *given).stdout)
    assert found["agree"], found
    return found


def sums(report: Report) -> dict[str, int]:
    return {name: number for name, number in report.ends.items() if number}


def test_versions_follow_the_time_of_capture_not_the_names_of_files(into: Into, data: Path) -> None:
    newer = [page(ONE, 5, "Third"), page(TWO, 5)]
    older = [page(ONE, 3, "Second"), page(ONE, 1), page(ONE, 2)]
    report = into(newer, older)
    assert sums(report) == {"new": 2, "changed_story": 2, "unchanged": 1}
    expected = [(1, ONE.title, 1, "full"), (2, "Second", 3, "story"), (3, "Third", 5, "story")]
    assert story(data) == expected
    before = _everything(data)
    assert sums(into(newer, older)) == {"unchanged": 5}  # again, as after a death
    assert _everything(data) == before
    ((spider, mode, state, code),) = query(
        data, "SELECT DISTINCT spider, mode, state, exit_code FROM runs"
    )
    assert (spider, mode, state, code) == ("extract", "archive", "ended", 0)
    check(data)


def test_what_is_older_than_the_store_goes_before_it(into: Into, data: Path) -> None:
    into([page(ONE, 10, "Tenth"), page(TWO, 10)])
    into([page(ONE, 20, "Twentieth")])
    report = into([page(ONE, 5, "Fifth"), page(ONE, 15, "Fifteenth"), page(ONE, 12, "Tenth")])
    assert sums(report) == {"earlier": 2, "unchanged": 1}
    expected = [
        (1, "Fifth", 5, "full"),
        (2, "Tenth", 10, "story"),
        (3, "Fifteenth", 15, "story"),
        (4, "Twentieth", 20, "story"),
    ]
    assert story(data) == expected
    told = {(line["url"], line["version"]): line["title"] for line in _lines(data)}
    assert [told[ONE.url, number] for number in range(1, 5)] == [title for _, title, *_ in expected]
    check(data)
    again = into([page(ONE, 5, "Fifth"), page(ONE, 15, "Fifteenth")])
    assert sums(again) == {"unchanged": 2}
    assert story(data) == expected

    # With the database lost the files give the same versions.
    for file in data.glob("newscrawl.db*"):
        file.unlink()
    check(data, "--rebuild", "database")
    assert [one[:3] for one in story(data)] == [one[:3] for one in expected]
    check(data)


def test_a_store_without_texts_keeps_them_in_its_lines(into: Into, data: Path) -> None:
    only = {"NEWSCRAWL_OUTPUTS": "jsonlines"}
    into([page(ONE, 10, "Tenth")], **only)
    into([page(ONE, 5, "Fifth")], **only)
    assert [one[:2] for one in story(data)] == [(1, "Fifth"), (2, "Tenth")]
    told = {(line["version"], line["title"]): line["text"] for line in _lines(data)}
    assert told[2, "Tenth"] == told[1, "Tenth"]  # the first line, which counts no more
    assert told[1, "Fifth"]
    check(data)


def test_a_story_that_came_and_went_lies_between(into: Into, data: Path) -> None:
    into([page(ONE, 1)])
    into([page(ONE, 9)])  # known: it was there on both days
    report = into([page(ONE, 5, "For an hour")])
    assert sums(report) == {"earlier": 1}
    expected = [
        (1, ONE.title, 1, "full"),
        (2, "For an hour", 5, "story"),
        (3, ONE.title, 9, "story"),
    ]
    assert story(data) == expected
    assert sums(into([page(ONE, 5, "For an hour")])) == {"unchanged": 1}
    assert story(data) == expected
    check(data)


def test_addresses_debts_and_what_is_gone(into: Into, data: Path) -> None:
    into([page(TWO, 10), page(THREE, 10, "x")])
    target = [("Location", ONE.url)]
    _change(data, "UPDATE articles SET gone_at = '2026-07-20T00:00:00+00:00'")
    owed = (bytes.fromhex(url_hash(ONE.url)), ONE.url)
    _change(data, "INSERT INTO links (hash, url, state) VALUES (?, ?, 0)", *owed)
    into(
        [
            page(ONE, 3),
            capture(OLD_PATH, status=301, headers=target, day=2),
            page(TWO, 5, "Before"),
            page(TWO, 15, "Later, and gone then"),
        ]
    )
    alias = bytes.fromhex(url_hash(OLD_PATH))
    assert query(data, "SELECT state, url, article FROM links WHERE hash = ?", alias) == [
        (1, None, owed[0])
    ]
    assert query(data, "SELECT state, url FROM links WHERE hash = ?", owed[0]) == [(1, None)]
    assert [one[1] for one in story(data, TWO)] == ["Before", TWO.title, "Later, and gone then"]
    gone = query(data, "SELECT gone_at IS NOT NULL FROM articles WHERE url = ?", TWO.url)
    assert gone == [(1,)]
    forget(data, [ONE.url])
    assert sums(into([page(ONE, 3), page(ONE, 4, "Anew", OLD_PATH)])) == {"forgotten": 2}
    assert story(data, ONE) == []


def test_newer_rules_make_stored_versions_anew_when_told_to(
    into: Into, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = [page(ONE, 1), page(ONE, 2), page(ONE, 3, "Changed"), page(TWO, 3), page(THREE, 3)]
    into(archive)
    _change(data, "UPDATE articles SET source = 'column'")
    before = _everything(data)
    # Rules of before lost a paragraph, and the section of some; what they read is in the store.
    monkeypatch.setattr(SITE, "extractor", "better", raising=False)
    usual = rules._derive

    def better(found: Any, read: Any) -> None:
        usual(found, read)
        found.section = "Better"
        if found.url == ONE.url:
            found.text = f"{found.text}\n\nThe last paragraph."

    monkeypatch.setattr(rules, "_derive", better)
    seen = into(archive)
    assert not seen.applied
    assert sums(seen) == {"remade": 4, "unchanged": 1}
    assert {name: change.records for name, change in seen.fields.items()} == {
        "section": 4,
        "text": 2,
        "content_hash": 2,
    }
    assert seen.fields["section"].examples == [ONE.url, ONE.url, TWO.url]
    assert _everything(data) == before
    _schema().validate(seen.as_json())

    done = into([*archive, page(TWO, 9, "News")], apply=True)
    assert done.applied
    assert sums(done) == {"remade": 4, "unchanged": 1, "changed_story": 1}
    assert done.fields == seen.fields
    _schema().validate(done.as_json())
    expected = [(1, ONE.title, 1, "full"), (2, "Changed", 3, "story")]
    assert story(data) == expected
    assert [one[:2] for one in story(data, TWO)] == [(1, TWO.title), (2, "News")]
    for one in versions(data, bytes.fromhex(url_hash(ONE.url))):
        assert one["record"]["text"].endswith("The last paragraph.")
        assert one["extractor"] == "better"
        assert one["record"]["source"] == ("column" if one["replaced_at"] is None else "archive")
    check(data)
    assert sums(into(archive, apply=True)) == {"unchanged": 5}


def test_a_difference_of_other_rules_is_no_news(
    into: Into, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    into([page(ONE, 1)])
    into([page(ONE, 9)])
    monkeypatch.setattr(SITE, "extractor", "other", raising=False)
    # The very captures are not at hand: between two of them nothing can be told from the rules.
    assert sums(into([page(ONE, 5, "Read otherwise")])) == {"unchanged": 1}
    assert sums(into([page(ONE, 12, "Read otherwise")])) == {"changed_by_rules": 1}
    assert [(title, cause) for _, title, _, cause in story(data)] == [
        (ONE.title, "full"),
        ("Read otherwise", "rules"),
    ]


#: The process dies in the n-th step of storing: rows and line are written, and not committed.
_DEADLY = """
import os, signal
from newscrawl import store
usual, done = store.Store._settle, []
def settle(self, *given):
    usual(self, *given)
    done.append(1)
    if len(done) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
store.Store._settle = settle
"""


def test_killed_while_storing_it_ends_with_the_same_set(
    into: Into, data: Path, tmp_path: Path
) -> None:
    into([page(ONE, 10, "Tenth")])
    older = [page(ONE, 5, "Fifth"), page(ONE, 7, "Seventh"), page(TWO, 3), page(THREE, 9)]
    file = warc(tmp_path / "a.warc.gz", *older)
    command = ("extract", str(file), "--into-store", "-s", f"NEWSCRAWL_DATA_DIR={data}")
    killed = scrapy(*command, **tampered(tmp_path / "t", _DEADLY))
    assert killed.returncode == -signal.SIGKILL
    assert len(story(data)) == 3
    done = scrapy(*command)
    assert done.returncode == 0, done.stderr
    assert "going on: 1 of 1 pieces were read before" in done.stderr
    assert [one[:3] for one in story(data)] == [
        (1, "Fifth", 5),
        (2, "Seventh", 7),
        (3, "Tenth", 10),
    ]
    assert not (data / "extracting").exists()
    states = query(data, "SELECT state FROM runs ORDER BY id")
    assert states == [("ended",), ("killed",), ("ended",)]
    found = check(data)
    assert (found["articles"], found["versions"]) == (3, 5)
    status = scrapy("status", "--json", "-s", f"NEWSCRAWL_DATA_DIR={data}")
    assert status.returncode == 0, "a killed extract says nothing of the crawl"
    _schema("status").validate(json.loads(status.stdout))


def test_a_crawl_that_is_at_work_is_not_disturbed(into: Into, data: Path) -> None:
    (data / "locks").mkdir(parents=True)
    for name in (SITE.host, "replay"):
        lock = acquire(data / "locks" / name, {"run": 7, "pid": 1, "since": "now"})
        with pytest.raises(Busy, match="another run holds") as busy:
            into([page(ONE, 1)])
        assert busy.value.exit_code == 3
        lock.release()
    assert not (data / "newscrawl.db").exists()


def test_a_saved_page_and_a_page_that_gives_nothing(data: Path, tmp_path: Path) -> None:
    saved, empty = tmp_path / "page.html", tmp_path / "empty.html"
    saved.write_bytes(page_of(SITE_IN, ONE))
    empty.write_bytes(b"")
    into = ("--into-store", "--json", "--url", ONE.url, "-s", f"NEWSCRAWL_DATA_DIR={data}")
    done = scrapy("extract", str(empty), *into)
    assert done.returncode == 1
    assert json.loads(done.stdout)["left_out"] == {"empty": 1}
    done = scrapy("extract", str(saved), *into, "--fetched-at", "2026-07-01")
    assert done.returncode == 0
    _schema().validate(json.loads(done.stdout))
    assert query(data, "SELECT source, fetched_at FROM articles") == [
        ("url", "2026-07-01T00:00:00+00:00")
    ]


def _lines(data: Path) -> list[dict[str, Any]]:
    """All lines, in the order of the runs that wrote them."""
    return sorted(records(data), key=lambda line: 0)


def _everything(data: Path) -> list[Any]:
    """All that is stored of articles."""
    tables = ("articles", "article_versions", "article_state", "links", "lines")
    return [query(data, f"SELECT * FROM {table}") for table in tables]


def _change(data: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(data / "newscrawl.db")) as connection, connection:
        connection.execute(sql, values)


def _schema(name: str = "extract") -> Any:
    found = json.loads((ROOT / "docs" / "json" / f"{name}.schema.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(found)
