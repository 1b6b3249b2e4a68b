"""Versions of one article that two places have seen: their order and their numbers.

A pure decision, for everything that brings captures in after the fact: the store of another crawl
host, an archive. What it decides is what one store would hold that had met the captures in the
order of their times; ``docs/memory.md`` says where it differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """One version as a place has it, or one capture."""

    content_hash: str
    fetched_at: str
    """ISO text, UTC."""
    is_summary: bool = False
    """Whether a feed gave it: the page itself knows more."""

    @property
    def story(self) -> tuple[str, bool]:
        """What makes two captures one version."""
        return self.content_hash, self.is_summary

    @property
    def order(self) -> tuple[str, bool]:
        """By time; of one second the page comes after the feed."""
        return self.fetched_at, not self.is_summary


@dataclass
class Place:
    """One version of the result; its number is its place in the list, from 1.

    Only ``here``: it stands. Only ``there``: it is new. Both: the version that stands here has the
    story of a newer capture there, which gives everything else of the record.
    """

    here: int | None
    there: int | None = None


def line_up(here: Sequence[Seen], there: Sequence[Seen]) -> list[Place]:
    """Line up what two places have of one article, by the indexes of their versions.

    ``here`` is in the order of its numbers, and stays as it is when ``there`` brings nothing:
    then no place names a version there. A story that both have seen is one version, unless another
    one stood between and the newest capture of it is there: the story came back. To bring the same
    again changes nothing, whatever else was brought in between.

    >>> line_up([Seen("a", "1"), Seen("c", "3")], [Seen("b", "2"), Seen("c", "3")])
    [Place(here=0, there=None), Place(here=None, there=0), Place(here=1, there=None)]
    """
    first = min((one.fetched_at for one in (*here, *there) if not one.is_summary), default=None)
    standing = [(here[i].order, here[i], Place(i)) for i in _in_time(here, first)]
    known_page = any(not one.is_summary for one in here)
    line = [*standing]
    for j in _in_time(there, first):
        capture = there[j]
        if capture.is_summary and known_page:
            continue
        if any(one.story == capture.story and capture.order <= at for at, one, _ in standing):
            continue
        before = sum(order <= capture.order for order, _, _ in line)
        if before and line[before - 1][1].story == capture.story:
            place = line[before - 1][2]
            line[before - 1] = (capture.order, capture, Place(place.here, j))
        else:
            line.insert(before, (capture.order, capture, Place(None, j)))
    places = [place for _, _, place in line]
    if all(place.there is None for place in places):
        return [Place(i) for i in range(len(here))]
    return places


def _in_time(seen: Sequence[Seen], first: str | None) -> list[int]:
    """Indexes in the order of time, without summaries that came when the page had been read
    (``first``: the first time that it was)."""
    wanted = [
        i
        for i, one in enumerate(seen)
        if not one.is_summary or first is None or one.fetched_at <= first
    ]
    return sorted(wanted, key=lambda i: seen[i].order)
