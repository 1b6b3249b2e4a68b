"""What the project wants of itself, beside what was found; reported, never judged by a failure."""

from __future__ import annotations

from typing import NamedTuple


class Goal(NamedTuple):
    """One of them."""

    what: str
    wanted: str
    found: str
    met: bool


def at_least(what: str, wanted: float, found: float) -> Goal:
    """A ratio that is to be so large."""
    return Goal(what, f">= x{wanted:g}", f"x{found:.2f}", found >= wanted)


def at_most(what: str, wanted: float, found: float) -> Goal:
    """A ratio that is to be no larger."""
    return Goal(what, f"<= x{wanted:g}", f"x{found:.2f}", found <= wanted)
