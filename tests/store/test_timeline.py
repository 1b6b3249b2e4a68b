"""The order of versions from two places: cases, and what holds for any captures."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from newscrawl.store.timeline import Place, Seen, line_up


def seen(text: str) -> list[Seen]:
    """``"a1 b3"``: story ``a`` seen at time 1, ``b`` at 3; ``~s2`` is a summary."""
    marks = [word.lstrip("~") for word in text.split()]
    return [
        Seen(mark[0], mark[1:].zfill(3), word.startswith("~"))
        for mark, word in zip(marks, text.split(), strict=True)
    ]


def lined_up(here: str, there: str) -> str:
    """The result in the same words; what comes from there is in capitals."""
    ours, theirs = seen(here), seen(there)
    return " ".join(_word(place, ours, theirs) for place in line_up(ours, theirs))


def result(here: list[Seen], there: list[Seen]) -> list[Seen]:
    """What is held afterwards."""
    return [
        here[place.here] if place.there is None and place.here is not None else there[place.there]  # type: ignore[index]
        for place in line_up(here, there)
    ]


def _word(place: Place, ours: list[Seen], theirs: list[Seen]) -> str:
    if place.there is None:
        assert place.here is not None
        return _said(ours[place.here])
    word = _said(theirs[place.there]).upper()
    return word if place.here is None else f"{_said(ours[place.here])}={word}"


def _said(one: Seen) -> str:
    return ("~" if one.is_summary else "") + one.content_hash + one.fetched_at.lstrip("0")


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("", "a1 b2", "A1 B2"),
        ("a1 b2", "", "a1 b2"),
        ("a1 c3", "b2 d4", "a1 B2 c3 D4"),
        ("a1", "a1", "a1"),
        ("a2", "a1", "a2"),
        ("a1", "a2", "a1=A2"),
        ("a1 b4", "a2 b3", "a1=A2 b4"),
        ("a1 b3", "a5", "a1 b3 A5"),
        ("a1 b3 a5", "a2 b4", "a1 b3=B4 a5"),
        ("a1 b4", "a1 b3 a5", "a1 b4 A5"),
        ("a5", "b5", "a5 B5"),
        ("~s1", "a2", "~s1 A2"),
        ("a2", "~s1", "a2"),
        ("a2", "~s3", "a2"),
        ("~s3", "a2", "A2"),
        ("~a2", "a2", "~a2 A2"),
        ("b9 a3", "b9", "b9 a3"),
        ("b9 a3", "c4", "a3 C4 b9"),
    ],
)
def test_cases(here: str, there: str, expected: str) -> None:
    assert lined_up(here, there) == expected


def captures(rng: random.Random) -> list[Seen]:
    """What one store may hold: in time, no story twice in a row, summaries before pages."""
    found: list[Seen] = []
    for time in sorted(rng.sample(range(12), rng.randint(0, 5))):
        one = Seen(rng.choice("abc"), f"{time:03}")
        if not found or found[-1].story != one.story:
            found.append(one)
    if found and rng.random() < 0.3:
        found[0] = Seen("s", found[0].fetched_at, is_summary=True)
    return found


def test_to_bring_the_same_again_changes_nothing_and_the_newest_page_is_the_last() -> None:
    rng = random.Random(6)
    for _ in range(3000):
        here, there, third = captures(rng), captures(rng), captures(rng)
        held = result(here, there)
        assert held == sorted(held, key=lambda one: one.order)
        assert all(one.story != other.story for one, other in pairwise(held))
        assert result(held, there) == held
        pages = [one for one in (*here, *there) if not one.is_summary]
        if pages:
            newest = max(one.fetched_at for one in pages)
            assert held[-1].fetched_at == newest
        stories = {one.content_hash for one in (*here, *there) if not one.is_summary}
        assert stories == {one.content_hash for one in held if not one.is_summary}
        later = result(held, third)
        assert result(later, there) == later
