"""Which article fails how at its first try: decided by its address alone, so every run is alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

#: Faults, each of which every article has the same small chance of.
FAULTS = {
    "unavailable": "503",
    "wrong_status": "500, 502, 504, 408 or 522",
    "reset": "the connection is reset before the answer",
    "torn": "the connection is reset in the middle of the answer",
    "truncated": "the answer ends before its Content-Length",
    "empty": "200 without a body",
    "cut": "200, whole by its headers, with half a page",
    "slow": "half a second for the whole answer, in pieces",
}
WRONG = (500, 502, 504, 408, 522)
_STEPS = 2**32


def fault_of(path: str, share: float) -> str | None:
    """Fault of an encoded path at its first try; ``share`` (0 to 1/8) is the chance of each.

    >>> fault_of("/cn/x", 0.0) is None, fault_of("/cn/x", 1 / 8) in FAULTS
    (True, True)
    """
    place = _number(path) / _STEPS
    index = int(place / share) if share else len(FAULTS)
    return list(FAULTS)[index] if index < len(FAULTS) else None


def wrong_status(path: str) -> int:
    """The status that takes the place of 200."""
    return WRONG[_number(path[::-1]) % len(WRONG)]


def expected(paths: Iterable[str], share: float) -> Counter[str]:
    """How often each fault occurs among some articles."""
    return Counter(fault for path in paths if (fault := fault_of(path, share)) is not None)


def _number(path: str) -> int:
    return int.from_bytes(sha256(path.encode()).digest()[:4], "big")
