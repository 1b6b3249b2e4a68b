"""The body of an article: cleaned HTML, and the text that this HTML gives.

The body's elements are read into blocks of tokens (text, opening and closing tags), cleaned there,
and written out twice, so that ``text`` always equals what ``html`` gives without its figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urljoin

import nh3
from selectolax.lexbor import LexborNode

from newscrawl.rfi.figures import figure_of, link_of_embed
from newscrawl.selector import classes
from newscrawl.text import PADDING, fold_inside

#: Everything that ``html`` may hold.
ALLOWED_TAGS = frozenset(
    "p h2 h3 blockquote ul ol li strong em a figure img br figcaption"
    " table thead tbody tr th td".split()
)
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}}

#: Furniture that stands inside the body: advertisements, promotions, buttons, links to more.
_FURNITURE = frozenset(
    "m-interstitial m-block-ad o-self-promo a-read-more m-share-bar m-from-author"
    " t-content__shares t-content__dates t-content__authors t-content__authors-tts"
    " t-content__tags t-content__related o-aside-content o-ad-container o-ad-sponsoring"
    " t-copyright t-location a-media-legend m-em-file m-em-contributor a-audio-player-btn"
    " m-feed-sub m-feed-sub__audio a-twitter-follow-button o-player".split()
)
_EMBEDS = frozenset(
    ["m-em-flash", "m-em-twitter", "m-em-audio", "m-em-video", "twitter-tweet", "instagram-media"]
)
_FIGURES = frozenset(["m-em-image", "m-figure"])
_DROPPED = frozenset(
    "script style noscript template svg math button form input select textarea object canvas"
    " audio video link meta nav head title".split()
)
_HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
_INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "a": "a"}
_CELLS = frozenset(["td", "th"])
#: Deeper than any page of a newsroom; what lies below is read as plain text.
_DEEPEST = 200

Token = tuple[str, str]
"""Kind (``text``, ``open``, ``close``, ``br``) and text, or tag with its attributes."""


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
        elif depth > _DEEPEST:
            self._loose.append(("text", node.text(deep=True)))
        elif tag in _INLINE or tag in ("br", "span", "u", "small", "sub", "sup", "time", "font"):
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
            self._loose.extend(self._tokens(node, depth))

    def _element(self, node: LexborNode, tag: str, depth: int) -> None:
        if _is_embed(node, tag):
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
        inner = [child for child in node.css("figure, img, iframe") if child != node]
        self._block(tag, list(self._tokens(node, depth, inside_block=True)))
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
                tokens += self._tokens(child, depth, inside_block=True)
                tokens.append(("text", " ")) if child.tag in ("p", "div") else None
        self.html.append("<li>")
        self._block("", tokens)
        if depth < _DEEPEST:
            for child in nested:
                self._list(child, child.tag or "ul", depth + 1)
        if len(self.html) == begin + 1:
            del self.html[begin:]
        else:
            self.html.append("</li>")

    def _table(self, node: LexborNode) -> None:
        rows = [row for row in node.css("tr") if row.css_first("td, th")]
        written = [written for row in rows if (written := self._row(row))]
        if written:
            self.html.append(f"<table><tbody>{''.join(written)}</tbody></table>")

    def _row(self, node: LexborNode) -> str:
        cells = []
        for cell in node.iter():
            if cell.tag in _CELLS:
                tokens = tidy(list(self._tokens(cell, 0, inside_block=True)))
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

    def _tokens(
        self, node: LexborNode, depth: int, *, inside_block: bool = False
    ) -> Iterator[Token]:
        """Text and inline markup of an element."""
        tag = node.tag or ""
        if tag == "-text":
            yield "text", node.text_content or ""
            return
        if tag == "br":
            yield "br", ""
            return
        if is_furniture(node) or tag.startswith(("-", "!")):
            return
        if inside_block and (tag in ("figure", "picture", "img", "iframe") or _is_embed(node, tag)):
            return
        if depth > _DEEPEST:
            yield "text", node.text(deep=True)
            return
        markup = self._markup(node, tag)
        if markup:
            yield "open", markup
        for child in node.iter(include_text=True):
            yield from self._tokens(child, depth + 1, inside_block=inside_block)
        if markup:
            yield "close", _INLINE[tag]

    def _markup(self, node: LexborNode, tag: str) -> str:
        """The opening tag of an inline element, without its brackets; empty for a plain wrapper."""
        if tag != "a":
            return _INLINE.get(tag, "")
        href = (node.attributes.get("href") or "").strip()
        try:
            href = urljoin(self._base, href)
        except ValueError:
            return ""
        if not href.startswith(("http://", "https://", "mailto:")):
            return ""
        title = node.attributes.get("title")
        return f'a href="{escape(href)}"' + (f' title="{escape(title)}"' if title else "")


def is_furniture(node: LexborNode) -> bool:
    """Whether an element is no part of what the article says."""
    return (node.tag or "") in _DROPPED or bool(classes(node) & _FURNITURE)


def _is_embed(node: LexborNode, tag: str) -> bool:
    return tag in ("iframe", "embed") or bool(classes(node) & _EMBEDS)


def tidy(tokens: list[Token]) -> list[Token]:
    """Fold white space over the borders of elements, trim the ends, drop what is empty.

    ``[text 'a ', open strong, text ' b', close strong]`` becomes ``a <strong>b</strong>``.
    """
    return _without_empty(_trimmed(_joined(_folded(tokens))))


def _folded(tokens: list[Token]) -> list[Token]:
    """One blank at most between two words; text on both sides of an element is one text."""
    folded: list[Token] = []
    blank = True  # nothing before: a blank would be padding
    for kind, value in tokens:
        if kind == "text":
            value = fold_inside(value)
            if blank:
                value = value.lstrip(" ")
            if not value:
                continue
            blank = value.endswith(" ")
        elif kind == "br":
            blank = True
        folded.append((kind, value))
    return folded


def _joined(tokens: list[Token]) -> list[Token]:
    """Two strong (or em) elements side by side are one."""
    joined: list[Token] = []
    for token in tokens:
        kind, value = token
        if kind == "open" and value in ("strong", "em") and joined:
            if joined[-1] == ("close", value):
                joined.pop()
                continue
            if len(joined) > 1 and joined[-1] == ("text", " ") and joined[-2] == ("close", value):
                del joined[-2]
                continue
        joined.append(token)
    return joined


def _trimmed(tokens: list[Token]) -> list[Token]:
    """No padding at either end of the block, nor beside a line break."""
    trimmed = _trim_ends(tokens, str.lstrip)
    return _trim_ends(trimmed[::-1], str.rstrip)[::-1]


def _trim_ends(tokens: list[Token], strip: object) -> list[Token]:
    result: list[Token] = []
    at_end = True
    for kind, value in tokens:
        if kind == "text" and at_end:
            value = strip(value, PADDING)  # type: ignore[operator]
            if not value:
                continue
            at_end = False
        elif kind == "br":
            if at_end and not any(k == "text" for k, _ in result):
                continue  # a line break at the very end breaks nothing
            at_end = True
        result.append((kind, value))
    return result


def _without_empty(tokens: list[Token]) -> list[Token]:
    """Elements around nothing go, again and again until none is left."""
    kept: list[Token] = []
    for token in tokens:
        if token[0] == "close" and kept and kept[-1][0] == "open":
            kept.pop()
        else:
            kept.append(token)
    return kept


def text_of(tokens: list[Token]) -> str:
    """Text of a tidy block; a line break is a line break."""
    return "".join(
        value if kind == "text" else "\n" if kind == "br" else "" for kind, value in tokens
    )


def html_of(tokens: list[Token]) -> str:
    """HTML of a tidy block."""
    written = {"open": "<{}>", "close": "</{}>", "br": "<br>"}
    return "".join(
        escape(value, quote=False) if kind == "text" else written[kind].format(value)
        for kind, value in tokens
    )
