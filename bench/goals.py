"""What the project wants of itself, beside what was found; reported, never judged by a failure."""

from __future__ import annotations

from typing import NamedTuple


class Goal(NamedTuple):
    """One of them."""

    what: str
    wanted: str
    found: str
    met: bool
