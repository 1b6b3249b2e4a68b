"""Figures of several rounds: the middle one, and how far the others lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """Median, least and most of some figures."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Of one figure a round."""
        return cls(median(figures), min(figures), max(figures))


def spread(figures: Sequence[float]) -> dict[str, float]:
    """The same as JSON has it."""
    return asdict(Spread.of(figures))


def ratios(ones: Sequence[float], others: Sequence[float]) -> dict[str, float]:
    """One figure by another of the same round: whatever slows a round down slows both."""
    return spread([one / other for one, other in zip(ones, others, strict=True)])
