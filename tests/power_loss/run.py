"""Losses of power in the middle of every command that writes, from seeds.

``python -m tests.power_loss.run [--seed N | --seeds FROM-TO]``: a seed chooses the command, the
moment, and what of the unsynced is lost. It exits 1 when anything that was promised was not there.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.power_loss.recording import Recording, lose_power, record
from tests.power_loss.scenarios import SCENARIOS, World


class Harness:
    """Commands are recorded once, and their power is lost as often as there are seeds."""

    def __init__(self, folder: Path) -> None:
        self._world = World(folder)
        self._recordings: dict[str, Recording] = {}

    def play(self, seed: int) -> str:
        """Lose the power once; gives what was wrong, empty where nothing was."""
        chance = random.Random(seed)
        name = list(SCENARIOS)[seed % len(SCENARIOS)]
        if name not in self._recordings:
            self._recordings[name] = record(self._world, SCENARIOS[name])
        how, is_done = lose_power(self._recordings[name], self._world, chance)
        try:
            SCENARIOS[name].check(self._world, is_done, chance)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is told with its seed)
            done = "done" if is_done else "cut"
            return f"{name} ({done}), {how}: {type(error).__name__}: {error}"
        return ""


def run(seeds: Iterable[int]) -> int:
    """Play seeds; gives the number of those that failed."""
    begin, number, failed = time.monotonic(), 0, 0
    with TemporaryDirectory(prefix="power-loss-") as folder:
        harness = Harness(Path(folder))
        for seed in seeds:
            number += 1
            if wrong := harness.play(seed):
                failed += 1
                print(f"seed {seed}: {wrong}")
                print(f"replay: python -m tests.power_loss.run --seed {seed}", flush=True)
    print(f"power_loss: {number} seeds, {failed} failed, {time.monotonic() - begin:.0f} s")
    return failed


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", default="0-47", metavar="FROM-TO")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    seeds = [given.seed] if given.seed is not None else range(int(first), int(last) + 1)
    return 1 if run(seeds) else 0


if __name__ == "__main__":
    sys.exit(main())
