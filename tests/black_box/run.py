"""``python -m tests.black_box.run --seeds 0-499``: sequences from seeds, each judged.

``--seed N`` replays one and prints what it did, ``--reduce`` leaves out steps as long as the same
promise is broken, ``--keep DIR`` keeps data dirs and transcripts of those that fail.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import active_children, get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures.site import StandInSite
from tests.black_box.machine import Machine, machine
from tests.black_box.plan import Plan, Step, plan
from tests.black_box.sequence import Sequence, Violation
from tests.faults.server import Hostile, serve


class Player:
    """Carries out plans, one after the other, on one machine."""

    def __init__(self, made: Machine, served: Hostile) -> None:
        self.machine = made
        self._served = served

    def play(self, found: Plan, until: str | None = None) -> list[Violation]:
        """Carry a plan out from an empty disk; no further than the first break of a promise."""
        self.machine.clear()
        return Sequence(self.machine, self._served, found, until).run()

    def keep(self, folder: Path, seed: int) -> None:
        """Copy disk and transcript of the last plan."""
        target = folder / f"seed-{seed}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.machine.disk, target)
        (target / "transcript.txt").write_text("\n".join(self.machine.transcript) + "\n", "utf-8")

    def reduced(self, found: Plan, kind: str) -> Plan:
        """The plan with as few steps, and as little happening, as still break the same promise."""
        steps = list(found.steps)
        place = len(steps) - 1
        while place >= 0:
            fewer = [*steps[:place], *steps[place + 1 :]]
            if self._breaks(found, fewer, kind):
                steps = fewer
            place -= 1
        for place in range(len(steps)):
            for simpler in steps[place].simpler():
                tried = [*steps[:place], simpler, *steps[place + 1 :]]
                if self._breaks(found, tried, kind):
                    steps = tried
        return replace(found, steps=tuple(steps))

    def _breaks(self, found: Plan, steps: list[Step], kind: str) -> bool:
        broken = self.play(replace(found, steps=tuple(steps)), until=kind)
        return any(one.kind == kind for one in broken)


@contextmanager
def player() -> Iterator[Player]:
    """A machine and the site, until the block ends."""
    with (
        TemporaryDirectory(prefix="black-box-") as folder,
        serve(StandInSite()) as served,
        machine(Path(folder)) as made,
    ):
        yield Player(made, served)


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _judged(seeds: Sequence_[int], options: argparse.Namespace) -> list[int]:
    """Play seeds and print those that break a promise; gives them."""
    failed = []
    with player() as played:
        for number, seed in enumerate(seeds):
            if number and number % 25 == 0:
                print(f"{number} of {len(seeds)} seeds, {len(failed)} failed", flush=True)
            found = plan(seed)
            broken = played.play(found)
            if broken and options.reduce:
                found = played.reduced(found, options.kind or broken[0].kind)
                broken = played.play(found)
            said = list(played.machine.transcript) if options.seed is not None else []
            if broken:
                failed.append(seed)
                if options.keep:
                    played.keep(options.keep, seed)
                said.append(f"seed {seed} ({found.outputs}):")
                said += [f"  {one}" for one in broken]
                said.append(f"replay: python -m tests.black_box.run --seed {seed}")
            if said:
                print("\n".join(said), flush=True)
    return failed


def _be_stoppable() -> None:
    """SIGTERM ends processes of this one too, and takes the disks down."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for child in active_children():
            child.terminate()
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)


def main() -> int:
    """Play, print, and exit 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description="Random sequences of commands and mishaps.")
    parser.add_argument("--seed", type=int, help="this one, with all that it did")
    parser.add_argument("--seeds", type=_seeds, default=_seeds("0-499"), metavar="FROM-TO")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--reduce", action="store_true", help="leave out what is not needed")
    parser.add_argument("--kind", help="with --reduce: the promise (default: the first broken)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="of those that fail")
    options = parser.parse_args()
    _be_stoppable()
    seeds = _seeds(str(options.seed)) if options.seed is not None else options.seeds
    shares = [seeds[first :: options.jobs] for first in range(options.jobs)]
    began = time.monotonic()
    if options.jobs == 1:
        failed = _judged(seeds, options)
    else:
        with ProcessPoolExecutor(
            options.jobs, mp_context=get_context("spawn"), initializer=_be_stoppable
        ) as pool:
            found = [pool.submit(_judged, share, options) for share in shares]
            failed = [seed for share in found for seed in share.result()]
    seconds = time.monotonic() - began
    print(f"black_box: {len(seeds)} seeds, {len(failed)} failed, {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
