"""An article as HTML for others to show: lead picture, lead, body, and nothing that runs.

Records are clean when they are stored; what is written here is cleaned once more, since whoever
reads it may trust it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import nh3

from newscrawl.rfi.body import ALLOWED_ATTRIBUTES, ALLOWED_TAGS

#: What XML 1.0 cannot hold, and the invisible controls that it advises against.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
#: What turns the direction of all that follows it: past the end of a title, too.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENDS = re.compile("[\r\n\u2028\u2029]")
#: What begins something in a line of Markdown.
_MARKS = re.compile(r"([\\`*_\[\]~])")
_RESERVED = "!#$%&'()*+,/:;=?@[]~"


def printable(text: str) -> str:
    """A text without characters that XML refuses.

    >>> printable("a\\x00b\\x1b[31m\\ufffe")
    'ab[31m'
    """
    return _UNPRINTABLE.sub("", text.replace("\x85", "\n"))


def one_line(text: str) -> str:
    """A printable text without ends of lines, and without what acts on the text behind it.

    >>> one_line("a\\r\\nb\\u2028c \\u202e")
    'a b c'
    """
    lines = (line.strip(" \t") for line in _ENDS.split(_TURNS.sub("", printable(text))))
    return " ".join(line for line in lines if line).strip()


def whole(url: str | None, base: str = "") -> str | None:
    """An absolute web address in ASCII, ``None`` for what is none.

    >>> whole("/cn/作者/ x", "https://www.rfi.fr/cn/")
    'https://www.rfi.fr/cn/%E4%BD%9C%E8%80%85/%20x'
    >>> whole("javascript:alert(1)"), whole("http://["), whole(None)
    (None, None, None)
    """
    if not url:
        return None
    try:
        joined = urljoin(base, printable(url).strip())
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return quote(joined, safe=_RESERVED)


def body(record: Mapping[str, Any]) -> str:
    """The record's ``html``, cleaned, its addresses whole; empty where it has none."""
    base = record["url"]

    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute not in ("href", "src") or value.startswith("mailto:"):
            return value
        return whole(value, base)

    return nh3.clean(
        printable(record["html"] or ""),
        tags=set(ALLOWED_TAGS),
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=kept,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )


def lead_picture(record: Mapping[str, Any]) -> str:
    """The picture above the text with its caption and credit; empty where there is none."""
    image = next((image for image in record["images"] if image["lead"]), None)
    address = image and whole(image["url"], record["url"])
    if not image or not address:
        return ""
    alt = f' alt="{text(image["alt"])}"' if image["alt"] else ""
    caption = text(image["caption"] or "")
    credit = f"<small>{text(image['credit'])}</small>" if image["credit"] else ""
    words = " ".join(part for part in (caption, credit) if part)
    legend = f"<figcaption>{words}</figcaption>" if words else ""
    return f'<figure><img src="{escape(address)}"{alt}>{legend}</figure>'


def lead(record: Mapping[str, Any]) -> str:
    """The lead as a paragraph; empty where there is none."""
    words = text(record["lead"] or "")
    return f"<p><strong>{words}</strong></p>" if words else ""


def link(part: Mapping[str, Any], name: str, base: str, title: str = "") -> str:
    """A name that leads to its page, or the name alone."""
    address = whole(part["url"], base)
    if address is None:
        return text(name)
    hint = f' title="{text(title)}"' if title else ""
    return f'<a href="{escape(address)}"{hint}>{text(name)}</a>'


def markdown(words: str) -> str:
    """Words as they stand in a line of Markdown: no marks, no HTML, nothing that ends a link.

    >>> print(markdown("[a](x) *b* <script> R&D"))
    \\[a\\](x) \\*b\\* &lt;script&gt; R&amp;D
    """
    return _MARKS.sub(r"\\\1", escape(one_line(words), quote=False))


def text(words: str) -> str:
    """Words as they stand in HTML, on one line."""
    return escape(one_line(words))
