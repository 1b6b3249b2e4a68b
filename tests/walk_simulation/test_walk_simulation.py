"""A share of the simulation, and that it would find what it is there for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from unittest import mock

import pytest

from newscrawl.crawl.walk import Walk
from newscrawl.store.columns import BOTTOM
from newscrawl.store.links import Links
from tests.walk_simulation.scenario import play


@pytest.fixture(autouse=True)
def _without_log() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_update_runs_find_what_a_full_walk_would(first: int) -> None:
    failed = {seed: problems for seed in range(first, first + 100) if (problems := play(seed))}
    assert failed == {}, "replay: python -m tests.walk_simulation.run --seed N"


def some_fail(seeds: range = range(300)) -> bool:
    return any(play(seed) for seed in seeds)


def test_a_walk_that_takes_since_for_the_end_is_found_out() -> None:
    with mock.patch.object(Walk, "floor", property(lambda _: BOTTOM, lambda *_: None), create=True):
        assert some_fail()


def test_links_that_stay_gone_when_they_are_listed_again_are_found_out() -> None:
    with mock.patch.object(Links, "list_again"):
        assert some_fail()
