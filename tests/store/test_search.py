"""The search index in the store: what is due, what is taken up, and that nothing is left behind."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newscrawl.errors import StorageBusy, UsageProblem
from newscrawl.search.query import parse
from newscrawl.store import Store, database, schema, search
from newscrawl.store.database import FILE, connect, read_only
from newscrawl.store.records import insert
from newscrawl.upkeep.forget import forget
from tests.search.stand_in import fill, stand_in_records
from tests.store.test_store import NOW, capture, open_store, rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def found(folder: Path, query: str) -> list[str]:
    connection = read_only(folder)
    assert connection is not None
    with closing(connection):
        return sorted(row["title"] for row in search.find(connection, parse(query)).rows)


def all_of(store: Store) -> int:
    return store.update_search(most=10_000, seconds=60)


def test_what_comes_changes_and_goes(store: Store, tmp_path: Path, make_article: Any) -> None:
    store.keep(capture(make_article(1, text="A lighthouse.")))
    store.keep(capture(make_article(2, text="A windmill.")))
    assert found(tmp_path, "lighthouse") == [], "the crawl itself writes no index"
    assert rows(tmp_path, "SELECT count(*) FROM search_due") == [(2,)]
    assert all_of(store) == 0
    assert found(tmp_path, "lighthouse") == ["Story 1"]
    store.keep(capture(make_article(1, text="A harbour.")))
    assert all_of(store) == 0
    assert found(tmp_path, "lighthouse") == []
    assert found(tmp_path, "harbour") == ["Story 1"]
    tagged = make_article(2, text="A windmill.", tags=[{"name": "Craft", "url": None}])
    assert store.keep(capture(tagged)).outcome == "refreshed"
    assert all_of(store) == 0
    assert found(tmp_path, "tag:craft") == found(tmp_path, "windmill") == ["Story 2"]
    with closing(sqlite3.connect(tmp_path / FILE)) as other, other:
        other.execute("DELETE FROM articles WHERE title = 'Story 2'")
    assert all_of(store) == 0
    assert found(tmp_path, "windmill") == []
    assert rows(tmp_path, "SELECT count(*) FROM search_articles") == [(1,)]
    assert rows(tmp_path, "SELECT count(*) FROM search_docsize") == [(1,)]


def test_bounds(store: Store, tmp_path: Path, make_article: Any) -> None:
    for number in range(130):
        store.keep(capture(make_article(number)))
    assert store.update_search(most=60, seconds=60) == 70
    assert store.update_search(most=1000, seconds=0) == 20, "at least one step"
    assert all_of(store) == 0


def test_a_busy_database_loses_no_due_article(
    store: Store, tmp_path: Path, make_article: Any
) -> None:
    store.keep(capture(make_article()))
    with closing(connect(tmp_path)) as other:
        other.execute("PRAGMA busy_timeout = 1")
        store.keep(capture(make_article(2)))
        with database.transaction(store._db), pytest.raises(StorageBusy):
            search.update(other)
    assert all_of(store) == 0
    assert found(tmp_path, "story") == ["Story 1", "Story 2"]


def test_an_older_database_is_taken_up(tmp_path: Path, make_article: Any) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(";".join([*schema.MIGRATIONS[:3], "PRAGMA user_version = 3"]))
        insert(old, make_article(), bodies=True)
        old.commit()
    with pytest.raises(UsageProblem, match="no search index yet"):
        found(tmp_path, "story")
    assert search.update_folder(tmp_path) == 1
    assert found(tmp_path, "story") == ["Story 1"]
    assert rows(tmp_path, "PRAGMA user_version") == [(schema.VERSION,)]


def test_an_index_without_beginnings_is_made_anew(tmp_path: Path, make_article: Any) -> None:
    open_store(tmp_path).close()
    (tmp_path / FILE).unlink()
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(";".join([*schema.MIGRATIONS[:4], "PRAGMA user_version = 4"]))
        for number in (1, 2):
            insert(old, make_article(number), bodies=True)
        old.commit()
        old.row_factory = sqlite3.Row
        assert search.update(old, most=1) == 1
    assert search.update_folder(tmp_path) == 2
    assert found(tmp_path, "sto*") == ["Story 1", "Story 2"]
    ((made,),) = rows(tmp_path, "SELECT sql FROM sqlite_schema WHERE name = 'search'")
    assert "prefix" in made


def test_forgotten_at_once_with_their_bytes(tmp_path: Path, make_article: Any) -> None:
    """Among articles that came, changed and were indexed in many steps."""
    store = open_store(tmp_path)
    chance = random.Random(3)
    secrets = [f"distinctive{n}{chance.randbytes(10).hex()}" for n in range(3)]

    def text(number: int, round_: int) -> str:
        filler = " ".join(chance.randbytes(6).hex() for _ in range(chance.randrange(5, 300)))
        return f"{filler} {secrets[round_]} {filler}" if number == 30 else filler

    for round_ in range(3):
        for number in chance.sample(range(60), 60):
            later = f"2024-01-0{round_ + 2}T10:00:00+00:00"
            store.keep(capture(make_article(number, text=text(number, round_), fetched_at=later)))
            if number % 7 == 0:
                store.update_search(most=5, seconds=60)
        assert all_of(store) == 0
    assert found(tmp_path, secrets[2]) == ["Story 30"]
    index = b"".join(bytes(block) for (block,) in rows(tmp_path, "SELECT block FROM search_data"))
    # A term stands there without what it shares with the one before it.
    tails = [secret[-16:].encode() for secret in secrets]
    assert tails[2] in index
    url_hash = make_article(30).url_hash
    ((tokens,),) = rows(
        tmp_path, f"SELECT tokens FROM search_articles WHERE url_hash = '{url_hash}'"
    )
    assert forget(tmp_path, [make_article(30).url]).is_clean
    assert found(tmp_path, secrets[2]) == []
    assert len(found(tmp_path, "story")) == 20
    assert rows(tmp_path, "SELECT count(*) FROM search_articles") == [(59,)]
    held = (tmp_path / FILE).read_bytes() + (tmp_path / (FILE + "-wal")).read_bytes()
    assert [tail for tail in (*tails, tokens[2:40], tokens[-40:]) if tail in held] == []
    # What the index says it holds is what it holds.
    store._db.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    store.close()


def test_a_death_while_forgetting_is_made_good(tmp_path: Path, make_article: Any) -> None:
    store = open_store(tmp_path)
    secret = "distinctive"
    for number in range(5):
        store.keep(capture(make_article(number, text=secret if number == 2 else "Plain.")))
    all_of(store)
    with database.transaction(store._db):
        search.remove(store._db, make_article(2).url_hash)
        store._db.execute("DELETE FROM articles WHERE content_id = 'ID2'")
        store.forgotten.enter([bytes.fromhex(make_article(2).url_hash)], (), NOW)
    assert forget(tmp_path, [make_article(2).url]).removed[0].already
    held = (tmp_path / FILE).read_bytes()
    assert secret[4:].encode() not in held
    store.close()


def test_a_word_of_all_articles_is_cut_and_counted(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(search, "RANKED", 10)
    one = stand_in_records()[0]
    fill(tmp_path, [one | {"url_hash": f"{n:032x}", "title": f"Common {n}"} for n in range(30)])
    connection = read_only(tmp_path)
    assert connection is not None
    with closing(connection):
        hits = search.find(connection, parse("common"), most=5, skipped=5)
        assert (len(hits.rows), hits.number) == (5, 10)
        assert search.find(connection, parse("common"), most=5, skipped=10).rows == []


def test_without_texts_titles_are_found(tmp_path: Path, make_article: Any) -> None:
    store = open_store(tmp_path, ("jsonlines",))
    store.keep(capture(make_article(text="A lighthouse.", title="The coast")))
    assert all_of(store) == 0
    assert found(tmp_path, "coast") == ["The coast"]
    assert found(tmp_path, "lighthouse") == []
    store.close()
