"""One record as one line of JSON Lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from newscrawl.items import ARTICLE_FIELDS, Article

#: Characters that JSON allows in a string but that many readers take for the end of a line.
_SEPARATORS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def to_line(record: Article | Mapping[str, Any]) -> bytes:
    """A record as UTF-8 JSON in the order of its fields, ended by a newline.

    >>> to_line({"title": "a\\u2028b"})
    b'{"title":"a\\\\u2028b"}\\n'
    """
    text = orjson.dumps(record if isinstance(record, Article) else _in_order(record)).decode()
    for character, escape in _SEPARATORS.items():
        if character in text:
            text = text.replace(character, escape)
    return text.encode() + b"\n"


def _in_order(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ARTICLE_FIELDS if name in record}
