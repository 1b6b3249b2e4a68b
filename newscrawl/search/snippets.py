"""Snippets: the part of a text that shows why it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newscrawl.search.folding import fold
from newscrawl.search.query import Phrase, Query
from newscrawl.search.tokens import SEAM, Token, compose, tokens

#: Letters shown of a text, and letters before the first mark.
_LENGTH, _BEFORE = 240, 60
#: Letters of a text that are looked at first: most of what is found stands early.
_MOSTLY = 2000
#: Letters of a text, and places where it was found, that are looked at.
_LOOKED_AT, _MOST_SPANS = 50_000, 200
_BREAKS = " \n\t。，、؛،។"


class Piece(NamedTuple):
    """Text as it is (not escaped), and whether the query found it."""

    text: str
    found: bool


def mark(text: str | None, query: Query) -> list[Piece]:
    """A whole text in pieces."""
    whole = compose(text or "")
    return _pieces(whole, _spans(list(tokens(whole)), query.phrases), 0, len(whole))


def snippet(text: str | None, query: Query, length: int = _LENGTH) -> list[Piece]:
    """About ``length`` letters around most of what was found; ``[]`` where nothing was.

    >>> from newscrawl.search.query import parse
    >>> snippet("Au port, l'été commence.", parse("ete"))
    [Piece(text="Au port, l'", found=False), Piece(text='été', found=True), \
Piece(text=' commence.', found=False)]
    """
    whole = compose((text or "")[:_LOOKED_AT])
    folded = fold(whole)
    phrases = [phrase for phrase in query.phrases if _may_hold(folded, phrase)]
    spans = _first_spans(whole, phrases) if phrases else []
    if not spans:
        return []
    begin, end = _window(whole, spans, length)
    pieces = _pieces(whole, spans, begin, end)
    before = [Piece("… ", False)] if begin else []
    after = [Piece(" …", False)] if end < len(whole) else []
    return [*before, *pieces, *after]


def _may_hold(folded: str, phrase: Phrase) -> bool:
    """Whether all words of a phrase are there: a look that costs a tenth of reading the tokens."""
    return all(SEAM in word or word in folded for word in phrase.tokens)


def _first_spans(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in the beginning of a text, or in all of it where they do not."""
    coming = tokens(text)
    found = []
    for token in coming:
        found.append(token)
        if token.start >= _MOSTLY:
            break
    return _spans(found, phrases) or _spans([*found, *coming], phrases)


def _spans(found: list[Token], phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand among some tokens, in order; what overlaps is one."""
    whole = {phrase.tokens[0] for phrase in phrases}
    begun = tuple(phrase.tokens[0] for phrase in phrases if phrase.prefix)
    spans: list[tuple[int, int]] = []
    for at, token in enumerate(found):
        if token.text not in whole and not token.text.startswith(begun):
            continue
        end = max(filter(None, (_end(found, at, phrase) for phrase in phrases)), default=None)
        if end is None:
            continue
        if spans and token.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((token.start, end))
    return spans


def _end(found: list[Token], at: int, phrase: Phrase) -> int | None:
    """Where a phrase that begins at a token ends, ``None`` when it does not stand there."""
    *first, last = phrase.tokens
    if at + len(first) >= len(found):
        return None
    if any(found[at + step].text != word for step, word in enumerate(first)):
        return None
    token = found[at + len(first)]
    if not phrase.prefix:
        return token.end if token.text == last else None
    if not token.text.startswith(last):
        return None
    return token.first_end if token.is_unit else token.end


def _window(text: str, spans: list[tuple[int, int]], length: int) -> tuple[int, int]:
    """Begin and end of the part that holds most of what was found."""
    room, spans = length - _BEFORE, spans[:_MOST_SPANS]
    counts = [sum(start <= other < start + room for other, _ in spans) for start, _ in spans]
    start, first_end = spans[counts.index(max(counts))]
    begin = max(0, start - _BEFORE)
    while 0 < begin < start and text[begin - 1] not in _BREAKS:
        begin += 1
    end = max(min(len(text), begin + length), first_end)
    reach = min(len(text), end + 20)
    while end < reach and text[end] not in _BREAKS:
        end += 1
    return begin, end


def _pieces(text: str, spans: list[tuple[int, int]], begin: int, end: int) -> list[Piece]:
    return [piece for piece in _cut(text, spans, begin, end) if piece.text]


def _cut(text: str, spans: list[tuple[int, int]], begin: int, end: int) -> Iterator[Piece]:
    for start, stop in spans:
        if start < begin or stop > end:
            continue
        yield Piece(text[begin:start], False)
        yield Piece(text[start:stop], True)
        begin = stop
    yield Piece(text[begin:end], False)
