"""Pairs of texts that are alike as a whole: found in bands of their signatures, then verified."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from newscrawl.stories.sketches import SLOTS, Signatures

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]

#: Part of the runs of letters of both texts that a copy shares with its original, at least.
LEAST = 0.75
#: Numbers that must agree for a pair to be looked at: finds 99 in 100 pairs that are 0.75 alike,
#: one in 100,000 of those that are 0.05 alike, as texts of one language are.
_ROWS = 5
#: In a heap of more texts that agree in a band each is compared with its next ones only.
_NEIGHBOURS = 16
_HEAP = 10_000


def alike(signatures: Signatures) -> Iterator[Pairs]:
    """Rows of signatures that are alike, pair by pair; some pairs come more than once."""
    for at in range(0, SLOTS - _ROWS + 1, _ROWS):
        one = _key(signatures[:, at : at + _ROWS])
        # Those that agree elsewhere too stand side by side, whatever the order was before.
        order = np.lexsort((_key(signatures[:, at - _ROWS :][:, :_ROWS]), one))
        for step in range(1, _NEIGHBOURS + 1):
            same = np.flatnonzero(one[order[:-step]] == one[order[step:]])
            for begin in range(0, len(same), _HEAP):
                some = same[begin : begin + _HEAP]
                yield _verified(signatures, order[some], order[some + step])


def _verified(signatures: Signatures, left: NDArray[np.intp], right: NDArray[np.intp]) -> Pairs:
    shares = np.mean(signatures[left] == signatures[right], axis=1)
    fine = shares >= LEAST
    return left[fine], right[fine]


def _key(band: Signatures) -> NDArray[np.uint64]:
    key = np.zeros(len(band), dtype=np.uint64)
    for at in range(band.shape[1]):
        key = key * np.uint64(0x9E3779B97F4A7C15) + band[:, at]
        key ^= key >> np.uint64(29)
    return key
