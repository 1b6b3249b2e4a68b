"""Cleaning of text: white space folded, nothing added."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import Literal
from unicodedata import combining
from urllib.parse import quote, unquote

#: What pads a block: white space, no-break and ideographic spaces, byte order marks.
PADDING = " \t\r\n\f\v\u00a0\u3000\ufeff\u200b"
_JOINERS = "\u200c\u200d"  # invisible, and letters of Persian and Indic words
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_RUN = re.compile(r"[ \t\r\n\f\v]+")
#: Han, kana and full-width forms are written without blanks: a line break between two is none.
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_BREAK_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t]*+[\r\n][ \t\r\n]*+(?=[{_CJK}])")
#: What a terminal obeys (controls of C0 and C1, but for tab and line feed), and what turns or hides
#: text: bidirectional controls, ends of lines and paragraphs, invisible operators, byte order
#: marks, annotations, tags, halves of pairs. Letters that cannot be seen but change how words are
#: written or cut (U+200B to U+200D of Persian, Khmer and Indic scripts, soft hyphens) stay.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
#: Sentences cut by the site end like this.
_CUT = ("…", "...")
#: Marks that may stand at one letter, and letters of a text in which more do no harm.
_MOST_MARKS, _SHORT = 30, 2000
_FIRST_MARK = 0x300


def fold(text: str) -> str:
    """White space folded to one blank, padding off both ends.

    No-break and ideographic spaces inside the text stay, and Chinese gets no blanks it had not.

    >>> fold("  两岸\\n关系 abc\\u00a0:  d\\u3000")
    '两岸关系 abc\\xa0: d'
    """
    return fold_inside(text).strip(PADDING)


def fold_inside(text: str) -> str:
    """The same without touching the ends: white space there becomes one blank."""
    return _RUN.sub(" ", _BREAK_IN_CJK.sub("", _CONTROLS.sub("", text)))


def normalised(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """A text in a normal form of Unicode, without the marks that no letter has so many of.

    Putting the marks of one letter in order takes the square of their number.

    >>> normalised("e\u0301"), len(normalised("e" + "\u0315\u0300" * 50_000))
    ('é', 30)
    """
    if len(text) > _SHORT and not text.isascii():
        text = _marks().sub(lambda run: run[0][:_MOST_MARKS], text)
    return unicodedata.normalize(form, text)


@cache
def _marks() -> re.Pattern[str]:
    """More marks at one letter than the "stream-safe" texts of Unicode (UAX 15) have."""
    marks = [chr(code) for code in range(_FIRST_MARK, sys.maxunicode) if combining(chr(code))]
    return re.compile(f"[{''.join(marks)}]{{{_MOST_MARKS + 1},}}+")


def readable(url: str) -> str:
    """An address for people: decoded, but for characters that a terminal or log would obey.

    >>> readable("https://www.rfi.fr/fa/%D9%81%D8%A7%1b%5B2J%E2%80%AEx")
    'https://www.rfi.fr/fa/فا%1B[2J%E2%80%AEx'
    """
    decoded = unquote(url)
    return "".join(
        char if char.isprintable() or char in _JOINERS else quote(char, errors="replace")
        for char in decoded
    )


def shown(text: str) -> str:
    r"""Text for a terminal or a log: what these would obey, and what hides or turns text, escaped.

    The escapes are those of JSON, so a line of JSON still says the same. White space stays, line
    feeds too.

    >>> print(shown("a\x1b[2J\x9b31m \u202egnp.exe"))
    a\u001b[2J\u009b31m \u202egnp.exe
    >>> print(shown("می\u200cخواهم\U000e0067") == "می\u200cخواهم\\udb40\\udc67")
    True
    """
    return _OBEYED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def is_cut(text: str) -> bool:
    """Whether a text was cut by the site to make it short.

    >>> is_cut("他说……")
    True
    """
    return text.rstrip().endswith(_CUT)
