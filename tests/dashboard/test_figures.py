"""What the dashboard reads from a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import iso
from newscrawl.dashboard.gaps import gaps
from newscrawl.items import Article
from newscrawl.store import schema
from newscrawl.store.dashboard import Figures, read
from newscrawl.store.database import FILE, connect, transaction
from newscrawl.store.folder import prepare_folder
from newscrawl.store.records import insert, keep_version

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
Fill = Callable[..., Figures]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Store some articles and read the figures of 30 days."""

    def fill(*articles: Article, days: int = 30) -> Figures:
        prepare_folder(tmp_path)
        with closing(connect(tmp_path)) as connection, transaction(connection):
            for article in articles:
                insert(connection, article, bodies=True)
        found = read(tmp_path, NOW, days)
        assert found is not None
        return found

    return fill


def told(make: Any, number: int, days_ago: float, lag_h: float = 1, **more: Any) -> Article:
    published = NOW - timedelta(days=days_ago)
    article = make(
        number,
        published_at=iso(published),
        fetched_at=iso(published + timedelta(hours=lag_h)),
    )
    return replace(article, **more)


def test_articles_by_day_and_column(fill: Fill, make_article: Any) -> None:
    found = fill(
        told(make_article, 1, 0, column="A"),
        told(make_article, 2, 0.1, column="A"),
        told(make_article, 3, 1, column="A"),
        told(make_article, 4, 1, edition="cn"),
        told(make_article, 5, 29, column="B"),
        told(make_article, 6, 30, column="B"),
    )
    assert (found.first, found.last) == (date(2026, 6, 1), date(2026, 6, 30))
    days = {(one.edition, one.column, one.day.day): one.articles for one in found.days}
    assert days == {("en", "A", 30): 2, ("en", "A", 29): 1, ("cn", "", 29): 1, ("en", "B", 1): 1}
    newest = {(one.edition, one.column): one.articles for one in found.newest}
    assert newest == {("en", "A"): 3, ("en", "B"): 2, ("cn", ""): 1}
    assert found.articles == 6


def test_days_end_with_the_newest_article_when_all_are_old(fill: Fill, make_article: Any) -> None:
    assert fill(told(make_article, 1, 29)).last == NOW.date()
    found = fill(told(make_article, 2, 200), days=14)
    assert found.last == (NOW - timedelta(days=29)).date()
    assert sum(one.articles for one in found.days) == 1


def test_lags(fill: Fill, make_article: Any, tmp_path: Path) -> None:
    changed = told(make_article, 4, 3, lag_h=2)
    found = fill(
        *(told(make_article, number, 2, lag_h=number) for number in (1, 2, 3)),
        changed,
        told(make_article, 5, 4, lag_h=24 * 15),
    )
    lags = {one.day.day: one for one in found.lags}
    assert lags[28].articles == 3
    assert lags[28].half_s == 2 * 3600
    assert 2 * 3600 < lags[28].most_s <= 3 * 3600
    assert found.late == 1
    assert set(lags) == {27, 28}
    with closing(connect(tmp_path)) as connection, transaction(connection):
        keep_version(connection, changed.url_hash, iso(NOW))
        connection.execute(
            "UPDATE articles SET version = 2, fetched_at = ? WHERE url_hash = ?",
            (iso(NOW), changed.url_hash),
        )
    again = read(tmp_path, NOW, 30)
    assert again is not None
    assert {one.day.day: one.half_s for one in again.lags}[27] == 2 * 3600, "the first capture"


def test_a_database_without_coverage_and_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path, NOW, 30) is None
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(f"{schema.MIGRATIONS[0]}; PRAGMA user_version = 1;")
    found = read(tmp_path, NOW, 30)
    assert found is not None
    assert (found.articles, found.days, found.shares, found.runs) == (0, [], [], [])


# -- gaps ------------------------------------------------------------------------------------------


def row(*days: int) -> dict[str, dict[date, int]]:
    return {"a": {date(2026, 5, 31) + timedelta(days=day): 1 for day in days}}


def gap_days(*days: int, last: int = 30) -> list[int]:
    return [day.day for _, day in gaps(row(*days), date(2026, 6, last))]


def test_a_daily_column_that_pauses() -> None:
    assert gap_days(*range(1, 20), *range(22, 31)) == [20, 21]
    assert gap_days(*range(1, 22)) == [*range(22, 31)], "and one that stopped"


def test_a_column_without_weekends() -> None:
    working = [day for day in range(1, 31) if date(2026, 6, day).weekday() < 5]
    assert gap_days(*working) == []
    assert gap_days(*(day for day in working if day != 24)) == [24]


def test_a_weekly_column() -> None:
    assert gap_days(2, 9, 16, 23, 30) == []
    assert gap_days(2, 9, 16, 30) == [23]


def test_one_article_tells_nothing() -> None:
    assert gap_days(3) == []
