"""Slow input: every pattern and every reader on every hostile text, each page mutated leaf by leaf.

``python -m tests.slow_input.run [--only WORD] [--jobs N]``; each target is tried in a process of
its own, which is killed where it hangs. A case fails where it takes more than a second of processor
time, or raises what it should not.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from tests.slow_input import mutations, patterns, readers

ROOT = Path(__file__).resolve().parents[2]
#: Seconds of processor time that a case may take, and those after which it is killed.
LIMIT_S, KILLED_S = 1.0, 2.0
#: Seconds without a word after which it is killed though it does nothing.
_STUCK_S = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Case:
    """What came of one text."""

    target: str
    text: str
    seconds: float
    error: str | None = None

    @property
    def has_failed(self) -> bool:
        return self.error is not None or self.seconds >= LIMIT_S

    def __str__(self) -> str:
        what = self.error or f"{self.seconds:.1f} s and more"
        return f"{self.target} on {self.text}: {what}"


def targets() -> list[str]:
    """Everything that is tried."""
    return [*patterns.uses(), *readers.readers(), *mutations.targets()]


class Trying:
    """Tries targets in a process of its own, and in another one where that hangs; to be closed."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def __call__(self, target: str, every: int = 1, offset: int = 0) -> list[Case]:
        """A target on every n-th of its texts."""
        cases: list[Case] = []
        number: int | None = 0
        while number is not None:
            number = self._go_on(target, (number, every, offset), cases)
        return cases

    def _go_on(self, target: str, order: tuple[int, int, int], cases: list[Case]) -> int | None:
        """Number of the text to go on with after a hang, ``None`` when all are done."""
        child, number, running = self._begun(), order[0], "its beginning"
        assert child.stdin is not None
        names = dict(zip(("first", "every", "offset"), order, strict=True))
        child.stdin.write(json.dumps({"target": target, **names}).encode() + b"\n")
        child.stdin.flush()
        for answer in self._answers(child):
            if "done" in answer:
                return None
            running, number = str(answer["text"]), int(answer["number"])
            if "seconds" in answer:
                cases.append(Case(target, running, answer["seconds"], answer["error"]))
        self.close()
        cases.append(Case(target, running, KILLED_S, "killed: it hangs, or has died"))
        return number + 1 if running != "its beginning" else None

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._rest = b""
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.slow_input.child"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._child

    def _answers(self, child: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
        """What a child says, until it says no more or uses too much time for one case."""
        assert child.stdout is not None
        used, heard = None, time.monotonic()
        while True:
            if select.select([child.stdout], [], [], 0.2)[0]:
                data = os.read(child.stdout.fileno(), 65536)
                if not data:
                    return
                *lines, self._rest = (self._rest + data).split(b"\n")
                yield from map(json.loads, lines)
                used, heard = (_used(child.pid) if lines else used), time.monotonic()
            hangs = used is not None and _used(child.pid) - used > KILLED_S
            if hangs or time.monotonic() - heard > _STUCK_S:
                return


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def everything(chosen: Mapping[str, int], jobs: int) -> Iterator[list[Case]]:
    """Try targets, each on every n-th of its texts, counted from another one each."""
    trying = [Trying() for _ in range(jobs)]
    free = Queue[Trying]()
    for one in trying:
        free.put(one)

    def share(numbered: tuple[int, tuple[str, int]]) -> list[Case]:
        number, (target, every) = numbered
        one = free.get()
        try:
            return one(target, every, number % every)
        finally:
            free.put(one)

    try:
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(share, enumerate(chosen.items()))
    finally:
        for one in trying:
            one.close()


def main(given: Sequence[str] | None = None) -> int:
    """Try all; exit code 1 where a case fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="targets with it in their name")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every n-th text of each")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args(given)
    began, number, failed = time.monotonic(), 0, 0
    chosen = [target for target in targets() if options.only in target]
    for cases in everything(dict.fromkeys(chosen, options.every), options.jobs):
        number += len(cases)
        wrong = [case for case in cases if case.has_failed]
        failed += len(wrong)
        for case in wrong:
            print(case)
        if wrong:
            print(f"replay: python -m tests.slow_input.run --only {wrong[0].target!r}", flush=True)
    print(f"slow_input: {number} cases, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
