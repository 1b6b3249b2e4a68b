"""Tokens: what of a text is looked up, with where it stands.

Scripts with blanks give words. Chinese, Japanese and Khmer are written without: they give pairs of
neighbours (characters; in Khmer a consonant with all its signs), and the last one of each run
alone. So any part of a run is found, and nothing needs to know where words end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from newscrawl.search.folding import fold
from newscrawl.text import normalised

_CJK = "\u3005\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_CJK += "\uf900-\ufaff\U00020000-\U0003ffff"
_KHMER = "\u1780-\u17d3\u17dd"
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
#: Between the parts of Persian words: it hides a seam that some write as a blank or not at all.
ZWNJ = "\u200c"
_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060"
_RUN = re.compile(
    rf"(?P<cjk>[{_CJK}]+)"
    rf"|(?P<khmer>[\u1780-\u17b3][{_KHMER}{_UNSEEN}]*)"
    rf"|(?P<word>[^\W_{_CJK}{_KHMER}](?:[^\W_{_CJK}{_KHMER}]|[{_MARKS}{_UNSEEN}])*)"
)
_BASE = "[\u1780-\u17b3]"
_SIGNS = f"[\u17b4-\u17d1\u17d3\u17dd{_UNSEEN}]"
_CLUSTER = re.compile(rf"{_BASE}(?:\u17d2[{_UNSEEN}]*{_BASE}|\u17d2|{_SIGNS})*")
#: Ends a cluster, so that no cluster is the beginning of another.
SEAM = "·"
#: Two subscripts that look the same.
_SAME = ("\u17d2\u178a", "\u17d2\u178f")


class Token(NamedTuple):
    """One token; ``start`` and ``end`` are where it stands in the composed (NFC) text."""

    text: str
    start: int
    end: int
    first_end: int
    """Where the first of a pair ends; for all others the end."""
    is_last: bool = False
    """Whether it is the last one of a run, standing alone."""

    @property
    def is_unit(self) -> bool:
        """Whether it comes from a script without blanks."""
        return self.is_last or self.first_end != self.end


def tokens(text: str) -> Iterator[Token]:
    """Tokens of a text (composed, NFC), in order.

    >>> [token.text for token in tokens("L'été : 法国人, Đà")]
    ['l', 'ete', '法国', '国人', '人', 'da']
    """
    for run in _RUN.finditer(text):
        if run.lastgroup == "word":
            folded = fold(run[0])
            if folded:
                yield Token(folded, run.start(), run.end(), run.end())
        else:
            yield from _pairs(_units(run))


def compose(text: str) -> str:
    """The form of a text that positions of tokens belong to.

    Direct comparison with what was stored needs the same form on both sides.
    """
    return normalised(text)


def indexed(text: str | None) -> str:
    """What is entered into the index for a text: its tokens, parted by blanks."""
    return " ".join(token.text for token in tokens(compose(text))) if text else ""


def _units(run: re.Match[str]) -> list[tuple[str, int, int]]:
    """Units of a run, each with where it stands."""
    begin = run.start()
    if run.lastgroup == "cjk":
        return [(sign, begin + at, begin + at + 1) for at, sign in enumerate(run[0])]
    return [
        (fold(cluster[0]).replace(*_SAME) + SEAM, begin + cluster.start(), begin + cluster.end())
        for cluster in _CLUSTER.finditer(run[0])
    ]


def _pairs(units: list[tuple[str, int, int]]) -> Iterator[Token]:
    for (one, start, first_end), (two, _, end) in pairwise(units):
        yield Token(one + two, start, end, first_end)
    if units:
        text, start, end = units[-1]
        yield Token(text, start, end, end, is_last=True)
