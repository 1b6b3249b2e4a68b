"""The body of an article: cleaned HTML, and the text that this HTML gives.

The body's elements are read into blocks of tokens (text, opening and closing tags), cleaned there,
and written out twice, so that ``text`` always equals what ``html`` gives without its figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import nh3
from selectolax.lexbor import LexborNode

from newscrawl.rfi.figures import figure_of, link_of_embed
from newscrawl.rfi.furniture import is_embed, is_furniture
from newscrawl.rfi.inline import DEEPEST, INLINE, Token, html_of, text_of, tidy, tokens_of
from newscrawl.selector import classes
from newscrawl.text import fold

#: Everything that ``html`` may hold.
ALLOWED_TAGS = frozenset(
    "p h2 h3 blockquote ul ol li strong em a figure img br figcaption"
    " table thead tbody tr th td".split()
)
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}}

_FIGURES = frozenset(["m-em-image", "m-figure"])
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
#: Inline by their tag, each a line of its own to the reader: entries of a table of contents, files.
_BLOCKS = frozenset(["a-chapter", "m-em-file__link"])
_CELLS = frozenset(["td", "th"])


@dataclass
class Body:
    """What an article says."""

    html: str | None = None
    text: str | None = None
    figures: list[LexborNode] = field(default_factory=list)


def read_body(root: LexborNode, base: str) -> Body:
    """Clean HTML and text of a body element; links are made absolute against ``base``."""
    writer = _Writer(base)
    writer.children(root, depth=0)
    writer.end_loose()
    markup = nh3.clean(
        "".join(writer.html),
        tags=set(ALLOWED_TAGS),
        attributes=ALLOWED_ATTRIBUTES,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )
    return Body(markup or None, "\n\n".join(writer.text) or None, writer.figures)


def plain_body(text: str) -> Body:
    """Blocks of a plain text, a paragraph for each line."""
    blocks = [block for line in text.splitlines() if (block := fold(line))]
    html = "".join(f"<p>{escape(block, quote=False)}</p>" for block in blocks)
    return Body(html or None, "\n\n".join(blocks) or None)


class _Writer:
    """Walks a body's elements and writes its blocks."""

    def __init__(self, base: str) -> None:
        self.html: list[str] = []
        self.text: list[str] = []
        self.figures: list[LexborNode] = []
        self._base = base
        self._loose: list[Token] = []

    def children(self, node: LexborNode, depth: int) -> None:
        """Blocks of a container; text that stands loose between them becomes paragraphs."""
        for child in node.iter(include_text=True):
            self._child(child, depth + 1)

    def end_loose(self, tag: str = "p") -> None:
        """Write the loose text collected so far as a block."""
        tokens, self._loose = self._loose, []
        self._block(tag, tokens)

    def _child(self, node: LexborNode, depth: int) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._loose.append(("text", node.text_content or ""))
        elif is_furniture(node) or tag.startswith(("-", "!")):
            return
        elif depth > DEEPEST:
            self._loose.append(("text", node.text(deep=True)))
        elif classes(node) & _BLOCKS:
            self.end_loose()
            self._paragraph(node, "p", depth)
        elif tag in INLINE or tag in ("br", "span", "u", "small", "sub", "sup", "time", "font"):
            self._inline_or_blocks(node, depth)
        else:
            self.end_loose()
            self._element(node, tag, depth)

    def _inline_or_blocks(self, node: LexborNode, depth: int) -> None:
        """An inline element is part of a paragraph, unless it wraps blocks or pictures."""
        if node.css_first("p, div, figure, img, iframe, ul, ol, table, h2, h3, blockquote"):
            self.end_loose()
            self.children(node, depth)
            self.end_loose()
        else:
            self._loose.extend(tokens_of(node, self._base, depth))

    def _element(self, node: LexborNode, tag: str, depth: int) -> None:
        if is_embed(node, tag):
            self._embed(node)
        elif tag in ("figure", "picture", "img") or classes(node) & _FIGURES:
            self._figure(node)
        elif tag == "p" or tag in _HEADINGS:
            self._paragraph(node, _HEADINGS.get(tag, "p"), depth)
        elif tag == "blockquote" or "m-em-quote" in classes(node):
            self._wrapped("blockquote", node, depth)
        elif tag in ("ul", "ol"):
            self._list(node, tag, depth)
        elif tag == "table":
            self._table(node)
        else:
            self.children(node, depth)
            self.end_loose()

    def _paragraph(self, node: LexborNode, tag: str, depth: int) -> None:
        """A paragraph; pictures and embeds inside it stand after its text."""
        inner = [child for child in node.css("figure, img, iframe") if child.mem_id != node.mem_id]
        self._block(tag, list(tokens_of(node, self._base, depth, inside_block=True)))
        for child in inner:
            parent = child.parent
            if child.tag == "img" and parent is not None and parent.tag in ("picture", "figure"):
                continue
            self._element(child, child.tag or "", depth + 1)

    def _wrapped(self, tag: str, node: LexborNode, depth: int) -> None:
        """Blocks inside a wrapper; an empty wrapper is not written."""
        begin = len(self.html)
        self.html.append(f"<{tag}>")
        self.children(node, depth)
        self.end_loose()
        if len(self.html) == begin + 1:
            del self.html[begin:]
        else:
            self.html.append(f"</{tag}>")

    def _list(self, node: LexborNode, tag: str, depth: int) -> None:
        begin = len(self.html)
        self.html.append(f"<{tag}>")
        for child in node.iter():
            if child.tag == "li" and not is_furniture(child):
                self._list_item(child, depth + 1)
        if len(self.html) == begin + 1:
            del self.html[begin:]
        else:
            self.html.append(f"</{tag}>")

    def _list_item(self, node: LexborNode, depth: int) -> None:
        """An item's own text, then its nested lists."""
        begin = len(self.html)
        nested: list[LexborNode] = []
        tokens: list[Token] = []
        for child in node.iter(include_text=True):
            if child.tag in ("ul", "ol"):
                nested.append(child)
            else:
                tokens += tokens_of(child, self._base, depth, inside_block=True)
                tokens.append(("text", " ")) if child.tag in ("p", "div") else None
        self.html.append("<li>")
        self._block("", tokens)
        for child in nested:
            if depth < DEEPEST:
                self._list(child, child.tag or "ul", depth + 1)
            else:
                self._block("", [("text", child.text(deep=True))])
        if len(self.html) == begin + 1:
            del self.html[begin:]
        else:
            self.html.append("</li>")

    def _table(self, node: LexborNode) -> None:
        """Rows of this table; one that stands in a cell is text of that cell."""
        rows = [row for row in node.css("tr") if _table_of(row) == node.mem_id]
        written = [written for row in rows if (written := self._row(row))]
        if written:
            self.html.append(f"<table><tbody>{''.join(written)}</tbody></table>")

    def _row(self, node: LexborNode) -> str:
        cells = []
        for cell in node.iter():
            if cell.tag in _CELLS:
                tokens = tidy(list(tokens_of(cell, self._base, 0, inside_block=True)))
                cells.append((cell.tag, tokens))
        texts = [text_of(tokens).replace("\n", " ") for _, tokens in cells]
        if not any(texts):
            return ""
        self.text.append("\t".join(texts))
        inner = (f"<{tag}>{html_of(tokens)}</{tag}>" for tag, tokens in cells)
        return f"<tr>{''.join(inner)}</tr>"

    def _figure(self, node: LexborNode) -> None:
        written = figure_of(node, self._base)
        if written:
            self.html.append(written)
            self.figures.append(node)

    def _embed(self, node: LexborNode) -> None:
        """What a script would show here: a link to it, where the page names one."""
        link = link_of_embed(node, self._base)
        if link:
            self.html.append(link)

    def _block(self, tag: str, tokens: list[Token]) -> None:
        tokens = tidy(tokens)
        text = text_of(tokens)
        if not text:
            return
        self.text.append(text)
        inner = html_of(tokens)
        self.html.append(f"<{tag}>{inner}</{tag}>" if tag else inner)


def _table_of(row: LexborNode) -> int | None:
    """The table that a row belongs to: two elements are one where their ``mem_id`` is, while
    ``==`` compares all of their HTML."""
    above = row.parent
    while above is not None and above.tag != "table":
        above = above.parent
    return above.mem_id if above is not None else None
