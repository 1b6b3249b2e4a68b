"""Characters that must reach no terminal and no log."""

from __future__ import annotations

#: Controls but for tab and line feed, bidirectional controls, separators, and what hides text.
OBEYED = [
    chr(number)
    for begin, end in (
        (0x00, 0x08),
        (0x0B, 0x1F),
        (0x7F, 0x9F),
        (0x61C, 0x61C),
        (0x200E, 0x200F),
        (0x2028, 0x202E),
        (0x2060, 0x206F),
        (0xFEFF, 0xFEFF),
        (0xFFF9, 0xFFFB),
        (0xD800, 0xD800),
        (0xDFFF, 0xDFFF),
        (0xE0041, 0xE0041),
    )
    for number in range(begin, end + 1)
]
#: Some of each kind, as a hostile page would have them.
HARM = "\x1b]0;x\x07\x1b[2J\x9b31m\x85\r\x7f\u202egnp\u2066\u200f\u061c\u2028\u2060\U000e0041\ufeff"


def obeyed(said: str) -> list[str]:
    """Lines of an output that a terminal would obey."""
    bad = set(OBEYED)
    return [ascii(line) for line in said.split("\n") if bad & set(line)]
