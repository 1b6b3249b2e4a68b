"""Differences in bounded time, whatever is compared."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from newscrawl import comparing
from newscrawl.comparing import Comparing
from tests.crawling import scrapy
from tests.store.test_store import capture, open_store


def both(parts: list[comparing.Compared]) -> tuple[str, str]:
    return tuple("".join("".join(part[side]) for part in parts) for side in (1, 2))  # type: ignore


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("", "", []),
        ("abc", "abc", ["abc"]),
        ("abc", "", []),
        ("", "abc", []),
        ("abcd", "xbcy", ["bc"]),
        ("aaa", "aa", ["aa"]),
        ("one two three", "one 2 three", ["one ", " three"]),
        ("abcabc", "abc", ["abc"]),
    ],
)
def test_what_is_the_same(one: str, two: str, same: list[str]) -> None:
    compare = Comparing()
    parts = list(compare.parts(one, two))
    assert both(parts) == (one, two)
    assert ["".join(old) for is_same, old, _ in parts if is_same] == same
    assert all(old == new for is_same, old, new in parts if is_same)
    assert compare.is_whole


def test_any_two_texts_are_found_again_in_their_parts() -> None:
    random = Random(1)
    for _ in range(300):
        one, two = ("".join(random.choices("ab c", k=random.randrange(30))) for _ in range(2))
        assert both(list(Comparing().parts(one, two))) == (one, two)


def test_what_there_is_no_time_for_is_different(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "_SECONDS", -1)
    compare = Comparing()
    assert list(compare.parts("axb", "ayb"))[1] == (False, "x", "y")
    assert not compare.is_whole


def test_so_many_alike_that_one_step_would_take_long() -> None:
    compare = Comparing()
    one, two = "x" + "ab" * 500_000 + "y", "y" + "ba" * 500_000 + "x"
    assert list(compare.parts(one, two)) == [(False, one, two)]
    assert not compare.is_whole


def test_history_of_versions_that_are_costly_to_compare(tmp_path: Path, make_article: Any) -> None:
    store, random = open_store(tmp_path), Random(1)
    for _ in range(4):
        text = "\n\n".join(random.choice(["a", "b", "c", "-- d"]) for _ in range(30_000))
        store.keep(capture(make_article(1, text=text)))
    store.publish()
    store.close()
    url = make_article(1).url
    done = scrapy("history", url, "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}", timeout=60)
    assert done.returncode == 0, done.stderr
    assert "to compare it all" in done.stdout
    assert "    + -- d" in done.stdout
