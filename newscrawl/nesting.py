"""Markup kept within what a parser can take: hostile nesting costs square time, or a tree a
thousand times the size of the page.

HTML5 looks through all open elements at every new one, and opens every inline element that was not
closed properly again in each paragraph that follows. No page of a newsroom comes near the bounds.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Elements open inside each other; browsers stop at about 512.
_DEEPEST = 400
#: Elements that may be open, as far as a look at the tags alone can tell.
_PERHAPS = 4000
#: Tags in all: real pages have up to eight thousand.
_MOST_TAGS = 100_000
#: Inline elements that a paragraph may open again, times tags.
_REOPENED = 200_000

_INLINE = frozenset("a b big code em font i nobr s small strike strong tt u".split())
#: Elements without an end, and those whose end is left out: the next one closes them.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr"
    " p li dt dd tr td th tbody thead tfoot option".split()
)
_FOREIGN = frozenset(["svg", "math"])  # in which nothing is flat
#: Attributes of one tag: each is compared with all before it.
_MOST_ATTRIBUTES = 500
_SHORT = 2000  # characters that hold no more than that
_ATTRIBUTE = re.compile(r"""[^\s/=][^\s/=]*+(?:\s*+=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s"']\S*+))?+""")
#: Comments and scripts whole, then tags.
_TAG = re.compile(
    r"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+)"
    r"|<(script|style|textarea|title)\b(?:[^<]++|<(?!/\1))*+(?:</\1[^<>]*+>?)?"
    r"|<(/?)([a-z][a-z0-9]*)([^<>]*+)>?",
    re.IGNORECASE,
)

_RAW_TEXT = frozenset("script style textarea title".split())  # no tags in them but their own end
_NAMED = re.compile(r"(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_TEXT, _OPEN, _CLOSE, _RAW, _FLAT_OR_CLOSED, _COMMENT, _ODD = range(7)


def within_bounds(html: str) -> str:
    """The page itself, or the page without the tags that go beyond; its text is kept.

    >>> within_bounds("<p><b>rain</b></p>")
    '<p><b>rain</b></p>'
    >>> len(within_bounds("<div>" * 100_000 + "rain")) < 200_000
    True
    """
    if html.count("<") <= _MOST_TAGS and (_is_orderly(html) or _fits(_TAG.findall(html))):
        return html
    return _Pruning().of(html)


def _is_orderly(html: str) -> bool:
    """Whether every element closes in its order and the page is far from the bounds, as nearly all
    are: what is known at a third of the price of counting what may be open in the others."""
    pieces = html.split("<")
    most_inline = _REOPENED // len(pieces)
    stack, inline, perhaps = [""], 0, 0
    raw = ""
    for piece in pieces[1:]:
        if raw:
            if piece[: len(raw)].lower() == raw:
                raw = ""
            continue
        tag = piece.partition(">")[0]
        kind, name = _recall(tag) if len(tag) < _SHORT else _read(tag)
        if kind == _OPEN:
            stack.append(name)
            inline += name in _INLINE
            if len(stack) > _DEEPEST or inline > most_inline:
                return False
        elif kind == _CLOSE:
            if name != stack[-1]:
                return False
            inline -= stack.pop() in _INLINE
        elif kind == _RAW:
            raw = name
        elif kind == _FLAT_OR_CLOSED:
            perhaps += 1
        elif kind == _ODD or (kind == _COMMENT and "-->" not in piece):
            return False
    return perhaps < _PERHAPS - _DEEPEST


def _read(tag: str) -> tuple[int, str]:
    """What a tag is, from behind its ``<`` up to the first ``>``, and its name in small letters."""
    match = _NAMED.match(tag)
    if match is None:
        return (_COMMENT if tag.startswith("!--") else _TEXT), ""
    end, name, rest = match[1], match[2].lower(), tag[match.end() :]
    if _is_torn(rest) or (len(rest) > _SHORT and _has_many(rest)):
        return _ODD, name
    if name in _RAW_TEXT and not end:
        return _RAW, f"/{name}"
    closed = rest.endswith("/") and not end
    if closed and name in _INLINE:
        return _ODD, name  # the parser does not heed the slash
    if name in _FLAT or closed:
        return _FLAT_OR_CLOSED, name
    return (_CLOSE if end else _OPEN), name


#: Tags recur: the menus are the same on all pages.
_recall = lru_cache(4096)(_read)


def _fits(tags: list[tuple[str, str, str, str]]) -> bool:
    nesting = _Nesting()
    for _, end, name, rest in tags:
        if end:
            nesting.close(name.lower())
        elif name:
            nesting.open(name.lower(), rest)
        if (
            nesting.is_deep
            or nesting.reopened * len(tags) > _REOPENED
            or (len(rest) > _SHORT and _has_many(rest))
        ):
            return False
    return True


def _has_many(attributes: str) -> bool:
    parts = sum(attributes.count(separator) for separator in " \t\n\f\r/=")
    return parts > 2 * _MOST_ATTRIBUTES and len(_ATTRIBUTE.findall(attributes)) > _MOST_ATTRIBUTES


def _is_torn(attributes: str) -> bool:
    """Whether a value holds the end of the tag as it was read: what follows may belong to it."""
    double = attributes.count('"')
    return double % 2 == 1 if double else attributes.count("'") % 2 == 1


class _Nesting:
    """Elements that are open, at the most, after the tags seen so far."""

    def __init__(self) -> None:
        self.stack: list[str] = []
        self._perhaps = 0
        self._inline = 0
        self._foreign = 0

    @property
    def is_deep(self) -> bool:
        """Whether too much is open."""
        return len(self.stack) > _DEEPEST or len(self.stack) + self._perhaps > _PERHAPS

    @property
    def reopened(self) -> int:
        """Inline elements that a new paragraph may open again."""
        return self._inline

    def open(self, name: str, attributes: str) -> None:
        """A start tag. A slash at its end closes some elements only, flat ones close by themselves
        but in pictures, and the end of a torn tag may be none."""
        closed, torn = attributes.endswith("/"), _is_torn(attributes)
        if name in _FLAT or closed:
            self._perhaps += closed or torn or self._foreign > 0
            # The parser heeds the slash in pictures alone, where only links stay inside them.
            self._inline += name in _INLINE and not (self._foreign and name == "a")
            return
        self._perhaps += torn
        self._inline += torn and name in _INLINE
        self.stack.append(name)
        self._inline += name in _INLINE
        self._foreign += name in _FOREIGN

    def close(self, name: str) -> list[str]:
        """An end tag; gives what it closes, innermost first.

        What was not closed in its order may stay open to the parser: it goes on counting.
        """
        if self.stack and self.stack[-1] == name:
            self._inline -= name in _INLINE
            self._foreign -= name in _FOREIGN
            return [self.stack.pop()]
        if name in _FLAT or name not in self.stack:
            return []
        closed = [self.stack.pop()]
        while closed[-1] != name:
            closed.append(self.stack.pop())
        self._perhaps += len(closed)
        return closed

    def close_properly(self, name: str) -> list[str]:
        """The same where the markup is written so that everything closes in its order."""
        if name not in self.stack:
            return []
        closed: list[str] = []
        while not closed or closed[-1] != name:
            closed += self.close(self.stack[-1])
        return closed


class _Pruning:
    """Drops the tags that go beyond, and closes in order what was not."""

    def __init__(self) -> None:
        self._nesting = _Nesting()
        self._tags = 0

    def of(self, html: str) -> str:
        """A page without them."""
        return _TAG.sub(self._written, html)

    def _written(self, match: re.Match[str]) -> str:
        end, name = match[2], (match[3] or "").lower()
        if not name:
            return match[0]
        self._tags += 1
        if self._tags > _MOST_TAGS and name != "main":
            return " "
        if not end:
            return match[0] if self._opens(name, match[4]) else " "
        if name in _FLAT:
            return match[0]
        return "".join(f"</{closed}>" for closed in self._nesting.close_properly(name))

    def _opens(self, name: str, attributes: str) -> bool:
        nesting = self._nesting
        if len(attributes) > _SHORT and _has_many(attributes):
            return False
        full = len(nesting.stack) >= _DEEPEST or nesting.is_deep
        if full and not (name in _FLAT and attributes == ""):
            return False
        if name in _INLINE and nesting.reopened >= _REOPENED // _MOST_TAGS:
            return False
        nesting.open(name, attributes)
        return True
