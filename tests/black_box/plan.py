"""What a seed stands for: a sequence of steps, each with all that happens meanwhile.

Each step draws from a seed of its own, so that a sequence can be shortened without changing the
steps that are left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.black_box.machine import CALM, Mishap
from tests.black_box.world import FINE, Weather, weather

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0

#: Steps and how often each occurs.
KINDS = {
    "crawl": 50,
    "two crawls": 4,
    "replay": 3,
    "replay here": 2,
    "merge": 5,
    "backup": 5,
    "restore": 4,
    "reconcile": 3,
    "rebuild files": 3,
    "rebuild database": 2,
    "lose a file": 1,
    "lose the database": 1,
    "extract to store": 4,
    "extract to file": 2,
    "export": 4,
    "prune": 2,
    "forget": 5,
    "look": 5,
    "delete leftovers": 3,
}
#: Calls that a command makes to the file system, as a power of ten.
_CALLS = {"crawl": 3.2, "two crawls": 3.2, "replay": 3.0, "merge": 2.8, "extract to store": 2.8}
#: Steps during which a crawl may run.
_MEANWHILE = frozenset(KINDS) - {"crawl", "two crawls", "lose a file", "lose the database"}
_MEANWHILE -= {"delete leftovers", "prune", "replay", "replay here"}
_OUTPUTS = ("jsonlines,sqlite",) * 3 + ("jsonlines", "sqlite")


@dataclass(frozen=True)
class Step:
    """One step; ``seed`` decides whatever else is to be chosen."""

    kind: str
    seed: str
    advance_s: float = _HOUR
    changes: int = 0
    weather: Weather = FINE
    mishap: Mishap = CALM
    shift_s: float = 0.0
    meanwhile: bool = False
    """Whether a crawl is at work at the same time."""

    @property
    def is_calm(self) -> bool:
        """Whether nothing goes wrong."""
        return not self.weather.share and not self.mishap and not self.shift_s

    def simpler(self) -> list[Step]:
        """The same with less happening."""
        found = [
            replace(self, mishap=CALM),
            replace(self, weather=FINE),
            replace(self, shift_s=0.0),
            replace(self, changes=0),
            replace(self, meanwhile=False),
        ]
        return [step for step in found if step != self]


@dataclass(frozen=True)
class Plan:
    """A sequence, and the settings that hold in it."""

    seed: int
    outputs: str
    stop_after: int
    full_every: str
    steps: tuple[Step, ...]


def plan(seed: int) -> Plan:
    """The plan of a seed."""
    random = Random(f"black box {seed}")
    kinds = random.choices(list(KINDS), list(KINDS.values()), k=random.randrange(7, 15))
    steps = (_step(kind, f"{seed}.{place}") for place, kind in enumerate(["crawl", *kinds]))
    return Plan(
        seed,
        random.choice(_OUTPUTS),
        random.choice([5, 5, 3]),
        random.choice(["3650d", "3650d", "30d"]),
        tuple(steps),
    )


def _step(kind: str, seed: str) -> Step:
    random = Random(f"step {seed}")
    advance = random.choice([_MINUTE, _HOUR, 7 * _HOUR, 26 * _HOUR, 26 * _HOUR, 4 * _DAY, 9 * _DAY])
    changes = random.choice([0, 1, 1, 2, 3, 5])
    skies = weather(random, seed) if random.random() < 0.3 else FINE
    mishap = _mishap(random, _CALLS.get(kind, 2.0)) if random.random() < 0.35 else CALM
    shift = random.choice([400, -400, 3]) * _DAY if random.random() < 0.03 else 0.0
    meanwhile = kind in _MEANWHILE and random.random() < 0.25
    return Step(kind, seed, advance, changes, skies, mishap, shift, meanwhile)


def _mishap(random: Random, calls: float) -> Mishap:
    kind = random.random()
    if kind < 0.6:
        # Small numbers as often as large ones: a command begins and ends with few calls.
        return Mishap(kill_at=int(10 ** random.uniform(0, calls)), kill_when=random.randrange(1, 4))
    if kind < 0.68:
        return Mishap(kill_at_request=random.randrange(1, 30))
    if kind < 0.76:
        return Mishap(stop_at_request=random.randrange(1, 30))
    if kind < 0.9:
        return Mishap(room=random.choice([0, 8, 40, 150, 600]) * 1024)
    if kind < 0.93:
        return Mishap(file_bytes=random.choice([60, 100, 300]) * 1024)
    return Mishap(busy_s=random.choice([0.3, 1.0, 1.0, 6.0]))
