"""What differs between two texts, found in bounded time whatever they are.

:mod:`difflib` alone may take time by the cube of what it compares: where the same parts come again
and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from difflib import Match, SequenceMatcher
from itertools import takewhile
from time import monotonic

#: Seconds that all comparing for one answer may take.
_SECONDS = 2.0
#: Pairs of equal parts that one step of the search may look at: a fraction of a second.
_MOST_PAIRS = 2_000_000

#: Whether two parts are the same, and the parts.
Compared = tuple[bool, Sequence[str], Sequence[str]]


class Comparing:
    """Compares sequences until its time is over; what is not compared counts as different."""

    def __init__(self) -> None:
        self._until = monotonic() + _SECONDS
        self.is_whole = True
        """Whether everything so far was compared."""

    def parts(self, one: Sequence[str], two: Sequence[str]) -> Iterator[Compared]:
        """What is the same and what differs, in order."""
        begin = _alike(one, two)
        one_left, two_left = one[begin:], two[begin:]
        end = _alike(one_left[::-1], two_left[::-1])
        if begin:
            yield True, one[:begin], two[:begin]
        yield from self._middle(one_left[: len(one_left) - end], two_left[: len(two_left) - end])
        if end:
            yield True, one[-end:], two[-end:]

    def has_time(self) -> bool:
        """Whether there is time left; the caller skips detail once there is not."""
        if monotonic() < self._until:
            return True
        self.is_whole = False
        return False

    def _middle(self, one: Sequence[str], two: Sequence[str]) -> Iterator[Compared]:
        if not one and not two:
            return
        if _pairs(one, two) > _MOST_PAIRS:
            self.is_whole = False
            yield False, one, two
            return
        matcher = _Matcher(one, two, self.has_time)
        for what, one_begin, one_end, two_begin, two_end in matcher.get_opcodes():
            yield what == "equal", one[one_begin:one_end], two[two_begin:two_end]


class _Matcher(SequenceMatcher[str]):
    """Finds nothing more once there is no time."""

    def __init__(
        self, one: Sequence[str], two: Sequence[str], has_time: Callable[[], bool]
    ) -> None:
        super().__init__(None, one, two, autojunk=False)
        self._has_time = has_time

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Called for what lies between what was found before."""
        if not self._has_time():
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _alike(one: Sequence[str], two: Sequence[str]) -> int:
    """Parts that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False)))


def _pairs(one: Sequence[str], two: Sequence[str]) -> int:
    """Pairs of equal parts."""
    others = Counter(two)
    return sum(number * others[part] for part, number in Counter(one).items())
