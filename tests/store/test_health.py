"""The state of the crawl as its runs tell it, and what runs are compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import now
from newscrawl.store import Link, Store, Terms
from newscrawl.store.database import connect
from newscrawl.store.folder import prepare_folder
from newscrawl.store.health import Debts, Standing
from newscrawl.store.links import key_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    prepare_folder(tmp_path)
    found = Store(tmp_path, ["sqlite"])
    yield found
    found.close()


def enter(store: Store, age: timedelta, editions: str, **more: Any) -> int:
    """A run that began so long ago and took ten minutes."""
    started = now() - age
    run = store.begin_run(
        spider="rfi",
        started=started,
        mode="update",
        arguments={},
        extractor="1",
        rotate=(3600, 1000),
    )
    summary = {
        "asked": 10,
        "listing_requests": 5,
        "editions": editions.split(),
        "fresh": dict.fromkeys(editions.split(), 3),
        "replay": more.get("replay", False),
        "problems": more.get("problems", []),
        "warnings": more.get("warnings", []),
    }
    code = 1 if more.get("problems") else 0
    verdict = f"verdict {run}"
    store.end_run(run, started + timedelta(minutes=10), code, verdict, summary, [])
    return run


def days(number: float) -> timedelta:
    return timedelta(days=number)


def test_an_empty_store_is_healthy(store: Store) -> None:
    assert store.health.standing(now()) == Standing("healthy")
    assert store.health.told() == {}
    assert store.health.debts() == Debts(0, 0, 0)


def test_the_worst_of_the_last_runs_of_all_editions(store: Store) -> None:
    enter(store, days(3), "cn tw", problems=["cn is broken"])
    enter(store, days(2), "fa", warnings=["fa is slow"])
    enter(store, days(1), "fr")
    found = store.health.standing(now())
    assert found == Standing("unhealthy", ("cn is broken",), ("fa is slow",))
    enter(store, days(0.5), "cn tw")
    assert store.health.standing(now()) == Standing("warned", (), ("fa is slow",))
    enter(store, days(0.2), "fa")
    assert store.health.standing(now()).state == "healthy"


def test_what_is_a_week_old_no_longer_counts_unless_nothing_came_after(store: Store) -> None:
    enter(store, days(9), "cn", problems=["cn is broken"])
    assert store.health.standing(now()).state == "unhealthy"
    enter(store, days(1), "fr")
    assert store.health.standing(now()).state == "healthy"


def test_replays_are_left_out_where_only_the_site_counts(store: Store) -> None:
    enter(store, days(2), "cn", warnings=["slow"])
    enter(store, days(1), "cn", replay=True, problems=["broken"])
    assert store.health.standing(now()).state == "unhealthy"
    assert store.health.standing(now(), replays=False).state == "warned"


def test_a_killed_run_is_unhealthy_until_the_next(store: Store, tmp_path: Path) -> None:
    run = enter(store, days(1), "cn")
    db = connect(tmp_path)
    db.execute(
        "UPDATE runs SET state = 'killed', summary = NULL, exit_code = NULL WHERE id = ?", (run,)
    )
    db.close()
    assert store.health.standing(now()).problems == ("the last run was killed",)
    enter(store, days(0.5), "cn")
    assert store.health.standing(now()).state == "healthy"


def test_what_was_told_is_that_of_the_last_run_that_told(store: Store) -> None:
    first = enter(store, days(2), "cn")
    store.health.note_told(first, {"slack": "warned"})
    enter(store, days(1), "cn")
    assert store.health.told() == {"slack": "warned"}


def test_runs_before(store: Store) -> None:
    enter(store, days(40), "cn")
    enter(store, days(2), "cn fa")
    enter(store, days(1), "cn", replay=True)
    last = enter(store, days(0), "cn")
    (found,) = store.health.past(last, now() - days(35))
    assert (found.seconds, found.requests, found.new) == (600, 15, {"cn": 3, "fa": 3})


def test_debts(store: Store) -> None:
    moment = now()
    for number in range(4):
        url = f"https://www.rfi.fr/en/a/20240101-{number}"
        link = Link(key_of(url), url, None)
        store.owe(link)
        for _ in range(number + 1):
            store.fail(link, "http_500", moment)
    rejected = Link(key_of("https://www.rfi.fr/en/r"), "https://www.rfi.fr/en/r", None)
    store.reject(rejected, "no_title", moment, "1")
    assert store.health.debts() == Debts(stuck=2, rejected=1, articles=0)


def test_new_links_of_a_column(store: Store) -> None:
    column = store.walks.enter_column("cn", "x", "https://www.rfi.fr/cn/x/", "column")
    assert store.health.watched_since(column.id) is None
    for age, keys in ((20, [b"a" * 16, b"b" * 16]), (3, [b"c" * 16])):
        run = enter(store, days(age), "cn")
        store.walks.record_listing(column, run, Terms(now(), "1"), shown=keys, wanted=[], rows=2)
    assert store.health.joined(column.id, now() - days(7)) == 1
    assert store.health.joined(column.id, now() - days(21)) == 3
    assert store.health.joined(column.id, now()) == 0
    since = store.health.watched_since(column.id)
    assert since is not None
    assert abs(since - (now() - days(20))) < timedelta(minutes=5)


def test_the_newest_article_of_an_edition(store: Store, tmp_path: Path) -> None:
    db = connect(tmp_path)
    for moment in ("2024-01-01T10:00:00+00:00", "2024-03-01T10:00:00+00:00"):
        db.execute(
            "INSERT INTO articles (url_hash, edition, published_at) VALUES (?, 'fa', ?)",
            (moment, moment),
        )
    db.close()
    found = store.health.newest(["fa", "km"])
    assert found == {"fa": datetime.fromisoformat("2024-03-01T10:00:00+00:00"), "km": None}


def test_the_summary_stays_valid_json(store: Store, tmp_path: Path) -> None:
    run = enter(store, days(1), "cn")
    store.health.note_told(run, {"webhook": "healthy"})
    db = connect(tmp_path)
    ((text,),) = db.execute("SELECT summary FROM runs").fetchall()
    db.close()
    assert json.loads(text)["told"] == {"webhook": "healthy"}
    assert json.loads(text)["editions"] == ["cn"]
