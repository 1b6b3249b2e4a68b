"""A small share of the black box: fixed seeds, and that a broken promise is noticed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.black_box.plan import Step, plan
from tests.black_box.run import Player, player
from tests.black_box.sequence import Sequence

SEEDS = range(22)


@pytest.fixture(scope="module")
def played() -> Iterator[Player]:
    with player() as made:
        yield made


@pytest.mark.debian
@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept(played: Player, seed: int) -> None:
    broken = played.play(plan(seed))
    told = "\n".join(["", *played.machine.transcript, *map(str, broken)])
    assert not broken, f"{told}\nreplay: python -m tests.black_box.run --seed {seed}"


def test_a_seed_is_one_plan() -> None:
    assert plan(7) == plan(7)
    assert plan(7) != plan(8)


@pytest.mark.debian
def test_what_is_lost_is_noticed(played: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """An article and its text vanish, and a line of another one is torn."""

    def lose(self: Sequence, *_: object) -> None:
        with closing(sqlite3.connect(self.data / "newscrawl.db")) as db, db:
            (lost,) = db.execute("SELECT min(url_hash) FROM articles").fetchone()
            db.execute("DELETE FROM articles WHERE url_hash = ?", (lost,))
        lines = next((self.data / "articles").glob("*.jsonl"))
        lines.write_bytes(lines.read_bytes()[:-9])

    monkeypatch.setattr(Sequence, "_look", lose)
    steps = (Step("crawl", "calm"), Step("look", "calm"))
    found = plan(0)
    broken = played.play(type(found)(0, "jsonlines,sqlite", 5, "3650d", steps))
    assert {"lost_version", "lost_article", "torn_line"} <= {one.kind for one in broken}
