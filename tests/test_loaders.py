"""The loader on a toy page: rules in order, values cleaned, names noted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from newscrawl.items import Article
from newscrawl.loaders import ArticleLoader, Rule, utc
from newscrawl.text import is_cut


def loader() -> ArticleLoader:
    return ArticleLoader(item=Article(url="https://x.example/", url_hash="0" * 32))


def rule(name: str, key: str) -> Rule[dict[str, Any]]:
    return Rule(name, lambda page: page.get(key))


def test_the_first_rule_that_gives_a_value_wins_and_is_noted() -> None:
    page = {"a": None, "b": "  ", "c": " Title\n ", "d": "Other"}
    rules = [rule(f"rule.{key}", key) for key in "abcd"]
    article = loader()
    assert article.first("title", page, *rules) == "Title"
    item = article.load_item()
    assert (item.title, item.rules["title"]) == ("Title", "rule.c")


def test_rules_after_the_first_that_gives_a_value_are_not_asked() -> None:
    def never(page: dict[str, Any]) -> Any:
        raise AssertionError("asked")

    assert loader().first("title", {"a": "x"}, rule("a", "a"), Rule("never", never)) == "x"


def test_nothing_leaves_the_field_empty_and_unnamed() -> None:
    article = loader()
    assert article.first("title", {}, rule("a", "a")) is None
    item = article.load_item()
    assert item.title is None
    assert "title" not in item.rules


@pytest.mark.parametrize(
    ("page", "value", "name"),
    [
        ({"a": "cut……", "b": "whole"}, "whole", "b"),
        ({"a": "cut……"}, "cut……", "a"),
        ({"a": "cut……", "b": "cut too…"}, "cut……", "a"),
    ],
)
def test_a_worse_value_is_taken_only_where_there_is_no_better(
    page: dict[str, Any], value: str, name: str
) -> None:
    article = loader()
    assert article.first("lead", page, rule("a", "a"), rule("b", "b"), worse=is_cut) == value
    assert article.load_item().rules["lead"] == name


def test_lists_stay_lists_and_maps_stay_maps() -> None:
    article = loader()
    article.first("breadcrumb", {"a": ["x ", "y"]}, rule("a", "a"))
    article.first("alternates", {"a": {"fr": "https://x.example/fr"}}, rule("a", "a"))
    item = article.load_item()
    assert item.breadcrumb == ["x", "y"]
    assert item.alternates == {"fr": "https://x.example/fr"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2023-09-01T03:03:28+02:00", "2023-09-01T01:03:28+00:00"),
        ("2023-09-01T01:03:28", "2023-09-01T01:03:28+00:00"),
        ("2023-09-01T01:03:28.9Z", "2023-09-01T01:03:28+00:00"),
        (datetime(2023, 9, 1, tzinfo=UTC), "2023-09-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (date(2023, 9, 1), None),
        (7, None),
    ],
)
def test_times_are_written_in_utc(value: Any, written: str | None) -> None:
    assert utc(value) == written
