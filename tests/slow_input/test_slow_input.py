"""A share of all cases, another one for each target, and that no pattern is forgotten."""

from __future__ import annotations

import os
from time import monotonic

from tests.slow_input import mutations, patterns, readers, run

#: Of the texts, and of the mutations of a page, every so-many-th is tried.
_TEXTS, _MUTATIONS = 12, 400


def failing(targets: list[str], every: int) -> list[str]:
    jobs = len(os.sched_getaffinity(0))
    cases = [case for some in run.everything(targets, jobs, every) for case in some]
    assert len(cases) >= len(targets)
    return [str(case) for case in cases if case.has_failed]


def test_patterns_are_fast() -> None:
    assert failing(list(patterns.uses()), _TEXTS) == []


def test_readers_are_fast_and_raise_nothing() -> None:
    assert failing(list(readers.readers()), _TEXTS) == []


def test_mutated_pages_give_records_that_can_be_kept() -> None:
    assert failing(mutations.targets(), _MUTATIONS) == []


def test_every_pattern_is_tried_or_listed() -> None:
    """Those of modules and classes are found by themselves, those in functions where they are
    written there; any other must be listed with the reader that reaches it."""
    unseen = {name for name, pattern, method in patterns.inline() if pattern is None}
    unseen |= {name for name, _, method in patterns.inline() if method == "compile"}
    assert unseen == set(patterns.MADE_LATE)
    assert set(patterns.MADE_LATE.values()) <= readers.readers().keys()
    assert patterns.objects().keys() >= patterns.NOT_FOREIGN.keys()
    tried = {use.name for use in patterns.uses().values()}
    assert (
        patterns.objects().keys()
        == (tried | patterns.NOT_FOREIGN.keys()) & patterns.objects().keys()
    )


def test_a_hang_is_a_failure_and_not_the_end() -> None:
    began = monotonic()
    trying = run.Trying()
    try:
        cases = trying("hang for the test")
    finally:
        trying.close()
    assert [case.has_failed for case in cases] == [False, True, False]
    assert monotonic() - began < 60
