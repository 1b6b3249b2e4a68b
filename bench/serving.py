"""A generated site beside the benchmark: started, asked what it was asked, ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import Failed

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Told:
    """What a site was asked in a while; moments are those of :func:`time.monotonic`."""

    articles: int
    listings: int
    others: int
    first: float
    last: float

    @property
    def pages_s(self) -> float:
        """Pages a second between the first request and the last answer."""
        return (self.articles + self.listings) / (self.last - self.first)


@dataclass(frozen=True)
class Site:
    """A site that is served."""

    origin: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def paths(self) -> dict[str, list[str]]:
        """Encoded paths of ``columns`` (their first pages), ``listings`` and ``articles``."""
        found: dict[str, list[str]] = json.loads((self.folder / "paths.json").read_text("utf-8"))
        return found

    def told(self) -> Told:
        """What it was asked since it was last told."""
        return Told(**self._order("told"))

    def validators(self, state: str) -> None:
        """``on``: answers 304 where nothing has changed; ``off``: whole pages always."""
        self._order(f"validators {state}")

    def _order(self, order: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def served(folder: Path, **options: object) -> Iterator[Site]:
    """A site in a process of its own; options are those of :mod:`bench.server`."""
    folder.mkdir()
    given = [f"--{name}={value}" for name, value in options.items() if value is not None]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.server", str(folder), *given],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        origin = process.stdout.readline().strip()
        if not origin:
            raise Failed("the generated site did not start; its error stands above")
        yield Site(origin, folder, process)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
