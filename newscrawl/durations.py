"""Durations as people write them in settings and seed files."""

from __future__ import annotations

import re

from newscrawl.errors import UsageProblem

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def parse_duration(text: str, name: str) -> float:
    """Seconds of ``90s``, ``5m``, ``1h``, ``30d``; a bare number is seconds.

    ``name`` says in the error what is wrong.

    >>> parse_duration("1h", "every")
    3600.0
    """
    match = _FORM.fullmatch(str(text).strip())
    if match is None:
        raise UsageProblem(f"{name} is {text!r}: give a duration as 90s, 5m, 1h or 30d")
    return float(match[1]) * _UNITS[match[2]]


def span(seconds: float) -> str:
    """A duration for people.

    >>> [span(90), span(3 * 3600), span(50 * 3600), span(10 * 86400)]
    ['90 s', '3 h', '50 h', '10 days']
    """
    if seconds < 2 * 3600:
        return f"{seconds:.0f} s"
    return f"{seconds / 3600:.0f} h" if seconds < 3 * 86400 else f"{seconds / 86400:.0f} days"
