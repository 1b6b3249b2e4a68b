"""Data that pages carry in scripts: JSON-LD, ``#datalayer``, and the players' media.

Broken JSON is data of a hostile or careless world, not an error: what can be read is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from math import isfinite
from typing import Any

import orjson

from newscrawl.numbers import whole_number
from newscrawl.selector import Selector

#: Types of JSON-LD that describe an article.
ARTICLE_TYPES = frozenset(
    ["NewsArticle", "Article", "ReportageNewsArticle", "BlogPosting", "LiveBlogPosting"]
)
#: Characters of JSON that are read of a page; a whole article with its text has a fiftieth.
_LONGEST = 2_000_000
#: Documents read of a script that holds several; none of the site's holds more than two.
_MOST_DOCUMENTS = 100
_TRAILING_COMMA = re.compile(r",(\s*+[}\]])")
_DURATION = re.compile(
    r"P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?"
)
_CLOCK = re.compile(r"(?:(\d{1,9}):)?(\d{1,2}):(\d{2})")
#: Seconds of the longest recording that is believed: four months.
_LONGEST_S = 10**7 - 1


def linked_data(page: Selector) -> list[dict[str, Any]]:
    """Nodes of all JSON-LD scripts, arrays and ``@graph`` unfolded, in document order."""
    found: list[dict[str, Any]] = []
    for document in all_documents(page.css('script[type="application/ld+json"]::text')):
        found += _nodes(document)
    return found


def all_documents(scripts: Iterable[str]) -> Iterator[Any]:
    """JSON documents in scripts, as far as they are not too long together: a small object in the
    page is one of thirty times the size in memory."""
    left = _LONGEST
    for script in scripts:
        left -= len(script)
        if left >= 0:
            yield from documents(script)


def documents(text: str) -> list[Any]:
    """JSON documents in a script: one as a rule, sometimes several, sometimes not quite JSON.

    >>> documents('{"a": 1,} {"b": "&eacute;"}')
    [{'a': 1}, {'b': '&eacute;'}]
    """
    try:
        return [orjson.loads(text)]
    except ValueError:
        return list(_lenient(text))


def of_type(nodes: list[dict[str, Any]], types: frozenset[str]) -> dict[str, Any]:
    """First node of one of some types, ``{}`` where there is none."""
    for node in nodes:
        named = node.get("@type")
        if any(isinstance(name, str) and name in types for name in as_list(named)):
            return node
    return {}


def script_data(page: Selector, query: str) -> list[dict[str, Any]]:
    """Objects in the JSON scripts that a query finds."""
    found = all_documents(page.css(f"{query}::text"))
    return [document for document in found if isinstance(document, dict)]


def as_list(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str | None:
    """Text of a JSON value, HTML entities read; ``None`` for anything but text."""
    return unescape(value) if isinstance(value, str) else None


def seconds(value: Any) -> int | None:
    """Length of a recording: seconds, ``12:34``, or an ISO 8601 duration.

    >>> seconds("P0DT0H1M43S"), seconds("12:05"), seconds(61.4), seconds("soon")
    (103, 725, 61, None)
    """
    if not isinstance(value, str):
        return whole_number(value, _LONGEST_S) or None
    text = value.strip()
    if text.isdigit():
        return whole_number(text, _LONGEST_S) or None
    if (clock := _CLOCK.fullmatch(text)) is not None:
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        return seconds(hours * 3600 + minutes * 60 + rest)
    if (match := _DURATION.fullmatch(text)) is not None:
        _, _, days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        return seconds(days * 86400 + hours * 3600 + minutes * 60 + rest)
    return None


def _lenient(text: str) -> Iterator[Any]:
    """Documents one after the other, as far as they can be read."""
    decoder = json.JSONDecoder(
        strict=False, parse_int=whole_number, parse_float=_finite, parse_constant=_finite
    )
    text = _TRAILING_COMMA.sub(r"\1", text.strip().removesuffix(";"))
    position = 0
    for _ in range(_MOST_DOCUMENTS):
        if position >= len(text):
            return
        try:
            document, position = decoder.raw_decode(text, position)
            # Half a surrogate pair is no character: nobody could write it down again.
            written = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
            yield orjson.loads(written)
        except (ValueError, RecursionError):
            return
        while position < len(text) and text[position] in " \t\r\n;,":
            position += 1


def _finite(text: str) -> float | None:
    """A number of JSON; what is none (``NaN``), or too large to be one, is null."""
    value = float(text)
    return value if isfinite(value) else None


def _nodes(document: Any) -> list[dict[str, Any]]:
    nodes = []
    for node in as_list(document):
        if isinstance(node, dict):
            nodes.append(node)
            nodes += [inner for inner in as_list(node.get("@graph")) if isinstance(inner, dict)]
    return nodes
