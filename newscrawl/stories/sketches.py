"""Sketches of texts: little that tells how much of two texts is alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newscrawl.groups import need
from newscrawl.stories.letters import Codes, is_han, letters

Hashes = NDArray[np.uint64]
Signatures = NDArray[np.uint16]

#: Numbers in a signature: its estimate is right to about four hundredths.
SLOTS = 128
#: Texts of fewer letters are alike when they are the same: a headline with its date is no copy of
#: that of another day.
SHORT = 100
#: Letters that are taken together: a Chinese character says as much as two or three letters.
_GRAM, _HAN_GRAM = 5, 3
#: Shorter sentences are said by many.
_SENTENCE, _HAN_SENTENCE = 24, 10
_SEED = 6
_FACTOR = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Sketch:
    """Hashes of one text."""

    grams: Hashes
    """Of each run of letters of a fixed length; may repeat."""
    sentences: Hashes
    sizes: NDArray[np.uint32]
    """Letters of each sentence, a Chinese character counted as more than one."""


def sketch(text: str) -> Sketch:
    """Hash a text's runs of letters and its sentences."""
    codes, begins = letters(text)
    han = is_han(codes)
    worth = _SENTENCE / _HAN_SENTENCE if han else 1
    sizes = np.diff(begins, append=len(codes)) * worth
    whole = len(codes) * worth < SHORT
    long = sizes >= _SENTENCE
    return Sketch(
        _mixed(_sentences(codes, begins[:1]) if whole else _grams(codes, han)),
        _mixed(_sentences(codes, begins))[long],
        sizes[long].astype(np.uint32),
    )


def signatures(sketches: list[Sketch]) -> Signatures:
    """MinHash signatures of texts, one a row of ``SLOTS``; half of each number is enough."""
    rensa: Any = need("rensa", "dataset", "a data set")
    grams = [each.grams for each in sketches]
    offsets = np.cumsum([0, *(len(each) for each in grams)], dtype=np.uint64)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        np.concatenate(grams), offsets, SLOTS, _SEED
    )
    rows = np.array(matrix.to_rows(), dtype=np.uint32)
    return (rows & 0xFFFF).astype(np.uint16).reshape(len(sketches), SLOTS)


def _grams(codes: Codes, han: bool) -> Hashes:
    length = _HAN_GRAM if han else _GRAM
    wide = codes.astype(np.uint64)
    count = len(wide) - length + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for step in range(length):
        hashes = hashes * np.uint64(_FACTOR) + wide[step : step + count]
    return hashes


def _sentences(codes: Codes, begins: NDArray[np.intp]) -> Hashes:
    """Polynomials of the letters of each sentence."""
    if not len(begins):
        return np.zeros(0, dtype=np.uint64)
    sizes = np.diff(begins, append=len(codes))
    places = np.arange(len(codes)) - np.repeat(begins, sizes)
    powers = np.full(int(sizes.max()), _FACTOR, dtype=np.uint64).cumprod()
    return np.add.reduceat(codes.astype(np.uint64) * powers[places], begins)


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit depends on every other (the end of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
