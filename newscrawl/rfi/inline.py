"""The inside of a block: text and inline markup as tokens, made tidy, written as text and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import urljoin

from selectolax.lexbor import LexborNode

from newscrawl.rfi.furniture import is_embed, is_furniture
from newscrawl.text import PADDING, fold_inside

Token = tuple[str, str]
"""Kind (``text``, ``open``, ``close``, ``br``) and text, or tag with its attributes."""


INLINE = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "a": "a"}
#: Deeper than any page of a newsroom; what lies below is read as plain text.
DEEPEST = 200


def tokens_of(
    node: LexborNode, base: str, depth: int, *, inside_block: bool = False
) -> Iterator[Token]:
    """Text and inline markup of an element; links are made absolute against ``base``."""
    tag = node.tag or ""
    if tag == "-text":
        yield "text", node.text_content or ""
        return
    if tag == "br":
        yield "br", ""
        return
    if is_furniture(node) or tag.startswith(("-", "!")):
        return
    if inside_block and (tag in ("figure", "picture", "img", "iframe") or is_embed(node, tag)):
        return
    if depth > DEEPEST:
        yield "text", node.text(deep=True)
        return
    markup = _markup(node, tag, base)
    if markup:
        yield "open", markup
    for child in node.iter(include_text=True):
        yield from tokens_of(child, base, depth + 1, inside_block=inside_block)
    if markup:
        yield "close", INLINE[tag]


def _markup(node: LexborNode, tag: str, base: str) -> str:
    """The opening tag of an inline element, without its brackets; empty for a plain wrapper."""
    if tag != "a":
        return INLINE.get(tag, "")
    href = (node.attributes.get("href") or "").strip()
    try:
        href = urljoin(base, href)
    except ValueError:
        return ""
    if not href.startswith(("http://", "https://", "mailto:")):
        return ""
    title = node.attributes.get("title")
    return f'a href="{escape(href)}"' + (f' title="{escape(title)}"' if title else "")


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
