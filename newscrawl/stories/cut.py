"""Pairs of which one is a part of the other: most of the shorter one's sentences are in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newscrawl.stories.alike import Pairs
from newscrawl.stories.sketches import SHORT, Hashes

#: Part of the letters of the shorter text that stand in sentences of the longer one, at least.
LEAST = 0.8
#: A sentence of more articles is a form of words, and counts for none of them.
MOST = 32
#: Sentences that are sorted, and pairs that are summed up, at a time.
_SORTED, _SUMMED = 500_000, 5_000_000

Owners = NDArray[np.uint32]
Sizes = NDArray[np.uint32]
Told = tuple[Hashes, Sizes, Owners]


def cut(sentences: Hashes, sizes: Sizes, owners: Owners) -> Iterator[Pairs]:
    """Owners of sentences of which one tells a part of the other, each pair once.

    ``owners`` says whose each sentence is.
    """
    letters = np.zeros(int(owners.max(initial=0)) + 1)
    found = []
    parts = 1 + len(sentences) // _SORTED
    for part in range(parts):
        some = np.flatnonzero(sentences % np.uint64(parts) == part)
        told, counts = _told_once((sentences[some], sizes[some], owners[some]))
        rare = counts <= MOST
        letters += np.bincount(told[2][rare], weights=told[1][rare], minlength=len(letters))
        found.append(_chosen(told, rare & (counts > 1)))
    shared = tuple(np.concatenate(each) for each in zip(*found, strict=True))
    for left, right, common in _sums(*shared):
        least = np.maximum(LEAST * np.minimum(letters[left], letters[right]), SHORT)
        fine = common >= least
        yield left[fine], right[fine]


def _told_once(told: Told) -> tuple[Told, NDArray[np.intp]]:
    """In order, each sentence of an owner once; and how many owners it has."""
    ordered = _chosen(told, np.lexsort((told[2], told[0])))
    again = (_steps(ordered[0]) == 0) & (_steps(ordered[2]) == 0)
    once = _chosen(ordered, ~again)
    heaps = np.diff(np.flatnonzero(_steps(once[0])), append=len(once[0]))
    return once, np.repeat(heaps, heaps)


def _chosen(told: Told, which: NDArray[Any]) -> Told:
    return told[0][which], told[1][which], told[2][which]


def _steps(values: NDArray[Any]) -> NDArray[Any]:
    """From each to the next; the first is a step of its own."""
    return np.diff(values, prepend=~values[:1])


def _sums(
    sentences: Hashes, sizes: Sizes, owners: Owners
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]]:
    """Pairs of owners and the letters that they share."""
    parts = 1 + len(sentences) * MOST // 2 // _SUMMED
    for part in range(parts):
        pairs, weights = [], []
        for step in range(1, MOST):
            same = np.flatnonzero(sentences[:-step] == sentences[step:])
            same = same[owners[same] % parts == part]
            left, right = owners[same].astype(np.uint64), owners[same + step].astype(np.uint64)
            pairs.append(left << np.uint64(32) | right)
            weights.append(sizes[same])
        found, places = np.unique(np.concatenate(pairs), return_inverse=True)
        sums = np.bincount(places, weights=np.concatenate(weights), minlength=len(found))
        left, right = found >> np.uint64(32), found & np.uint64(0xFFFFFFFF)
        yield left.astype(np.intp), right.astype(np.intp), sums
