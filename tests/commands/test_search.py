"""``scrapy search`` as people and programs use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.crawling import ROOT, query, replay_settings, scrapy
from tests.search.stand_in import fill, stand_in_records


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("found") / "data"
    fill(data, stand_in_records(), indexed=False)
    return data


def search(folder: Path, *arguments: str, code: int = 0) -> Any:
    done = scrapy("search", *arguments, "-s", f"NEWSCRAWL_DATA_DIR={folder}")
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_what_is_due_is_taken_up_and_found(folder: Path) -> None:
    told = search(folder, "候鸟驿站", "-n", "2").stdout
    assert told.count("https://www.rfi.fr/cn/") == 2
    assert "2 of 5 articles; -n shows more" in told
    assert query(folder, "SELECT count(*) FROM search_due") == [(0,)]
    assert "nothing was found" in search(folder, "候鸟驿站", "--edition", "tw").stdout


def test_as_json(folder: Path) -> None:
    found = json.loads(search(folder, "chantier brume", "--json", "-n", "3").stdout)
    schema = json.loads((ROOT / "docs/json/search.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert len(found["articles"]) == 3
    assert found["number"] > 3
    scores = [article["score"] for article in found["articles"]]
    assert scores == sorted(scores, reverse=True)
    marked = [piece["text"] for piece in found["articles"][0]["snippet"] if piece["found"]]
    assert set(marked) <= {"chantier", "brume"}
    assert marked


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "name what to look for"),
        (("-n", "0", "x"), "is no number from 1 to 1000"),
        (("-n", "many", "x"), "is no number from 1 to 1000"),
        (("x", "--edition", "cm"), "unknown edition 'cm'; did you mean"),
        (("x", "--jsn"), "unknown option --jsn; did you mean --json"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], line: str) -> None:
    assert line in search(folder, *arguments, code=2).stderr


def test_without_a_database(tmp_path: Path) -> None:
    assert "there is no database in" in search(tmp_path / "none", "x", code=2).stderr


def test_a_run_leaves_its_articles_findable(replayed: Path) -> None:
    """The run itself takes up what it stored."""
    assert query(replayed, "SELECT count(*) FROM search_due") == [(0,)]
    assert query(
        replayed, "SELECT (SELECT count(*) FROM search_articles) = (SELECT count(*) FROM articles)"
    ) == [(1,)]


def test_forgotten_articles_are_not_found(tmp_path: Path) -> None:
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path), "-a", "editions=fa")
    assert done.returncode == 0, done.stderr
    found = json.loads(search(tmp_path, "آشپزخانه", "--json").stdout)
    url = found["articles"][0]["url"]
    assert scrapy("forget", url, "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}").returncode == 0
    again = json.loads(search(tmp_path, "آشپزخانه", "--json").stdout)
    assert again["number"] == found["number"] - 1
    assert url not in [article["url"] for article in again["articles"]]
