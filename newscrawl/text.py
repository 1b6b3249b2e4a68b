"""Cleaning of text: white space folded, nothing added."""

from __future__ import annotations

import re

#: What pads a block: white space, no-break and ideographic spaces, byte order marks.
PADDING = " \t\r\n\f\v\u00a0\u3000\ufeff\u200b"
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_RUN = re.compile(r"[ \t\r\n\f\v]+")
#: Han, kana and full-width forms are written without blanks: a line break between two is none.
_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_BREAK_IN_CJK = re.compile(rf"(?<=[{_CJK}])[ \t]*[\r\n][ \t\r\n]*(?=[{_CJK}])")
#: Sentences cut by the site end like this.
_CUT = re.compile(r"(?:……|\.\.\.|…)\s*$")


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


def is_cut(text: str) -> bool:
    """Whether a text was cut by the site to make it short.

    >>> is_cut("他说……")
    True
    """
    return _CUT.search(text) is not None
