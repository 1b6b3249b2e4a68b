"""Coverage per run, edition and field, and what a fall of it says."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import now
from newscrawl.coverage import Cover, Coverage
from newscrawl.store import Store, schema
from newscrawl.store.folder import prepare_folder

RULES = {"title": ("dom.h1", "meta.og:title"), "tags": ("dom.tags",), "lead": ("dom.chapo",)}


def coverage(make_article: Any, *rules: dict[str, str]) -> Coverage:
    found = Coverage(RULES)
    for number, named in enumerate(rules):
        found.add(make_article(number, rules=named))
    return found


GOOD = {"title": "dom.h1", "tags": "dom.tags"}


def test_shares(make_article: Any) -> None:
    found = coverage(make_article, GOOD, {"title": "meta.og:title"}, GOOD).covers()
    assert found == [
        Cover("en", "", "title", 3, 3, 2),
        Cover("en", "", "lead", 3, 0, 0),
        Cover("en", "", "tags", 3, 2, 2),
    ]


def test_a_field_that_falls_is_named_with_its_edition_and_rule(make_article: Any) -> None:
    before = coverage(make_article, *[GOOD] * 30).covers()
    now_ = coverage(make_article, *[GOOD] * 5, *[{"title": "dom.h1"}] * 15)
    (problem,) = now_.falls(before, 0.3)
    assert "tags of en is in 25% of 20 records, 100% before (its first rule is dom.tags)" in problem


def test_a_rule_that_others_stand_in_for_is_named(make_article: Any) -> None:
    before = coverage(make_article, *[GOOD] * 30).covers()
    fallen = {**GOOD, "title": "meta.og:title"}
    (problem,) = coverage(make_article, *[fallen] * 20).falls(before, 0.3)
    assert "rule dom.h1 gives title of en in 0% of 20 records, 100% before" in problem


def test_other_columns_than_before_are_no_fall(make_article: Any) -> None:
    """Pages of a column have tags, those of a section never: the mixture alone says nothing."""

    def mixed(columns: int, sections: int) -> Coverage:
        found = Coverage(RULES)
        for number in range(columns):
            found.add(make_article(number, column="Show", rules=GOOD))
        for number in range(sections):
            found.add(make_article(number, section="Africa", rules={"title": "dom.h1"}))
        return found

    before = mixed(columns=57, sections=3).covers()
    assert mixed(columns=2, sections=30).falls(before, 0.3) == []
    assert mixed(columns=0, sections=30).falls(mixed(30, 0).covers(), 0.3) == []


@pytest.mark.parametrize(
    ("before", "now_", "threshold"),
    [
        ([GOOD] * 30, [GOOD] * 15 + [{"title": "dom.h1"}] * 5, 0.3),  # not far enough
        ([GOOD] * 30, [{"title": "dom.h1"}] * 9, 0.3),  # too few records
        ([GOOD] * 9, [{"title": "dom.h1"}] * 30, 0.3),  # too little to compare with
        ([GOOD] * 20 + [{}] * 10, [{}] * 30, 0.3),  # was never the usual case
        ([GOOD] * 30, [{}] * 30, 1.0),  # never
        ([], [{}] * 30, 0.3),
    ],
)
def test_no_alarm(make_article: Any, before: Any, now_: Any, threshold: float) -> None:
    old = coverage(make_article, *before).covers()
    assert coverage(make_article, *now_).falls(old, threshold) == []


def begin(store: Store) -> int:
    return store.begin_run(
        spider="rfi", started=now(), mode="update", arguments={}, extractor="1", rotate=(60, 9)
    )


def test_only_healthy_runs_are_compared_with(tmp_path: Path) -> None:
    prepare_folder(tmp_path)
    store = Store(tmp_path, ["sqlite"])
    for exit_code, filled in ((0, 10), (1, 0), (0, 8)):
        run = begin(store)
        store.end_run(run, now(), exit_code, "", {}, [Cover("en", "", "tags", 10, filled, filled)])
    last = begin(store)
    assert store.coverage.before(last) == [Cover("en", "", "tags", 20, 18, 18)]
    assert store.coverage.before(1) == []
    store.close()


def test_a_database_of_version_1_gets_the_table(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "newscrawl.db")
    connection.executescript(f"{schema.MIGRATIONS[0]}; PRAGMA user_version = 1;")
    connection.close()
    prepare_folder(tmp_path)
    store = Store(tmp_path, ["sqlite"])
    run = begin(store)
    store.end_run(run, now(), 0, "", {}, [Cover("en", "", "tags", 1, 1, 1)])
    store.close()
    connection = sqlite3.connect(tmp_path / "newscrawl.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    connection.close()
