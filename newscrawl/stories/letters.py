"""What of an article is compared: its letters, in one form whatever the script and the keyboard."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newscrawl.groups import need
from newscrawl.search.folding import fold
from newscrawl.text import normalised

Codes = NDArray[np.uint32]

#: Ends of sentences after NFKC, of all scripts of the editions.
_ENDS = ".!?;\n\u2026\u3002\u061f\u06d4\u0964\u17d4\u17d5"
_SKIPPED, _ENDING = 0, 1
_PLANE = 0x10000
_HAN = (0x3400, 0x9FFF)


def told(record: Mapping[str, Any]) -> str:
    """Title, lead and text of a record, in lines."""
    return "\n".join(record[name] for name in ("title", "lead", "text") if record[name])


def letters(text: str) -> tuple[Codes, NDArray[np.intp]]:
    """Code points of the letters and digits of a text, and where its sentences begin in them.

    Accents, case, blanks and punctuation do not count, and Chinese is taken for simplified.
    """
    raw = normalised(text, "NFKC").encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(raw, dtype=np.uint32)
    folded = np.where(codes < _PLANE, _table()[np.minimum(codes, _PLANE - 1)], codes)
    kept = folded > _ENDING
    ends = np.cumsum(folded == _ENDING)[kept]
    begins = np.flatnonzero(np.diff(ends, prepend=-1))
    return folded[kept], begins


def is_han(codes: Codes) -> bool:
    """Whether a text is mostly written with Chinese characters, each of them half a word."""
    han = np.count_nonzero((codes >= _HAN[0]) & (codes <= _HAN[1]))
    return bool(3 * han > len(codes))


@cache
def _table() -> Codes:
    """Code point to what is compared in its place, 0 where nothing is, 1 at the end of a sentence.

    Code points beyond the first plane stand for themselves.
    """
    table = np.zeros(_PLANE, dtype=np.uint32)
    simplified = need("opencc", "dataset", "a data set").OpenCC("t2s").convert
    for code in range(_PLANE):
        letter = chr(code)
        if letter in _ENDS:
            table[code] = _ENDING
        elif unicodedata.category(letter)[0] in "LMN":
            if _HAN[0] <= code <= _HAN[1]:
                letter = simplified(letter)
            table[code] = ord(fold(letter)[:1] or "\0")
    return table
