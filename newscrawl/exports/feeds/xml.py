"""Writing XML a piece at a time, so that a long feed takes no more memory than one item."""

from __future__ import annotations

from typing import Any

ATOM_NS = "http://www.w3.org/2005/Atom"
CONTENT_NS = "http://purl.org/rss/1.0/modules/content/"
DC_NS = "http://purl.org/dc/elements/1.1/"
MEDIA_NS = "http://search.yahoo.com/mrss/"


class Writer:
    """Elements of an open XML file; words are escaped."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def inside(self, tag: str, **attributes: Any) -> Any:
        """A context inside a new element; what is ``None`` is no attribute."""
        given = {name: str(value) for name, value in attributes.items() if value is not None}
        return self._file.element(tag, given)

    def leaf(self, tag: str, words: str | None = None, **attributes: Any) -> None:
        """An element with words, on a line of its own."""
        with self.inside(tag, **attributes):
            if words:
                self._file.write(words)
        self.newline()

    def newline(self) -> None:
        """End a line."""
        self._file.write("\n")
