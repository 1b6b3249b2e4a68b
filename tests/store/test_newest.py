"""The newest articles of a place, and the order in which records are read."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import Article
from newscrawl.store import newest
from newscrawl.store.database import up_to_date
from newscrawl.store.selection import Selected, Selection
from tests.store.test_store import capture, open_store

FILTERS = [
    Selection(),
    Selection(editions=("en",)),
    Selection(kinds=("episode",), languages=("en",), full=True),
    Selection(since=datetime(2024, 1, 5, tzinfo=UTC), until=datetime(2024, 1, 20, tzinfo=UTC)),
    Selection(changed_since=datetime(2024, 1, 1, tzinfo=UTC)),
    Selection(versions=True, editions=("en",)),
]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles of two editions with few times, many alike, some without."""
    folder = tmp_path_factory.mktemp("many")
    store = open_store(folder)
    chance = random.Random(7)
    for number in range(300):
        day = chance.randrange(30)
        edition = chance.choice(["en", "fr"])
        article = Article(
            url=f"https://www.rfi.fr/{edition}/20240101-story-{number}",
            url_hash=md5(b"%d" % number).hexdigest(),
            edition=edition,
            language=edition,
            kind=chance.choice(["article", "episode"]),
            column=chance.choice(["Talk", "Notes", None, None]),
            section=chance.choice(["Africa", "Culture", None]),
            title=f"Story {number}",
            published_at=f"2024-01-{day:02}T10:00:00+00:00" if day else None,
            body_status="full" if day else "summary",
            content_hash=f"{number:032x}",
            fetched_at="2024-02-01T10:00:00+00:00",
        )
        store.keep(capture(article))
    store.publish()
    store.close()
    return folder


@pytest.mark.parametrize("selection", FILTERS[:5])
def test_the_newest_of_columns_and_sections(
    many: Path, selection: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "_CHUNK", 7)
    with up_to_date(many) as connection:
        selected = Selected(connection, many, selection)
        found: dict[Any, list[str]] = {}
        for edition, columns in newest.editions(selected).items():
            for column in columns:
                rows = newest.of_column(selected, edition, column, 9)
                found[edition, column, None] = [row["url_hash"] for row in rows]
            for section, rows in newest.of_sections(selected, edition, 9).items():
                found[edition, None, section] = [row["url_hash"] for row in rows]
        wanted: dict[Any, list[Any]] = {}
        for record in selected:
            section = None if record["column"] else record["section"]
            wanted.setdefault((record["edition"], record["column"], section), []).append(record)
    for place, records in wanted.items():
        records.sort(key=lambda one: (one["published_at"] or "", one["url_hash"]), reverse=True)
        assert found.pop(place) == [one["url_hash"] for one in records[:9]]
    assert not any(found.values())
    assert len(wanted) > 4


@pytest.mark.parametrize("selection", FILTERS)
def test_chunks_are_read_in_the_order_of_their_keys(many: Path, selection: Selection) -> None:
    """A chunk that had to be sorted would read all that is left, every time."""
    with up_to_date(many) as connection:
        selected = Selected(connection, many, selection)
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN {selected._chunk()}", selected._given(("", 0))
        ).fetchall()
        steps = [row["detail"] for row in plan]
        keys = [(record["url_hash"], record["version"]) for record in selected]
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps
    assert [step for step in steps if step.startswith("SCAN")] == []
    assert keys == sorted(keys)
    assert keys


def test_named_records_come_in_the_order_asked_for(many: Path) -> None:
    with up_to_date(many) as connection:
        selected = Selected(connection, many, Selection())
        records = {record["url_hash"]: record for record in selected}
        hashes = sorted(records, key=lambda url_hash: url_hash[::-1])
        asked = [*hashes[:150], "0" * 32, *hashes[150:]]
        assert list(selected.named(asked)) == [records[url_hash] for url_hash in hashes]
