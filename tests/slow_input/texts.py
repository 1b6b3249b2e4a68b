"""Texts of 100 KB that patterns and parsers stumble over."""

from __future__ import annotations

from functools import cache
from random import Random

SIZE = 100_000
#: What is repeated, by name.
PIECES = {
    "blanks": " ",
    "newlines": "\n",
    "tabs": "\t",
    "returns": "\r\n",
    "nbsp": "\u00a0",
    "line separators": "\u2028",
    "nulls": "\0",
    "ones": "1",
    "nines": "9",
    "persian digits": "۹",
    "superscripts": "²",
    "letters": "a",
    "han": "中",
    "khmer": "\u1780\u17d2",
    "marks": "\u0315\u0300",
    "commas": ",",
    "hyphens": "-",
    "slashes": "/",
    "dots": ".",
    "colons": ":",
    "ellipses": "…",
    "percents": "%",
    "ampersands": "&",
    "quotes": '"',
    "apostrophes": "'",
    "equals": "=",
    "semicolons": ";",
    "brackets": "[",
    "braces": "{",
    "parentheses": "(",
    "backslashes": "\\",
    "less than": "<",
    "greater than": ">",
    "tags": "<p>",
    "inline tags": "<b><i>",
    "end tags": "</p>",
    "attributes": '<a href="',
    "comments": "<!--",
    "comment ends": "--",
    "scripts": "<script>",
    "mains": "<main ",
    "entities": "&amp",
    "numeric entities": "&#x",
    "escapes": "%e4%b8",
    "words": "a ",
    "numbers": "1 ",
    "lines": "a\n",
    "padded hyphens": " - ",
    "padded newlines": " \n",
    "padded commas": ", ",
    "padded dots": "… ",
    "han lines": "中 \n",
    "dates": "01/01/2024 - ",
    "half dates": "1/",
    "clocks": "1:",
    "durations": "P1",
    "words and marks": "e\u0301",
    "query": "title:",
    "phrases": '"a" ',
    "prefixes": "a* -",
    "headers": "WARC-Type: ",
    "folded headers": "\r\n\t",
    "surrogates": "\\ud800",
}


def repeated(piece: str, size: int = SIZE) -> str:
    """As many of a piece as fit."""
    return piece * (size // len(piece))


@cache
def hostile() -> dict[str, str]:
    """All texts, by name: of one piece, of one piece between others, of many in disorder."""
    texts = {name: repeated(piece) for name, piece in PIECES.items()}
    for name in ("blanks", "newlines", "tabs", "nbsp", "ones", "letters"):
        texts[f"{name} between"] = f"1 {texts[name]} 1"
        texts[f"{name} behind a date"] = f"01/01/2024{texts[name]}08:10"
    random = Random(0)
    pieces = list(PIECES.values())
    for number in range(3):
        mixed = "".join(random.choices(pieces, k=SIZE // 3))
        texts[f"mixed {number}"] = mixed[:SIZE]
    return texts
