"""Two versions side by side: what was left out, what came, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from newscrawl.search.snippets import Piece

#: Words with the blanks behind them; signs of scripts without blanks are one each.
_WORD = re.compile(
    r"[\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff]|[^\W\u1780-\u17ff\u2e80-\u9fff]+\s*|\W"
)
#: Letters of two blocks that are compared word by word; longer ones only as wholes.
_COMPARED = 5000
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


def side_by_side(old: dict[str, Any], new: dict[str, Any]) -> list[Row]:
    """Blocks of title, surtitle, lead and text of two records, and other fields that differ."""
    rows = [row for name in _TEXTS for row in _text_rows(name, old[name], new[name])]
    for name, value in new.items():
        if name not in (*_TEXTS, *_CIRCUMSTANCES) and old[name] != value:
            rows.append(Row(name, _whole(old[name]), _whole(value)))
    return rows


def _whole(value: Any) -> list[Piece]:
    return [Piece("" if value is None else str(value), True)]


def _text_rows(name: str, old: str | None, new: str | None) -> Iterator[Row]:
    one, two = ((text.split("\n\n") if text else []) for text in (old, new))
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    for what, a_begin, a_end, b_begin, b_end in matcher.get_opcodes():
        before, after = one[a_begin:a_end], two[b_begin:b_end]
        if what == "equal":
            yield from (Row(name, [Piece(text, False)], [Piece(text, False)]) for text in before)
        else:
            yield from _changed(name, before, after)


def _changed(name: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    """Blocks that took each other's place, in pairs as far as they go."""
    for at in range(max(len(before), len(after))):
        old = before[at] if at < len(before) else ""
        new = after[at] if at < len(after) else ""
        yield Row(name, *_words(old, new))


def _words(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    if not old or not new or len(old) + len(new) > _COMPARED:
        return [Piece(old, True)], [Piece(new, True)]
    one, two = _WORD.findall(old), _WORD.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    for what, a_begin, a_end, b_begin, b_end in matcher.get_opcodes():
        left.append(Piece("".join(one[a_begin:a_end]), what != "equal"))
        right.append(Piece("".join(two[b_begin:b_end]), what != "equal"))
    return [piece for piece in left if piece.text], [piece for piece in right if piece.text]
