"""A share of all cases, another one for each target, and that no pattern is forgotten."""

from __future__ import annotations

import os
from time import monotonic

import pytest

from tests.slow_input import mutations, patterns, readers, run

#: Every so-many-th text of a pattern, text of a reader, and mutation of a page is tried.
_PATTERNS, _READERS, _MUTATIONS = 15, 25, 1500


@pytest.fixture(scope="module")
def cases() -> list[run.Case]:
    """What came of the share."""
    chosen = {
        **dict.fromkeys(patterns.uses(), _PATTERNS),
        **dict.fromkeys(readers.readers(), _READERS),
        **dict.fromkeys(mutations.targets(), _MUTATIONS),
    }
    jobs = min(2, len(os.sched_getaffinity(0)))
    return [case for some in run.everything(chosen, jobs) for case in some]


def test_a_share_of_all_cases(cases: list[run.Case]) -> None:
    assert {case.target for case in cases} == {*run.targets()}
    assert [str(case) for case in cases if case.has_failed] == []


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
