"""``python -m tests.nightly [--quick] [--only NAME,…]``: every harness in turn, and one table.

``--quick`` takes tiny sizes: it shows that all of them work.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.crawling import ROOT

_SUMMARY = re.compile(r"^\w+: (\d+) (seeds|cases), (\d+) failed, \d+ s$")


@dataclass(frozen=True)
class Harness:
    """A harness: arguments of Python, those of a quick run, and how many it tries of what.

    One that ends with ``name: 1000 seeds, 0 failed, 58 s`` says itself how many.
    """

    name: str
    full: tuple[str, ...]
    quick: tuple[str, ...]
    tries: str = ""
    """Name of the environment variable or option that tells how many, where the end does not."""


@dataclass(frozen=True)
class Ended:
    """How a harness ended."""

    name: str
    tried: str
    failed: int
    seconds: float


def _module(name: str, quick: tuple[str, ...], full: tuple[str, ...] = ()) -> Harness:
    command = ("-m", f"tests.{name}.run")
    return Harness(name, (*command, *full), (*command, *quick))


_PAGES = ("-m", "pytest", "-q", "tests/quality/test_mutated.py")
_SOAK = ("-m", "tests.soak.run", "--faults", "0.02", "--articles")
HARNESSES = (
    Harness("mutated_pages", _PAGES, _PAGES, "pages"),
    Harness(
        "soak",
        (*_SOAK, "100000"),
        (*_SOAK, "300", "--weight", "0", "--report", os.devnull),
        "articles",
    ),
    _module("walk_simulation", ("--seeds", "0-199")),
    _module("black_box", ("--seeds", "0-1"), ("--seeds", "0-499")),
    _module("power_loss", ("--seeds", "0-9")),
    _module("politeness", ("--seeds", "1-99")),
    _module("slow_input", ("--every", "50")),
)
_MUTATED = {True: "200", False: "100000"}


def run(harness: Harness, *, quick: bool) -> Ended:
    """Run one, with its words as they come; exit codes other than 0 are failures."""
    command = [sys.executable, *(harness.quick if quick else harness.full)]
    print(f"\n{harness.name}: {' '.join(command[1:])}", flush=True)
    began, last = time.monotonic(), ""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "NEWSCRAWL_MUTATED_PAGES": _MUTATED[quick]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    seconds = time.monotonic() - began
    found = _SUMMARY.match(last)
    if found is not None:
        failed = int(found[3]) or int(process.returncode != 0)
        return Ended(harness.name, f"{found[1]} {found[2]}", failed, seconds)
    number = _MUTATED[quick] if harness.name == "mutated_pages" else _option(command, "--articles")
    return Ended(harness.name, f"{number} {harness.tries}", int(process.returncode != 0), seconds)


def _option(command: list[str], name: str) -> str:
    return command[command.index(name) + 1] if name in command else "?"


def table(ended: list[Ended]) -> Table:
    """What was tried and what failed."""
    made = Table(box=None)
    made.add_column("harness")
    for heading in ("tried", "failed", "seconds"):
        made.add_column(heading, justify="right")
    for one in ended:
        made.add_row(one.name, one.tried, str(one.failed), f"{one.seconds:.0f}")
    return made


def main() -> int:
    """Run them; exit 1 when anything failed."""
    parser = argparse.ArgumentParser(description="All harnesses, one after the other.")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether they work")
    parser.add_argument("--only", default="", metavar="NAME,…", help="only these")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else [one.name for one in HARNESSES]
    unknown = set(names) - {one.name for one in HARNESSES}
    if unknown:
        parser.error(f"there is no harness {min(unknown)!r}")
    chosen = [one for one in HARNESSES if one.name in names]
    ended = [run(one, quick=options.quick) for one in chosen]
    print()
    Console(width=100).print(table(ended))
    return 1 if any(one.failed for one in ended) else 0


if __name__ == "__main__":
    sys.exit(main())
