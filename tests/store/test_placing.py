"""Captures in any order, in any number of runs: the versions follow the time of capture."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import now
from newscrawl.store import Capture, Store
from newscrawl.store.database import connect
from newscrawl.store.folder import prepare_folder
from newscrawl.upkeep.compare import Comparison
from tests.crawling import query

_STORIES = "ABCD"
_VERSIONS = (
    "SELECT version, title, fetched_at FROM articles UNION ALL"
    " SELECT version, title, fetched_at FROM article_versions ORDER BY 1"
)


def at(minute: int) -> str:
    return f"2024-01-02T10:{minute:02}:00+00:00"


def run(
    data: Path,
    make_article: Any,
    seen: Sequence[tuple[int, str]],
    outputs: Sequence[str],
    rules: str = "1",
) -> list[str]:
    """Place captures (minute and story); gives their outcomes."""
    with closing(Store(data, outputs)) as store:
        store.mend()
        store.begin_run(
            spider="extract",
            started=now(),
            mode="archive",
            arguments={},
            extractor=rules,
            rotate=(3600, 50),
        )
        found = []
        captures = sorted(seen)

        def is_followed(capture: Capture, before: str) -> bool:
            article = capture.article
            return any(
                article.fetched_at < at(minute) < before and title != article.title
                for minute, title in captures
            )

        for minute, title in captures:
            article = make_article(1, title=title, fetched_at=at(minute))
            asked = bytes.fromhex(article.url_hash)
            found.append(store.place(Capture(article, asked, extractor=rules), is_followed).outcome)
        store.publish()
        return found


@pytest.mark.parametrize("outputs", [("jsonlines", "sqlite"), ("jsonlines",), ("sqlite",)])
def test_any_order_gives_versions_in_the_order_of_time(
    tmp_path: Path, make_article: Any, outputs: tuple[str, ...]
) -> None:
    for seed in range(12):
        chance = random.Random(seed)
        data = tmp_path / str(seed)
        prepare_folder(data)
        minutes = chance.sample(range(60), 12)
        seen = [(minute, chance.choice(_STORIES)) for minute in minutes]
        for begin in range(0, len(seen), 4):
            run(data, make_article, seen[begin : begin + 4], outputs)
        found = query(data, _VERSIONS)
        numbers, titles, times = zip(*found, strict=True)
        assert numbers == tuple(range(1, len(found) + 1)), seed
        assert list(times) == sorted(times), seed
        assert all(one != next_ for one, next_ in pairwise(titles)), seed
        assert set(titles) == {title for _, title in seen}, seed
        assert titles[-1] == max(seen)[1], "the newest capture is the current version"
        with closing(connect(data)) as connection:
            findings = list(Comparison(connection, data).findings())
        assert findings == [], seed


def test_captures_in_the_order_of_time_give_what_a_crawl_gives(
    tmp_path: Path, make_article: Any
) -> None:
    for seed in range(5):
        chance = random.Random(seed)
        data = tmp_path / str(seed)
        prepare_folder(data)
        seen = [(minute, chance.choice(_STORIES)) for minute in range(0, 60, 5)]
        run(data, make_article, seen, ("jsonlines", "sqlite"))
        chain = [
            one for one, before in zip(seen, [(0, ""), *seen], strict=False) if one[1] != before[1]
        ]
        assert [title for _, title, _ in query(data, _VERSIONS)] == [title for _, title in chain]
