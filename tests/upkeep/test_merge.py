"""Stores of several hosts become one: nothing is lost, doubled or told twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import jsonschema
import pytest

from newscrawl.errors import UsageProblem
from newscrawl.rfi import SITE
from newscrawl.store import Link, Terms, Validator
from newscrawl.store.columns import BOTTOM
from newscrawl.store.database import FILE
from newscrawl.store.folder import LINES, LOCKS
from newscrawl.store.links import FORGOTTEN, GONE, OWED, REJECTED, STORED, key_of
from newscrawl.store.locks import acquire
from newscrawl.upkeep.backup import backup
from newscrawl.upkeep.forget import forget
from newscrawl.upkeep.merging.source import check
from tests.crawling import ROOT, last_run, replay_settings, scrapy, start_scrapy
from tests.upkeep.merging import (
    BOTH,
    at,
    begin,
    capture,
    change,
    contents,
    differences,
    end,
    fill,
    lines,
    merge_into,
    rows,
    versions,
)

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


def merged_once(here: Path, there: Path, **more: Any) -> Any:
    """Merge, and see that files and database agree and that another merge changes nothing."""
    (merged,) = merge_into(here, there, **more)
    assert differences(here) == []
    before = contents(here)
    (again,) = merge_into(here, there, **more)
    assert (again.articles.new, again.articles.versions, again.links) == (0, 0, 0)
    assert contents(here) == before
    return merged


# -- articles and their versions --------------------------------------------------------------


def test_what_only_the_other_has_comes_in_whole(here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(1)))
    fill(
        there,
        capture(make_article(2, text="First.", fetched_at=at(1))),
        capture(make_article(2, text="Second.", fetched_at=at(2)), etag='"2"'),
        run=2,
    )
    merged = merged_once(here, there)
    assert (merged.articles.new, merged.articles.versions) == (1, 2)
    assert versions(here, "%story-2") == [(1, "First.", at(1)), (2, "Second.", at(2))]
    assert rows(here, "SELECT etag, cause FROM article_state ORDER BY checked_at") == [
        (None, "full"),
        ('"2"', "story"),
    ]
    assert sorted((line["url"][-1], line["version"]) for line in lines(here)) == [
        ("1", 1),
        ("2", 1),
        ("2", 2),
    ]


def test_versions_of_both_in_the_order_of_their_captures(
    here: Path, there: Path, make_article: Any
) -> None:
    for folder, days, run in ((here, (1, 3), 1), (there, (2, 4), 2)):
        fill(
            folder,
            *(capture(make_article(text=f"Text {day}.", fetched_at=at(day))) for day in days),
            run=run,
        )
    merged = merged_once(here, there)
    assert (merged.articles.new, merged.articles.versions) == (0, 2)
    assert versions(here) == [(day, f"Text {day}.", at(day)) for day in (1, 2, 3, 4)]
    assert sorted((line["version"], line["text"]) for line in lines(here)) == [
        (day, f"Text {day}.") for day in (1, 2, 3, 4)
    ]
    causes = "SELECT cause, replaced_at FROM article_versions ORDER BY version"
    assert [cause for cause, _ in rows(here, causes)] == ["full", "story", "story"]


@pytest.mark.parametrize("newer", ["here", "there"])
def test_one_story_is_one_version_with_the_newest_furniture(
    here: Path, there: Path, make_article: Any, newer: str
) -> None:
    days = {here: 1, there: 2} if newer == "there" else {here: 2, there: 1}
    for run, (folder, day) in enumerate(days.items()):
        tags = [{"name": f"day {day}", "url": None}]
        fill(folder, capture(make_article(tags=tags, fetched_at=at(day))), run=run)
    merged = merged_once(here, there)
    assert (merged.articles.new, merged.articles.versions) == (0, 0)
    assert merged.articles.renewed == (newer == "there")
    assert [number for number, *_ in versions(here)] == [1]
    ((tags,),) = rows(here, "SELECT tags FROM articles")
    assert json.loads(tags)[0]["name"] == "day 2"
    assert len(lines(here)) == 1


def test_a_page_that_was_read_takes_the_place_of_a_summary(
    here: Path, there: Path, make_article: Any
) -> None:
    summary = make_article(text=None, body_status="summary", source="feed", fetched_at=at(5))
    fill(here, capture(summary))
    fill(there, capture(make_article(fetched_at=at(2))), run=2)
    merged_once(here, there)
    assert versions(here) == [(1, "Text of story 1.", at(2))]
    assert rows(here, "SELECT state, url FROM links") == [(STORED, None)]
    assert [line["body_status"] for line in lines(here)] == ["full"]


def test_a_summary_of_a_page_that_is_owed_stays_owed(
    here: Path, there: Path, make_article: Any
) -> None:
    summary = make_article(text=None, body_status="summary", source="feed")
    fill(here, capture(make_article(2)))
    fill(there, capture(summary), run=2)
    merged_once(here, there)
    assert rows(here, "SELECT url FROM links WHERE state = ?", OWED) == [(summary.url,)]


def test_the_same_id_under_another_address_is_the_same_article(
    here: Path, there: Path, make_article: Any
) -> None:
    moved = make_article(2, content_id="ID1", text="Moved.", fetched_at=at(9))
    redirect = key_of("https://www.rfi.fr/en/africa/20240101-redirect")
    fill(here, capture(make_article(1)))
    fill(there, capture(moved, redirect), run=2)
    merged_once(here, there)
    own = make_article(1)
    assert rows(here, "SELECT url, version, text FROM articles") == [(own.url, 2, "Moved.")]
    assert {line["url"] for line in lines(here)} == {own.url}
    aliases = dict(rows(here, "SELECT hash, article FROM links WHERE state = ?", STORED))
    record = bytes.fromhex(own.url_hash)
    assert aliases == {record: None, bytes.fromhex(moved.url_hash): record, redirect: record}
    store = begin(here, run=3)
    assert store.keep(capture(moved)).outcome == "known"
    end(store)


def test_two_articles_there_that_are_one_here(here: Path, there: Path, make_article: Any) -> None:
    alias = bytes.fromhex(make_article(2, content_id=None).url_hash)
    fill(here, capture(make_article(1, content_id=None, fetched_at=at(1)), alias))
    fill(
        there,
        capture(make_article(1, content_id=None, text="One.", fetched_at=at(3))),
        capture(make_article(2, content_id=None, text="Two.", fetched_at=at(2))),
        run=2,
    )
    merged_once(here, there)
    assert [text for _, text, _ in versions(here)] == ["Text of story 1.", "Two.", "One."]


@pytest.mark.parametrize(("gone", "seen", "state"), [(3, 2, GONE), (2, 3, STORED)])
def test_gone_is_what_the_last_answer_said(
    here: Path, there: Path, make_article: Any, gone: int, seen: int, state: int
) -> None:
    article = make_article(fetched_at=at(1))
    for folder in (here, there):
        fill(folder, capture(article))
    change(here, "UPDATE articles SET gone_at = ?", at(gone))
    change(here, "UPDATE links SET state = ?", GONE)
    change(there, "UPDATE article_state SET checked_at = ?", at(seen))
    merged_once(here, there)
    assert rows(here, "SELECT gone_at FROM articles") == [(at(gone) if state == GONE else None,)]
    assert rows(here, "SELECT state FROM links") == [(state,)]


@pytest.mark.parametrize("outputs", [BOTH, ("sqlite",), ("jsonlines",)])
def test_texts_come_from_the_lines_where_the_database_has_none(
    here: Path, there: Path, make_article: Any, outputs: tuple[str, ...]
) -> None:
    for folder, days in ((here, (1, 3)), (there, (2, 4))):
        fill(
            folder,
            *(capture(make_article(text=f"Text {day}.", fetched_at=at(day))) for day in days),
            outputs=outputs if folder == here else ("jsonlines",),
            run=days[0],
        )
    merged = merged_once(here, there, outputs=outputs)
    assert merged.is_whole
    texts = [f"Text {day}." for day in (1, 2, 3, 4)]
    if "sqlite" in outputs:
        assert [text for _, text, _ in versions(here)] == texts
    if "jsonlines" in outputs:
        assert sorted(line["text"] for line in lines(here)) == texts


def test_a_text_that_is_nowhere_is_told_and_owed(
    here: Path, there: Path, make_article: Any
) -> None:
    fill(here, capture(make_article(1)))
    fill(there, capture(make_article(2)), capture(make_article(3)), outputs=["jsonlines"], run=2)
    path = next((there / LINES).glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b"Story 2", b"Sto\xffy 2"))
    merged = merged_once(here, there)
    assert not merged.is_whole
    assert (merged.articles.new, merged.articles.unreadable) == (1, 1)
    assert rows(here, "SELECT url FROM links WHERE state = ?", OWED) == [(make_article(2).url,)]


def test_damage_keeps_what_was_read_and_trusts_no_walk(
    here: Path, there: Path, make_article: Any
) -> None:
    fill(here, capture(make_article(1)))
    store = begin(there, run=2)
    walk(store, [make_article(number) for number in range(2, 6)], run=1)
    for number in range(2, 6):
        store.keep(capture(make_article(number)))
    end(store)
    change(there, "UPDATE articles SET tags = '[' WHERE url LIKE '%story-3'")
    merged = merged_once(here, there)
    assert not merged.is_whole
    assert rows(here, "SELECT count(*) FROM articles") == [(4,)]
    assert rows(here, "SELECT floor, etag FROM columns") == [(None, None)]
    assert rows(here, "SELECT DISTINCT floor FROM article_columns") == [(None,)]


# -- links ------------------------------------------------------------------------------------


def test_an_answer_wins_over_a_debt_and_a_debt_over_nothing(
    here: Path, there: Path, make_article: Any
) -> None:
    articles = [make_article(number) for number in range(8)]
    link = [Link(bytes.fromhex(a.url_hash), a.url, None, "url") for a in articles]
    for folder, stored, owed, rejected, gone in (
        (here, (0,), (1, 2, 3), (4,), (5,)),
        (there, (1,), (0, 4, 5, 6), (2,), (3,)),
    ):
        store = begin(folder, run=len(owed))
        for number in stored:
            store.keep(capture(articles[number]))
        for number in owed:
            store.owe(link[number])
        for number in rejected:
            store.reject(link[number], "no title", NOW, "1")
        for number in gone:
            store.owe(link[number])
            change(
                folder,
                "UPDATE links SET state = ?, url = NULL WHERE hash = ?",
                GONE,
                link[number].hash,
            )
        end(store)
    merged_once(here, there)
    states = dict(rows(here, "SELECT hash, state FROM links"))
    assert [states.get(one.hash) for one in link] == [
        *(STORED, STORED, REJECTED, GONE, REJECTED, GONE, OWED, None),
    ]
    owed_urls = {url for (url,) in rows(here, "SELECT url FROM links WHERE url NOTNULL")}
    assert owed_urls == {link[number].url for number in (2, 4, 6)}


def test_what_was_forgotten_on_either_side_stays_away(
    here: Path, there: Path, make_article: Any
) -> None:
    moved = make_article(4, content_id="ID2", text="Moved.")
    fill(here, *(capture(make_article(number)) for number in (1, 2, 3)))
    fill(there, *(capture(make_article(number)) for number in (1, 3)), capture(moved), run=2)
    forget(here, [make_article(1).url])
    forget(there, [make_article(3).url])
    forget(here, [make_article(2).url])
    merged = merged_once(here, there)
    assert (merged.articles.forgotten, merged.removed) == (2, 1)
    assert rows(here, "SELECT count(*) FROM articles") == [(0,)]
    assert rows(here, "SELECT count(*) FROM links WHERE state = ?", FORGOTTEN) == [(4,)]
    assert b"Text of story 3" not in (here / FILE).read_bytes()
    store = begin(here, run=3)
    for article in (make_article(1), make_article(3), moved):
        assert store.keep(capture(article)).outcome == "left out"
    end(store)


def test_a_forgotten_address_takes_no_record_along_that_is_stored_there(
    here: Path, there: Path, make_article: Any
) -> None:
    """There both were stored and one forgotten; here its address only led to the other."""
    one, two = make_article(1), make_article(2)
    fill(here, capture(two, bytes.fromhex(one.url_hash)))
    fill(there, capture(one), capture(two), run=2)
    forget(there, [one.url])
    assert merged_once(here, there).removed == 0
    assert rows(here, "SELECT url FROM articles") == [(two.url,)]
    assert rows(here, "SELECT hash FROM links WHERE state = ?", FORGOTTEN) == [
        (bytes.fromhex(one.url_hash),)
    ]


@pytest.mark.parametrize("old", [False, True])
def test_two_records_stay_two_where_one_redirects_to_the_other(
    here: Path, there: Path, make_article: Any, old: bool
) -> None:
    one, two = (make_article(number, content_id=None) for number in (1, 2))
    own = bytes.fromhex(one.url_hash)
    fill(here, capture(one))
    fill(there, capture(one), capture(two), capture(two, asked=own), run=2)
    if old:  # as newscrawl 0.1.0 wrote it
        with closing(sqlite3.connect(there / FILE)) as connection, connection:
            keys = (bytes.fromhex(two.url_hash), own)
            connection.execute("UPDATE links SET article = ? WHERE hash = ?", keys)
    merged_once(here, there)
    assert rows(here, "SELECT url FROM articles ORDER BY url") == [(one.url,), (two.url,)]
    assert rows(here, "SELECT count(*) FROM links WHERE article IS NOT NULL") == [(0,)]


def test_a_summarys_address_does_not_become_an_alias(
    here: Path, there: Path, make_article: Any
) -> None:
    summary = make_article(1, content_id=None, body_status="summary", source="feed")
    two = make_article(2)
    fill(here, capture(summary), capture(two))
    fill(there, capture(two, bytes.fromhex(summary.url_hash)), run=2)
    merged_once(here, there)
    assert rows(here, "SELECT count(*) FROM links WHERE article IS NOT NULL") == [(0,)]


# -- columns, runs and what is kept by them ---------------------------------------------------

COLUMN = "https://www.rfi.fr/en/africa/"


def walk(
    store: Any, articles: list[Any], *, run: int, ended: bool = True, floor: int = BOTTOM
) -> Any:
    """A walk of the column that shows some articles."""
    memory = store.walks.enter_column("en", "Africa", COLUMN, "column")
    links = [Link(bytes.fromhex(a.url_hash), a.url, memory.id) for a in articles]
    keys = [one.hash for one in links]
    store.walks.record_listing(
        memory, run, Terms(NOW, "1"), shown=keys, wanted=links, rows=len(links)
    )
    if ended:
        store.walks.end_walk(
            memory,
            NOW,
            shown=keys,
            floor=floor,
            validator=Validator('"p"', None, "1"),
            reached_end=True,
        )
    return memory


def memory_of(folder: Path) -> tuple[Any, ...]:
    (found,) = rows(folder, "SELECT floor, full_at NOTNULL, etag FROM columns")
    return found


def floors(folder: Path) -> list[tuple[Any, ...]]:
    return rows(folder, "SELECT floor, count(*) FROM article_columns GROUP BY 1 ORDER BY 1")


def test_a_column_that_one_has_walked_keeps_its_memory(
    here: Path, there: Path, make_article: Any
) -> None:
    articles = [make_article(number) for number in range(4)]
    fill(here, run=1)
    store = begin(there, run=2)
    walk(store, articles[2:], run=1)
    end(store)
    store = begin(there, run=3)
    walk(store, articles[:2], run=2, ended=False)
    end(store)
    merged_once(here, there)
    assert memory_of(here) == (BOTTOM, 1, '"p"')
    assert floors(here) == [(None, 2), (BOTTOM, 2)]
    assert rows(here, "SELECT first_walk, count(*) FROM article_columns GROUP BY 1") == [
        (2, 2),
        (3, 2),
    ]
    assert rows(here, "SELECT id, state FROM runs ORDER BY started_at") == [
        (1, "running"),
        (2, "killed"),
        (3, "killed"),
    ]
    # Walked on there: what comes in is the same memory, further on.
    store = begin(there, run=4)
    walk(store, articles, run=3)
    walk(store, [make_article(9)], run=3)
    end(store)
    merged_once(here, there)
    assert floors(here) == [(BOTTOM, 5)]
    # Walked on here: the older memory there changes nothing.
    store = begin(here, run=5)
    walk(store, [make_article(10)], run=5)
    end(store)
    merged_once(here, there)
    assert floors(here) == [(BOTTOM, 6)]


def test_of_a_column_that_both_have_walked_each_row_keeps_the_lowest_floor(
    here: Path, there: Path, make_article: Any
) -> None:
    for folder, numbers, floor, run in ((here, (1, 2), 20240101, 1), (there, (2, 3), 20230101, 2)):
        store = begin(folder, run=run)
        walk(store, [make_article(number) for number in numbers], run=1, floor=floor)
        end(store)
    merged_once(here, there)
    assert floors(here) == [(20230101, 2), (20240101, 1)]


def test_the_more_cautious_memory_of_a_host(here: Path, there: Path) -> None:
    for folder, until, refusals in ((here, at(3), 1), (there, at(5), 0)):
        fill(folder)
        change(folder, "INSERT INTO hosts VALUES (?, ?, NULL, ?)", SITE.host, until, refusals)
    merged_once(here, there)
    assert rows(here, "SELECT * FROM hosts") == [(SITE.host, at(5), None, 1)]


def test_what_is_kept_by_run_and_by_feed(here: Path, there: Path) -> None:
    feed = "https://www.rfi.fr/en/rss"
    for folder, run, etag in ((here, 1, '"old"'), (there, 2, '"new"')):
        fill(folder, run=run)
        row = (feed, "feed", "en", at(run), run, etag)
        change(
            folder,
            "INSERT INTO sources (url, kind, edition, read_at, items, etag) VALUES (?,?,?,?,?,?)",
            *row,
        )
        change(folder, "INSERT INTO coverage VALUES (1, 'en', 'article', 'title', ?, 1, 1)", run)
        sums = json.dumps({"new": run, "told": {"slack": "healthy"}})
        ended = "UPDATE runs SET state = 'ended', ended_at = ?, exit_code = 0, summary = ?"
        change(folder, ended, at(run), sums)
    merged = merged_once(here, there)
    assert merged.runs == 1
    assert rows(here, "SELECT items, etag FROM sources") == [(2, '"new"')]
    assert rows(here, "SELECT run, records FROM coverage ORDER BY run") == [(1, 1), (2, 2)]
    summaries = [json.loads(sums) for (sums,) in rows(here, "SELECT summary FROM runs ORDER BY id")]
    assert summaries == [{"new": 1, "told": {"slack": "healthy"}}, {"new": 2}]
    merge_into(there, here)
    merged_once(here, there)


# -- any stores -------------------------------------------------------------------------------


def random_store(folder: Path, rng: random.Random, make_article: Any) -> Path:
    """What a host may have met of eight articles within twenty days."""
    outputs = rng.choice([BOTH, BOTH, ("jsonlines",)])
    for run in range(rng.randint(1, 2)):
        store = begin(folder, outputs, run=rng.randint(1, 10**6))
        for day in sorted(rng.sample(range(1 + 10 * run, 11 + 10 * run), 6)):
            number = rng.randint(1, 8)
            is_summary = rng.random() < 0.2
            is_moved = not is_summary and rng.random() < 0.2
            moved = {"url": f"https://www.rfi.fr/en/x/20240101-moved-{number}"} if is_moved else {}
            article = make_article(
                number,
                content_id=f"ID{number}",
                text=None if is_summary else f"Text {rng.choice('abc')}.",
                body_status="summary" if is_summary else "full",
                tags=[{"name": f"{day}", "url": None}],
                fetched_at=at(day),
                **moved,
            )
            alias = key_of(f"https://www.rfi.fr/en/x/20240101-{number}-{rng.randint(1, 2)}")
            store.keep(capture(article, *([alias] if rng.random() < 0.3 else [])))
            owed = make_article(rng.randint(1, 12))
            store.owe(Link(bytes.fromhex(owed.url_hash), owed.url, None, "url"))
        end(store)
    if rng.random() < 0.3:
        forget(folder, [make_article(rng.randint(1, 8)).url])
    return folder


def stories(folder: Path) -> set[tuple[str, str]]:
    """Article and story of every version that came from a page."""
    found = rows(
        folder,
        "SELECT url_hash, content_hash FROM articles WHERE body_status = 'full' UNION"
        " SELECT url_hash, content_hash FROM article_versions WHERE body_status = 'full'",
    )
    return set(found)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_lost_whatever_the_stores_hold(
    tmp_path: Path, make_article: Any, seed: int
) -> None:
    rng = random.Random(seed)
    here, *there = (random_store(tmp_path / name, rng, make_article) for name in "abc")
    wanted = set.union(*(stories(folder) for folder in (here, *there)))
    known = {key for folder in (here, *there) for (key,) in rows(folder, "SELECT hash FROM links")}
    merge_into(here, *there)
    assert differences(here) == []
    held = contents(here)
    merge_into(here, *there)
    merge_into(here, *reversed(there))
    assert contents(here) == held
    away = {key.hex() for (key,) in rows(here, "SELECT hash FROM forgotten")}
    same = {
        key.hex(): (article or key).hex()
        for key, article in rows(here, "SELECT hash, article FROM links")
    }
    missing = {(key, story) for key, story in wanted if key not in away} - stories(here)
    assert {(same[key], story) for key, story in missing} <= stories(here)
    assert known <= {key for (key,) in rows(here, "SELECT hash FROM links")}
    for (key,) in rows(here, "SELECT url_hash FROM articles"):
        found = versions(here, rows(here, "SELECT url FROM articles WHERE url_hash = ?", key)[0][0])
        assert [number for number, *_ in found] == list(range(1, len(found) + 1))
        assert [moment for *_, moment in found] == sorted(moment for *_, moment in found)
    columns = "url_hash, version FROM"
    held_versions = rows(here, f"SELECT {columns} articles UNION SELECT {columns} article_versions")
    written = {(line["url_hash"], line["version"]) for line in lines(here)}
    assert {pair for pair in written if pair[0] not in away} == set(held_versions)


# -- deaths -----------------------------------------------------------------------------------

#: Where a merge may be killed: what writes, and what gives files their names.
_POINTS = frozenset(
    ["take", "_write_lines", "_rewrite", "rename_durably", "_mark", "settled", "take_memories"]
)


def merge_until(here: Path, there: Path, point: int) -> bool:
    """A process that merges and dies at the n-th point; ``False`` when it came to its end."""
    pid = os.fork()
    if pid == 0:
        passed = count()

        def at_point(frame: FrameType, event: str, _: object) -> None:
            file, name = frame.f_code.co_filename, frame.f_code.co_name
            is_point = name in _POINTS and ("upkeep" in file or "durable" in file)
            if is_point and event in ("call", "return") and next(passed) == point:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(at_point)
        merge_into(here, there)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def test_killed_anywhere_it_ends_as_if_nothing_had_happened(
    tmp_path: Path, here: Path, there: Path, make_article: Any
) -> None:
    for folder, days, run in ((here, (1, 3), 1), (there, (2, 4), 2)):
        store = begin(folder, run=run)
        articles = [
            make_article(n, text=f"Day {d}.", fetched_at=at(d)) for n in (1, 2) for d in days
        ]
        walk(store, articles, run=1)
        for article in [*articles, make_article(run + 5)]:
            store.keep(capture(article))
        end(store)
    # A file of its own, of which nothing is left when the page takes the place of the summary.
    summary = make_article(3, text=None, body_status="summary", fetched_at=at(5))
    fill(here, capture(summary), run=3)
    fill(there, capture(make_article(3, fetched_at=at(4))), run=4)
    undisturbed = shutil.copytree(here, tmp_path / "undisturbed")
    merge_into(undisturbed, there)
    expected = contents(undisturbed)
    for point in count():
        target = shutil.copytree(here, tmp_path / str(point))
        died = merge_until(target, there, point)
        merge_into(target, there)
        assert contents(target) == expected
        assert differences(target) == []
        assert not list((target / LINES).glob("*.part"))
        shutil.rmtree(target)
        if not died:
            break
    assert point > 30


def test_a_crawl_may_start_after_a_killed_merge(
    tmp_path: Path, here: Path, there: Path, make_article: Any
) -> None:
    for folder, days, run in ((here, (1, 3), 1), (there, (2, 4), 2)):
        texts = [make_article(text=f"Day {day}.", fetched_at=at(day)) for day in days]
        fill(folder, *map(capture, texts), outputs=["jsonlines"], run=run)
    for point in count():
        target = shutil.copytree(here, tmp_path / str(point))
        died = merge_until(target, there, point)
        end(begin(target, ["jsonlines"], run=9))
        assert differences(target) == []
        found = sorted((line["version"], line["text"]) for line in lines(target))
        all_of_it = [(day, f"Day {day}.") for day in (1, 2, 3, 4)]
        assert found in (all_of_it, [(1, "Day 1."), (2, "Day 3.")])
        shutil.rmtree(target)
        if not died:
            break
    assert found == all_of_it


def test_a_killed_command_is_run_again(here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(0)))
    fill(there, *(capture(make_article(number)) for number in range(800)), run=2)
    setting = f"NEWSCRAWL_DATA_DIR={here}"
    command = start_scrapy("merge", str(there), "-s", setting)
    while command.poll() is None and not list((here / LINES).glob("merge-*.part")):
        time.sleep(0.002)
    command.kill()
    command.communicate()
    assert command.returncode == -signal.SIGKILL
    assert rows(here, "SELECT count(*) FROM articles") == [(1,)]
    done = scrapy("merge", str(there), "-s", setting)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-5:] == ["799", "799", "0", "1", "799"]
    assert scrapy("reconcile", "-s", setting).returncode == 0


def test_memory_does_not_grow_with_the_store(here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(0)))
    long = "A long text. " * 3000
    fill(there, *(capture(make_article(n, text=f"{n} {long}")) for n in range(400)), run=2)
    tracemalloc.start()
    merge_into(here, there)
    (_, peak) = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000 < (there / FILE).stat().st_size


# -- the command, and stores of real crawls ---------------------------------------------------


def crawl(folder: Path, **arguments: str) -> dict[str, Any]:
    """A replay of the stand-in into a data dir; gives its sums."""
    given = [part for name, value in arguments.items() for part in ("-a", f"{name}={value}")]
    done = scrapy("crawl", "rfi", *given, *replay_settings(folder))
    assert done.returncode == 0, done.stderr
    return last_run(folder)


def test_hosts_with_shared_editions_become_one(tmp_path: Path, here: Path) -> None:
    hosts = [tmp_path / "one", tmp_path / "two"]
    crawl(hosts[0], editions="cn,en")
    crawl(hosts[1], editions="en,fr", max_pages="1")
    setting = f"NEWSCRAWL_DATA_DIR={here}"
    done = scrapy("merge", *map(str, reversed(hosts)), "--json", "-s", setting)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs/json/merge.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    assert scrapy("reconcile", "-s", setting).returncode == 0
    wanted = {url for host in hosts for (url,) in rows(host, "SELECT url FROM articles")}
    assert {url for (url,) in rows(here, "SELECT url FROM articles")} == wanted
    unknown = "SELECT count(*) FROM article_columns WHERE floor IS NULL"
    assert rows(here, unknown) != [(0,)], "walks of one host were cut"
    before = contents(here)
    sums = crawl(here, editions="cn,en,fr")
    assert sums["changed"] == 0
    after = contents(here)
    for table in ("articles", "article_versions", "lines"):
        assert set(before[table]) <= set(after[table])
    new = rows(here, "SELECT edition, count(*) FROM articles GROUP BY 1")
    assert sums["new"] == dict(new)["fr"] - len([url for url in wanted if "/fr/" in url]) > 0
    assert rows(here, unknown) == [(0,)]
    assert scrapy("reconcile", "-s", setting).returncode == 0


def test_a_dry_run_tells_and_writes_nothing(here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(1, text="Old.", fetched_at=at(3))))
    fill(there, capture(make_article(1, fetched_at=at(1))), capture(make_article(2)), run=2)
    before, files = contents(here), {p: p.read_bytes() for p in (here / LINES).iterdir()}
    for _ in range(2):
        done = scrapy("merge", str(there), "--dry-run", "-s", f"NEWSCRAWL_DATA_DIR={here}")
        assert done.returncode == 0, done.stderr
        assert "would come in" in done.stdout
        assert done.stdout.split()[-5:] == ["1", "2", "0", "0", "1"]
    assert contents(here) == before
    assert {p: p.read_bytes() for p in (here / LINES).iterdir()} == files
    new = here.with_name("new")
    done = scrapy("merge", str(there), "--dry-run", "-s", f"NEWSCRAWL_DATA_DIR={new}")
    assert done.returncode == 0, done.stderr
    assert not new.exists()


def test_what_cannot_be_read_whole_exits_1(here: Path, there: Path, make_article: Any) -> None:
    fill(there, capture(make_article(1)), capture(make_article(2)), run=2)
    change(there, "UPDATE articles SET tags = '[' WHERE url LIKE '%story-2'")
    done = scrapy("merge", str(there), "-s", f"NEWSCRAWL_DATA_DIR={here}")
    assert done.returncode == 1
    assert "1 versions could not be read" in done.stdout
    assert rows(here, "SELECT count(*) FROM articles") == [(1,)]


def test_mistakes_are_one_line(tmp_path: Path, here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(1)))
    fill(there, capture(make_article(2)), run=2)
    (tmp_path / "link").symlink_to(here)
    for folder, said in ((here, "the data dir itself"), (tmp_path / "link", "the data dir itself")):
        with pytest.raises(UsageProblem, match=said):
            check(folder, here, SITE.host)
    with pytest.raises(UsageProblem, match=r"there is no newscrawl\.db in it"):
        check(tmp_path / "nothing", here, SITE.host)
    change(there, "PRAGMA user_version = 99")
    with pytest.raises(UsageProblem, match="newer newscrawl"):
        check(there, here, SITE.host)
    (there / FILE).write_bytes(b"no database at all, just text" * 100)
    with pytest.raises(UsageProblem, match="cannot be read"):
        check(there, here, SITE.host)
    done = scrapy("merge", str(there), "-s", f"NEWSCRAWL_DATA_DIR={here}")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_runs_at_work_are_left_alone(here: Path, there: Path, make_article: Any) -> None:
    fill(here, capture(make_article(1)))
    fill(there, capture(make_article(2)), run=2)
    holder = {"run": 7, "pid": os.getpid(), "since": at(1)}
    for folder, name in ((here, SITE.host), (here, "replay"), (there, SITE.host)):
        lock = acquire(folder / LOCKS / name, holder)
        done = scrapy("merge", str(there), "-s", f"NEWSCRAWL_DATA_DIR={here}")
        lock.release()
        assert done.returncode == 3, done.stderr
        assert "run 7" in done.stderr
    assert rows(here, "SELECT count(*) FROM articles") == [(1,)]


def test_a_backup_and_a_store_of_an_older_schema_are_sources(
    tmp_path: Path, here: Path, there: Path, make_article: Any
) -> None:
    fill(there, capture(make_article(1)), run=2)
    backup(there, tmp_path / "copy")
    merged = merged_once(here, tmp_path / "copy")
    assert merged.articles.new == 1
    store = begin(there, run=3)
    store.owe(Link(key_of("https://www.rfi.fr/x"), "https://www.rfi.fr/x", None, "feed"))
    end(store)
    with closing(sqlite3.connect(there / FILE)) as connection, connection:
        for trigger in ("insert", "update", "delete"):
            connection.execute(f"DROP TRIGGER search_due_{trigger}")
        for table in ("search", "search_articles", "search_due", "sources", "forgotten"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("DROP TABLE coverage")
        connection.execute("ALTER TABLE links DROP COLUMN source")
        connection.execute("PRAGMA user_version = 1")
    merged_once(here, there)
    assert rows(here, "SELECT url, source FROM links WHERE state = ?", OWED) == [
        ("https://www.rfi.fr/x", None)
    ]
    assert rows(there, "PRAGMA user_version") == [(1,)]


def test_another_address_of_an_article_comes_over(
    here: Path, there: Path, make_article: Any
) -> None:
    """Either side may know it: as an alias of the same record, or as the record's own there."""
    moved = "https://www.rfi.fr/en/europe/20240101-story-1"
    fill(here, capture(make_article(1)))
    fill(there, capture(make_article(1, url=moved, fetched_at="2024-01-03T10:00:00+00:00")), run=2)
    merged_once(here, there)
    assert rows(here, "SELECT url FROM article_state") == [(moved,)]
    merged_once(there, here)
    assert rows(there, "SELECT url FROM article_state") == [(None,)], "it is the record's own there"
