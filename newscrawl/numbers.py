"""Numbers of foreign text, within what every output can hold."""

from __future__ import annotations

from typing import Any

#: What SQLite, Arrow and JSON readers of any language hold (32 bits, signed).
LARGEST = 2**31 - 1
#: Digits that are looked at: enough for any length or size, and far from what Python refuses.
_MOST_DIGITS = 18


def whole_number(value: Any, largest: int = LARGEST) -> int | None:
    """A whole number from 0 to ``largest``, given as a number or as ASCII digits, else ``None``.

    Fractions are cut.

    >>> whole_number("0042"), whole_number(61.9), whole_number("9" * 5000), whole_number("²")
    (42, 61, None, None)
    >>> whole_number(float("nan")), whole_number(True), whole_number(2**31)
    (None, None, None)
    """
    if isinstance(value, str | bytes):
        if len(value) > _MOST_DIGITS or not (value.isascii() and value.isdigit()):
            return None
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value <= largest else None
