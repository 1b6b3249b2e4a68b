"""When a stored article is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import iso
from newscrawl.store import Capture, Store
from newscrawl.store.folder import prepare_folder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEPS = [3600.0, 6 * 3600.0, 86400.0, 3 * 86400.0, 14 * 86400.0]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    prepare_folder(tmp_path)
    store = Store(tmp_path, ["sqlite"])
    yield store
    store.close()


def keep(
    store: Store, make_article: Any, number: int, *, published: timedelta, asked: timedelta
) -> str:
    """An article published and last asked for so long before NOW."""
    article = make_article(number, published_at=iso(NOW - published), fetched_at=iso(NOW - asked))
    store.keep(Capture(article, bytes.fromhex(article.url_hash)))
    return str(article.url)


def due(store: Store, budget: int = 100, editions: tuple[str, ...] = ("en",)) -> list[str]:
    return [link.url for link in store.looks.due(editions, None, NOW, STEPS, budget)]


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("published", "asked", "is_due"),
    [
        (0.5 * HOUR, 0.4 * HOUR, False),  # the first step is ahead
        (1.1 * HOUR, 1.05 * HOUR, True),
        (1.1 * HOUR, 0.05 * HOUR, False),  # asked after the step
        (5 * DAY, 4.9 * DAY, True),  # several steps passed: one look
        (5 * DAY, 1.9 * DAY, False),  # asked after the last step passed so far
        (10 * DAY, 9 * HOUR, False),  # steps before the first fetch are not made up
        (14.5 * DAY, 13 * DAY, True),
        (14.5 * DAY, 0.4 * DAY, False),
        (100 * DAY, 99 * DAY, False),  # too old for any look
    ],
)
def test_a_look_is_due(
    store: Store, make_article: Any, published: timedelta, asked: timedelta, is_due: bool
) -> None:
    url = keep(store, make_article, 1, published=published, asked=asked)
    assert due(store) == ([url] if is_due else [])


def test_the_newest_first_within_the_budget(store: Store, make_article: Any) -> None:
    urls = [
        keep(store, make_article, n, published=(2 + n) * HOUR, asked=(1.5 + n) * HOUR)
        for n in range(4)
    ]
    assert due(store) == urls
    assert due(store, budget=2) == urls[:2]
    assert due(store, budget=0) == []


def test_other_editions_and_no_steps(store: Store, make_article: Any) -> None:
    keep(store, make_article, 1, published=2 * HOUR, asked=1.5 * HOUR)
    assert due(store, editions=("fr",)) == []
    assert store.looks.due(("en",), None, NOW, [], 100) == []
    assert store.looks.due(("en",), {7}, NOW, STEPS, 100) == []


def test_an_answer_that_nothing_changed_counts_as_a_look(store: Store, make_article: Any) -> None:
    keep(store, make_article, 1, published=2 * HOUR, asked=1.5 * HOUR)
    (link,) = store.looks.due(("en",), None, NOW, STEPS, 100)
    store.unchanged(link.hash, NOW)
    assert due(store) == []


def test_a_look_that_failed_is_tried_again_at_its_time(store: Store, make_article: Any) -> None:
    keep(store, make_article, 1, published=2 * HOUR, asked=1.5 * HOUR)
    (link,) = store.looks.due(("en",), None, NOW, STEPS, 100)
    assert not store.fail(link, "http_404", NOW)
    assert due(store) == []
    later = NOW + 25 * HOUR
    assert store.looks.due(("en",), None, later, STEPS, 100) == [link]
    assert store.fail(link, "http_404", later), "missing twice, a day apart"
    assert store.looks.due(("en",), None, later + 2 * HOUR, STEPS, 100) == []


def test_a_fetch_of_a_clock_that_was_ahead_puts_no_look_off(
    store: Store, make_article: Any
) -> None:
    url = keep(store, make_article, 1, published=2 * HOUR, asked=-3000 * DAY)
    assert due(store) == [url]
