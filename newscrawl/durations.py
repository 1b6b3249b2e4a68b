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
