"""Recording what a command does to the disk, and losing the power somewhere in it."""

from __future__ import annotations

import copy
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.crawling import ROOT
from tests.power_loss.disk import Disk, Event, read_journal
from tests.power_loss.scenarios import Scenario, World

_SHIM = Path(__file__).with_name("shim.c")
#: Events at which it matters most what has come before them.
_POINTS = "SRUCM"


@dataclass
class Recording:
    """A disk as a command began with it, and what the command did."""

    scenario: Scenario
    disk: Disk
    events: list[Event]


def record(world: World, scenario: Scenario) -> Recording:
    """Run a scenario's command in the world and write down what it does."""
    shim = _built(world.kept / "shim.so")
    scenario.prepare(world)
    disk = Disk(world.root)
    journal = world.kept / "journal"
    journal.unlink(missing_ok=True)
    command = scenario.command(world)
    program = [sys.executable, *(command if command[0] == "-c" else ("-m", "scrapy", *command))]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    watched = {
        "PYTHONPATH": str(ROOT),
        "LD_PRELOAD": str(shim),
        "POWER_LOSS_ROOT": str(world.root),
        "POWER_LOSS_JOURNAL": str(journal),
    }
    done = subprocess.run(
        program,
        cwd=ROOT,
        env=kept | watched,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Recording(scenario, disk, read_journal(journal))


def lose_power(recording: Recording, world: World, chance: random.Random) -> tuple[str, bool]:
    """Leave the world as a loss of power may; gives how, and whether the command was done."""
    events = recording.events
    cut = _cut(events, chance)
    disk = copy.deepcopy(recording.disk)
    for event in events[:cut]:
        disk.take(event)
    how = disk.lose_power(chance)
    printed = b"".join(event.data for event in events[:cut] if event.what == "O")
    is_done = cut == len(events) or recording.scenario.promise in printed
    next_ = f"before {_shown(events[cut], world)}" if cut < len(events) else "after the end"
    return f"event {cut} of {len(events)}, {next_}; {how}", is_done


def _cut(events: list[Event], chance: random.Random) -> int:
    where = chance.random()
    if where < 0.3:
        return len(events)
    points = [number for number, event in enumerate(events) if event.what in _POINTS]
    if where < 0.85 and points:
        return chance.choice(points) + chance.randint(0, 1)
    return chance.randint(0, len(events))


def _shown(event: Event, world: World) -> str:
    return f"{event.what} {event.path.removeprefix(str(world.root))}".strip()


def _built(shim: Path) -> Path:
    if not shim.exists():
        flags = ["-O1", "-shared", "-fPIC"]
        subprocess.run(["gcc", *flags, "-o", str(shim), str(_SHIM), "-ldl"], check=True)
    return shim
