"""A small selector over selectolax (Lexbor): what item loaders ask for, and not much more.

Eight to ten times faster than parsel for this work, and it parses as browsers do (HTML5).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Self

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newscrawl.nesting import within_bounds

_PSEUDO = re.compile(r"::(?:(text)|attr\(([^)]+)\))\s*$")


class Values(list[str]):
    """What a query found, with the ``getall`` and ``get`` that item loaders call."""

    def getall(self) -> list[str]:
        """All values, in document order."""
        return list(self)

    def get(self, default: str | None = None) -> str | None:
        """First value."""
        return self[0] if self else default


class Selector:
    """CSS queries on one page or part of it: ``h1::text``, ``a::attr(href)``, ``p`` (its HTML)."""

    def __init__(self, root: LexborHTMLParser | LexborNode) -> None:
        self.root = root
        self.is_pruned = False
        """Whether markup that no page of a newsroom has was taken out before parsing."""

    @classmethod
    def from_html(cls, html: str) -> Self:
        """Parse a page, within the bounds of :mod:`newscrawl.nesting`."""
        bounded = within_bounds(html)
        try:
            selector = cls(LexborHTMLParser(bounded))
        except UnicodeEncodeError:  # half a surrogate pair: only a caller's own text has one
            selector = cls(LexborHTMLParser(bounded.encode("utf-8", "replace")))
        selector.is_pruned = bounded is not html
        return selector

    def css(self, query: str) -> Values:
        """Values that a query finds."""
        match = _PSEUDO.search(query)
        if match is None:
            return self._values(query, lambda node: node.html)
        plain = query[: match.start()]
        if match[1]:
            return self._values(plain, lambda node: node.text(deep=True))
        return self._values(plain, lambda node: node.attributes.get(match[2]))

    def nodes(self, query: str) -> list[LexborNode]:
        """Elements that a query finds, in document order."""
        return select(self.root, query)

    def first(self, query: str) -> LexborNode | None:
        """First element that a query finds."""
        return self.root.css_first(query)

    def _values(self, query: str, value: Callable[[LexborNode], str | None]) -> Values:
        found = (value(node) for node in select(self.root, query))
        return Values(text for text in found if text is not None)


def select(root: LexborHTMLParser | LexborNode, query: str) -> list[LexborNode]:
    """Elements that a query finds, in document order, each once.

    Lexbor gives an element once for every part of a list of selectors that it matches.
    """
    return list({node.mem_id: node for node in root.css(query)}.values())


def classes(node: LexborNode) -> frozenset[str]:
    """Class names of an element."""
    return frozenset((node.attributes.get("class") or "").split())


def inside(node: LexborNode, matches: Callable[[LexborNode], bool]) -> bool:
    """Whether an element above this one matches."""
    parent = node.parent
    while parent is not None:
        if matches(parent):
            return True
        parent = parent.parent
    return False
