"""Two versions side by side: what was left out, what came, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from newscrawl.comparing import Comparing
from newscrawl.search.snippets import Piece

#: Words with the blanks behind them; signs of scripts without blanks are one each.
_WORD = re.compile(
    r"[\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]|[^\W\u1780-\u17ff\u2e80-\u9fff]+\s*|\W"
)
#: Letters of two blocks that are compared word by word; longer ones only as wholes.
_COMPARED = 5000
#: Rows of a page.
_MOST_ROWS = 2000
_TEXTS = ("title", "surtitle", "lead", "text")
_CIRCUMSTANCES = ("html", "content_hash", "version", "fetched_at", "source", "rules")


@dataclass(frozen=True)
class Row:
    """A block in both versions; in its pieces ``found`` tells what the other one lacks."""

    field: str
    old: list[Piece]
    new: list[Piece]

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        return not any(piece.found for piece in (*self.old, *self.new))


@dataclass(frozen=True)
class SideBySide:
    """Two versions, as far as they could be compared and can be shown."""

    rows: list[Row]
    left: int
    """Rows that are left out, because there are too many."""
    is_whole: bool
    """Whether there was time to compare everything; what was not compared is shown as different."""


def side_by_side(old: dict[str, Any], new: dict[str, Any]) -> SideBySide:
    """Blocks of title, surtitle, lead and text of two records, and other fields that differ."""
    comparing = Comparing()
    rows = _rows(comparing, old, new)
    shown = list(islice(rows, _MOST_ROWS))
    left = sum(1 for _ in rows)
    return SideBySide(shown, left, comparing.is_whole)


def _rows(comparing: Comparing, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Row]:
    for name in _TEXTS:
        yield from _text_rows(comparing, name, old[name], new[name])
    for name, value in new.items():
        if name not in (*_TEXTS, *_CIRCUMSTANCES) and old[name] != value:
            yield Row(name, _whole(old[name]), _whole(value))


def _whole(value: Any) -> list[Piece]:
    return [Piece("" if value is None else str(value), True)]


def _text_rows(comparing: Comparing, name: str, old: str | None, new: str | None) -> Iterator[Row]:
    one, two = ((text.split("\n\n") if text else []) for text in (old, new))
    for same, before, after in comparing.parts(one, two):
        if same:
            yield from (Row(name, [Piece(text, False)], [Piece(text, False)]) for text in before)
        else:
            yield from _changed(comparing, name, before, after)


def _changed(
    comparing: Comparing, name: str, before: Sequence[str], after: Sequence[str]
) -> Iterator[Row]:
    """Blocks that took each other's place, in pairs as far as they go."""
    for old, new in zip_longest(before, after, fillvalue=""):
        yield Row(name, *_words(comparing, old, new))


def _words(comparing: Comparing, old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    is_short = old and new and len(old) + len(new) <= _COMPARED
    if not is_short or not comparing.has_time():
        return [Piece(old, True)], [Piece(new, True)]
    left: list[Piece] = []
    right: list[Piece] = []
    for same, before, after in comparing.parts(_WORD.findall(old), _WORD.findall(new)):
        left.append(Piece("".join(before), not same))
        right.append(Piece("".join(after), not same))
    return [piece for piece in left if piece.text], [piece for piece in right if piece.text]
