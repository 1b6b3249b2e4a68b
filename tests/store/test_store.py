"""The store in one process: decisions, aliases, debts."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.errors import StorageFailed, UsageProblem
from newscrawl.store import Capture, Link, Store, Terms
from newscrawl.store.database import FILE
from newscrawl.store.folder import prepare_folder

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def open_store(folder: Path, outputs: tuple[str, ...] = ("jsonlines", "sqlite")) -> Store:
    prepare_folder(folder)
    store = Store(folder, outputs)
    store.mend()
    store.begin_run(
        spider="rfi", started=NOW, mode="update", arguments={}, extractor="1", rotate=(3600, 50000)
    )
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def capture(article: Any, *, asked: bytes | None = None, **more: Any) -> Capture:
    own = bytes.fromhex(article.url_hash)
    return Capture(article, asked or own, url_asked=article.url, extractor="1", **more)


def lines(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "articles").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def keep_and_die(folder: Path, *articles: Any) -> None:
    """A process that stores some articles and is gone before it publishes them."""
    pid = os.fork()
    if pid == 0:
        store = open_store(folder)
        for article in articles:
            store.keep(capture(article))
        os._exit(9)
    os.waitpid(pid, 0)


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / FILE)
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_new_known_refreshed_changed(store: Store, tmp_path: Path, make_article: Any) -> None:
    assert store.keep(capture(make_article())).outcome == "new"
    assert store.keep(capture(make_article())).outcome == "known"
    later = make_article(tags=[], reading_minutes=4, fetched_at="2024-01-03T10:00:00+00:00")
    assert store.keep(capture(later)).outcome == "refreshed"
    changed = store.keep(capture(make_article(text="A corrected text.")))
    assert (changed.outcome, changed.article.version, changed.cause) == ("changed", 2, "story")
    store.publish()
    assert [line["version"] for line in lines(tmp_path)] == [1, 2]
    assert rows(tmp_path, "SELECT version, text FROM articles") == [(2, "A corrected text.")]
    assert rows(tmp_path, "SELECT version, text, cause FROM article_versions") == [
        (1, "Text of story 1.", "full")
    ]


def test_a_summary_is_replaced_by_the_full_record(store: Store, make_article: Any) -> None:
    store.keep(capture(make_article(body_status="summary")))
    kept = store.keep(capture(make_article()))
    assert (kept.outcome, kept.article.version, kept.cause) == ("changed", 2, "full")


def test_a_summary_under_a_new_address_is_of_the_article_that_is_stored(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    """A feed tells no id; the page under the new address is asked for, and is the same article."""
    store.keep(capture(make_article(1)))
    moved: Any = {"url": "https://www.rfi.fr/en/europe/20240101-other"}
    told = make_article(1, content_id=None, text=None, body_status="summary", **moved)
    assert store.keep(capture(told)).outcome == "known"
    assert rows(tmp_path, "SELECT url FROM links WHERE url NOTNULL") == [(moved["url"],)]
    assert store.keep(capture(make_article(1, **moved))).outcome == "known"
    assert rows(tmp_path, "SELECT url FROM articles") == [(make_article(1).url,)]


def test_one_id_on_several_pages_makes_several_records(store: Store, make_article: Any) -> None:
    times = [f"2024-01-01T1{number}:00:00+00:00" for number in range(3)]
    for number, time in enumerate(times):
        story = make_article(number, content_id="ID", published_at=time)
        assert store.keep(capture(story)).outcome == "new"


def test_a_difference_under_newer_rules_is_not_a_change_of_the_story(
    store: Store, make_article: Any
) -> None:
    store.keep(capture(make_article()))
    newer = capture(make_article(text="Better text."))
    kept = store.keep(Capture(newer.article, newer.asked, url_asked="", extractor="2"))
    assert kept.cause == "rules"


def test_the_same_content_id_under_a_new_url_is_the_same_article(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    first = make_article()
    store.keep(capture(first))
    moved = make_article(url="https://www.rfi.fr/en/europe/20240101-moved", content_id="ID1")
    kept = store.keep(capture(moved))
    assert kept.outcome == "known"
    assert kept.article.url == first.url
    assert rows(tmp_path, "SELECT count(*) FROM articles") == [(1,)]


def test_an_alias_leads_to_the_record_even_without_content_id(
    store: Store, make_article: Any
) -> None:
    alias = b"a" * 16
    store.keep(capture(make_article(content_id=None), asked=alias))
    moved = make_article(url="https://www.rfi.fr/en/europe/20240101-moved", content_id=None)
    assert store.keep(capture(moved, asked=alias)).outcome == "known"


def test_an_address_that_leads_to_another_article_now_is_another_article(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    alias = b"a" * 16
    store.keep(capture(make_article(1), asked=alias))
    assert store.keep(capture(make_article(2), asked=alias)).outcome == "new"
    assert rows(tmp_path, "SELECT count(*) FROM articles") == [(2,)]


def test_an_alias_never_takes_the_address_of_another_record(
    store: Store, make_article: Any
) -> None:
    one, two = make_article(1), make_article(2)
    store.keep(capture(one))
    store.keep(capture(two, aliases=(bytes.fromhex(one.url_hash),)))
    assert store.keep(capture(make_article(1))).outcome == "known"
    assert store.validators(bytes.fromhex(one.url_hash)) == {}


def test_an_address_that_was_asked_for_stays_that_of_its_own_record(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    """The page of the first redirects to the second, or has its canonical, and both are stored."""
    one, two = make_article(1), make_article(2, fetched_at="2024-01-05T10:00:00+00:00")
    own = bytes.fromhex(one.url_hash)
    store.keep(capture(one))
    store.keep(capture(two))
    store.keep(capture(two, asked=own))
    assert rows(tmp_path, "SELECT count(*) FROM links WHERE article IS NOT NULL") == [(0,)]
    assert store.fail(Link(own, one.url, None), "http_404", NOW) is False
    store.keep(capture(two, asked=own))
    assert rows(tmp_path, "SELECT count(*) FROM links WHERE attempts IS NOT NULL") == [(0,)]
    checked = f"SELECT checked_at FROM article_state WHERE url_hash = '{one.url_hash}'"
    assert rows(tmp_path, checked) == [(two.fetched_at,)], "no look is due again at once"


def test_a_summary_whose_page_redirects_to_another_record_is_owed_no_more(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    summary, two = make_article(1, body_status="summary", source="feed"), make_article(2)
    store.keep(capture(summary))
    store.keep(capture(two))
    store.keep(capture(two, asked=bytes.fromhex(summary.url_hash)))
    assert store.due([None], Terms(NOW, "1")) == []
    assert rows(tmp_path, "SELECT count(*) FROM links WHERE article IS NOT NULL") == [(0,)]


def test_a_failed_commit_leaves_neither_row_nor_line(
    store: Store, tmp_path: Path, make_article: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep(capture(make_article(1)))

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(store, "_settle", fail)
    with pytest.raises(StorageFailed, match="disk full"):
        store.keep(capture(make_article(2)))
    monkeypatch.undo()
    store.keep(capture(make_article(3)))
    store.publish()
    assert [line["title"] for line in lines(tmp_path)] == ["Story 1", "Story 3"]
    assert rows(tmp_path, "SELECT title FROM articles ORDER BY 1") == [("Story 1",), ("Story 3",)]


def test_a_run_whose_only_record_failed_leaves_no_file(
    store: Store, tmp_path: Path, make_article: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_settle", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.keep(capture(make_article(1)))
    assert store.publish() == []
    assert list((tmp_path / "articles").iterdir()) == []


def test_json_lines_alone_keep_the_bodies_out_of_the_database(
    tmp_path: Path, make_article: Any
) -> None:
    store = open_store(tmp_path, ("jsonlines",))
    store.keep(capture(make_article()))
    assert store.keep(capture(make_article())).outcome == "known"
    assert store.keep(capture(make_article(text="Other."))).outcome == "changed"
    store.publish()
    store.close()
    assert rows(tmp_path, "SELECT text, html FROM articles") == [(None, None)]
    assert [line["text"] for line in lines(tmp_path)] == ["Text of story 1.", "Other."]


def test_sqlite_alone_writes_no_file(tmp_path: Path, make_article: Any) -> None:
    store = open_store(tmp_path, ("sqlite",))
    store.keep(capture(make_article()))
    assert store.publish() == []
    store.close()
    assert list((tmp_path / "articles").iterdir()) == []
    assert rows(tmp_path, "SELECT text FROM articles") == [("Text of story 1.",)]


def test_failures_wait_longer_and_longer(store: Store, tmp_path: Path) -> None:
    link = Link(b"k" * 16, "https://www.rfi.fr/en/africa/20240101-x", None)
    waits = []
    for _ in range(6):
        store.fail(link, "http_500", NOW)
        ((due,),) = rows(tmp_path, "SELECT next_try FROM links")
        waits.append(datetime.fromisoformat(due) - NOW)
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert waits == [hour, 6 * hour, day, 3 * day, 7 * day, 7 * day]


def test_missing_twice_a_day_apart_is_gone(store: Store, tmp_path: Path, make_article: Any) -> None:
    article = make_article()
    store.keep(capture(article))
    link = Link(bytes.fromhex(article.url_hash), article.url, None)
    assert not store.fail(link, "http_404", NOW)
    assert not store.fail(link, "http_404", NOW + timedelta(hours=23))
    assert store.fail(link, "http_410", NOW + timedelta(hours=25))
    assert rows(tmp_path, "SELECT gone_at IS NOT NULL FROM articles") == [(1,)]


def test_a_rejected_page_is_due_under_other_rules(store: Store) -> None:
    link = Link(b"k" * 16, "https://www.rfi.fr/en/africa/20240101-x", None)
    store.reject(link, "no_title", NOW, "1")
    soon = NOW + timedelta(minutes=1)
    assert store.due([None], Terms(soon, "1")) == []
    assert store.due([None], Terms(soon, "2")) == [link]
    assert store.due([None], Terms(NOW + timedelta(hours=2), "1")) == [link]


def test_what_was_outside_the_dates_is_due_for_a_run_without_dates(store: Store) -> None:
    link = Link(b"k" * 16, "https://www.rfi.fr/en/africa/20240101-x", None)
    store.put_by(link, NOW)
    assert store.due([None], Terms(NOW, "1", dated=True)) == []
    assert store.due([None], Terms(NOW, "1", dated=False)) == [link]


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageProblem, match="newer newscrawl"):
        Store(tmp_path, ("sqlite",))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 100)
    with pytest.raises(UsageProblem, match="cannot be used as a database"):
        Store(tmp_path, ("sqlite",))


def test_rotation_publishes_whole_files(tmp_path: Path, make_article: Any) -> None:
    prepare_folder(tmp_path)
    store = Store(tmp_path, ("jsonlines", "sqlite"))
    store.begin_run(
        spider="rfi", started=NOW, mode="update", arguments={}, extractor="1", rotate=(3600, 2)
    )
    for number in range(5):
        store.keep(capture(make_article(number)))
    names = [path.name for path in store.publish()]
    store.close()
    assert names == [f"rfi-20240601T120000Z-1-{n}.jsonl" for n in (1, 2, 3)]
    assert len(lines(tmp_path)) == 5
