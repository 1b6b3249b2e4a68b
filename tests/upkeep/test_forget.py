"""Forgetting: nothing of an article is left, and it does not come back."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newscrawl.crawl.rejections import Rejections
from newscrawl.errors import UsageProblem
from newscrawl.store import Link, Store, Terms
from newscrawl.store.database import FILE
from newscrawl.store.history import versions
from newscrawl.store.links import key_of
from newscrawl.upkeep.forget import Held, forget
from tests.store.test_store import NOW, capture, keep_and_die, lines, open_store, rows

FORGOTTEN = 5


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = open_store(tmp_path)
    yield store
    store.close()


def article_rows(folder: Path) -> list[int]:
    """Rows of each table that an article has rows in."""
    tables = ("articles", "article_versions", "article_state")
    return [rows(folder, f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_everything_goes_but_what_keeps_it_away(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    alias = b"a" * 16
    store.keep(capture(make_article(), aliases=(alias,)))
    store.keep(capture(make_article(text="A corrected text.")))
    url = make_article().url
    report = forget(tmp_path, [url])
    (removed,) = report.removed
    assert (removed.versions, removed.addresses, removed.already) == (2, 2, False)
    assert removed.held_in == (Held("articles/rfi-20240601T120000Z-1-1.jsonl", (1, 2)),)
    assert article_rows(tmp_path) == [0, 0, 0]
    links = rows(tmp_path, "SELECT hash, url, article, state, reason FROM links ORDER BY hash")
    assert links == sorted((key, None, None, FORGOTTEN, None) for key in (alias, key_of(url)))
    assert rows(tmp_path, "SELECT count(*) FROM forgotten") == [(3,)], "two addresses and the id"
    assert rows(tmp_path, "SELECT count(*) FROM lines") == [(2,)]


def test_by_any_address_and_again(store: Store, tmp_path: Path, make_article: Any) -> None:
    other = "https://www.rfi.fr/en/europe/20240101-story-1"
    store.keep(capture(make_article(), aliases=(key_of(other),)))
    assert forget(tmp_path, [other]).removed[0].versions == 1
    again = forget(tmp_path, [make_article().url])
    assert again.removed[0].already
    assert again.is_clean


def redirected(store: Store, folder: Path, one: Any, two: Any, *, old: bool) -> None:
    """Both stored; the page of the first redirects to the second."""
    store.keep(capture(one))
    store.keep(capture(two))
    store.keep(capture(two, asked=key_of(one.url)))
    if old:  # as newscrawl 0.1.0 wrote it
        with closing(sqlite3.connect(folder / FILE)) as connection, connection:
            keys = (key_of(two.url), key_of(one.url))
            connection.execute("UPDATE links SET article = ? WHERE hash = ?", keys)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("named", [0, 1])
def test_only_the_record_of_the_address_goes(
    store: Store, tmp_path: Path, make_article: Any, old: bool, named: int
) -> None:
    both = make_article(1), make_article(2)
    redirected(store, tmp_path, *both, old=old)
    gone, other = both[named], both[1 - named]
    (removed,) = forget(tmp_path, [gone.url]).removed
    assert (removed.record, removed.versions, removed.addresses) == (gone.url, 1, 1)
    assert rows(tmp_path, "SELECT url FROM articles") == [(other.url,)]
    assert versions(tmp_path, key_of(gone.url)) == []
    assert [one["record"]["url"] for one in versions(tmp_path, key_of(other.url))] == [other.url]
    assert store.keep(capture(gone)).outcome == "left out"
    assert store.keep(capture(other)).outcome == "known"


def test_what_an_address_led_to_is_told(store: Store, tmp_path: Path, make_article: Any) -> None:
    other = "https://www.rfi.fr/en/europe/20240101-story-1"
    store.keep(capture(make_article(), aliases=(key_of(other),)))
    assert forget(tmp_path, [other]).removed[0].record == make_article().url


@pytest.mark.parametrize("old", [False, True])
def test_history_shows_the_record_of_the_address(
    store: Store, tmp_path: Path, make_article: Any, old: bool
) -> None:
    one, two = make_article(1), make_article(2)
    redirected(store, tmp_path, one, two, old=old)
    (version,) = versions(tmp_path, key_of(one.url))
    assert version["record"]["url"] == one.url


def test_what_is_owed_and_what_is_unknown(store: Store, tmp_path: Path) -> None:
    owed, unknown = (f"https://www.rfi.fr/en/x/20240101-{name}" for name in ("owed", "unknown"))
    store.owe(Link(key_of(owed), owed, None))
    report = forget(tmp_path, [unknown, owed])
    assert report.not_stored == [unknown]
    assert [(one.url, one.versions) for one in report.removed] == [(owed, 0)]
    assert store.due([None], Terms(NOW, "1")) == []


def test_it_does_not_come_back(store: Store, tmp_path: Path, make_article: Any) -> None:
    article = make_article()
    key = key_of(article.url)
    store.keep(capture(article))
    forget(tmp_path, [article.url])
    assert not store.ask(key)
    assert not store.is_due(key, Terms(NOW, "1"))
    assert store.keep(capture(article)).outcome == "left out"
    store.publish()
    assert len(lines(tmp_path)) == 1, "the line of its first capture"
    assert article_rows(tmp_path) == [0, 0, 0]


@pytest.mark.parametrize("how", ["content_id", "alias", "canonical"])
def test_it_does_not_come_back_under_another_address(
    store: Store, tmp_path: Path, make_article: Any, how: str
) -> None:
    article = make_article()
    store.keep(capture(article))
    forget(tmp_path, [article.url])
    moved = make_article(url="https://www.rfi.fr/en/europe/20240101-moved")
    asked = key_of(moved.url)
    store.owe(Link(asked, moved.url, None))
    if how == "content_id":
        found = capture(moved)
    elif how == "alias":
        found = capture(replace(moved, content_id=None), aliases=(key_of(article.url),))
    else:
        found = capture(replace(article, content_id=None), asked=asked)
    assert store.keep(found).outcome == "left out"
    assert article_rows(tmp_path) == [0, 0, 0]
    assert rows(tmp_path, "SELECT DISTINCT state, url FROM links") == [(FORGOTTEN, None)]
    assert not store.ask(asked)


def test_the_address_of_another_record_stays_its_own(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    one, two = make_article(1), make_article(2)
    store.keep(capture(one))
    store.keep(capture(two))
    forget(tmp_path, [one.url])
    later = "2024-01-09T10:00:00+00:00"
    seen = make_article(1, fetched_at=later)
    assert store.keep(capture(seen, asked=key_of(two.url))).outcome == "left out"
    assert rows(tmp_path, "SELECT title FROM articles") == [("Story 2",)]
    assert rows(tmp_path, "SELECT checked_at FROM article_state") == [(later,)], "it was asked for"
    assert store.keep(capture(two)).outcome == "known"


def test_what_was_asked_for_when_it_was_forgotten_stays_forgotten(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    article = make_article()
    link = Link(key_of(article.url), article.url, None)
    store.keep(capture(article))
    forget(tmp_path, [article.url])
    store.unchanged(link.hash, NOW)
    store.put_by(link, NOW)
    assert not store.reject(link, "no_title", NOW, "1")
    assert not store.fail(link, "http_404", NOW)
    store.leave_out(link, NOW)
    assert rows(tmp_path, "SELECT state, url, attempts FROM links") == [(FORGOTTEN, None, None)]


def test_rejected_pages_go_too(store: Store, tmp_path: Path) -> None:
    bad, other = (f"https://www.rfi.fr/en/x/20240101-{name}" for name in ("bad", "other"))
    for run, url in ((1, bad), (1, other), (2, bad)):
        Rejections(tmp_path, run).keep(url, "no_title", None, NOW, b"<main>")
        store.reject(Link(key_of(url), url, None), "no_title", NOW, "1")
    (tmp_path / "rejected" / "3.jsonl").write_bytes(b"not of ours\n")
    assert forget(tmp_path, [bad]).rejected == 2
    files = sorted((tmp_path / "rejected").iterdir())
    assert [file.suffix for file in files] == [".gz", ".jsonl", ".jsonl"]
    assert bad.encode() not in b"".join(file.read_bytes() for file in files)
    assert other.encode() in files[1].read_bytes()


@pytest.mark.parametrize("living", [True, False])
def test_no_byte_of_the_text_is_left(tmp_path: Path, make_article: Any, living: bool) -> None:
    """Also not of versions that were replaced, among rows that came and went around it."""
    store = open_store(tmp_path)
    chance = random.Random(7)
    sentences = [f"DISTINCTIVE{n} " + chance.randbytes(20).hex() for n in range(3)]

    def text(number: int, round_: int) -> str:
        filler = " ".join(chance.randbytes(8).hex() for _ in range(chance.randrange(5, 900)))
        return f"{sentences[round_]} {filler}" if number == 50 else filler

    for round_ in range(3):
        for number in chance.sample(range(100), 100):
            later = f"2024-01-0{round_ + 2}T10:00:00+00:00"
            store.keep(capture(make_article(number, text=text(number, round_), fetched_at=later)))
    # Furniture alone renews a row in place.
    last = rows(tmp_path, "SELECT text FROM articles WHERE content_id = 'ID50'")[0][0]
    store.keep(capture(make_article(50, text=last, reading_minutes=9)))
    if not living:
        store.publish()
        store.close()
    for number in chance.sample(range(40, 60), 20):
        assert forget(tmp_path, [make_article(number).url]).is_clean
    held = (tmp_path / FILE).read_bytes()
    log = tmp_path / (FILE + "-wal")
    held += log.read_bytes() if log.exists() else b""
    assert len(held) > 100_000
    assert [sentence for sentence in sentences if sentence.encode() in held] == []
    if living:
        store.close()


def test_a_reader_in_the_way_is_told(store: Store, tmp_path: Path, make_article: Any) -> None:
    import sqlite3

    store.keep(capture(make_article()))
    reader = sqlite3.connect(tmp_path / FILE)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM articles").fetchone()
    assert not forget(tmp_path, [make_article().url]).is_clean
    reader.close()
    assert forget(tmp_path, [make_article().url]).is_clean


def test_a_dead_run_does_not_bring_it_back(tmp_path: Path, make_article: Any) -> None:
    keep_and_die(tmp_path, make_article(1), make_article(2))
    (part,) = (tmp_path / "articles").glob("*.part")
    forget(tmp_path, [make_article(1).url])
    part.unlink()
    open_store(tmp_path).close()
    assert [line["title"] for line in lines(tmp_path)] == ["Story 2"]
    assert rows(tmp_path, "SELECT title FROM articles") == [("Story 2",)]


def test_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no database"):
        forget(tmp_path, ["https://www.rfi.fr/en/x/20240101-y"])


def test_a_feeds_summary_goes_and_does_not_come_back(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    summary = capture(make_article(body_status="summary", source="feed"))
    assert store.keep(summary).outcome == "new"
    assert forget(tmp_path, [make_article().url]).removed[0].versions == 1
    assert store.keep(summary).outcome == "left out"
    assert store.keep(capture(make_article())).outcome == "left out"
    assert store.due([None], Terms(NOW, "1")) == []
    assert article_rows(tmp_path) == [0, 0, 0]
