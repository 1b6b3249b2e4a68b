"""What knowing the links costs: the store beside Scrapy's filter and a Python set, in one run.

``python -m bench.known_set [--sizes 10000,1000000,10000000] [--rounds 3] [--json FILE]`` prints a
table and writes its section of ``docs/benchmarks.md``; ``--report FILE`` writes it elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.goals import Goal
from bench.measure import HEAP, PAGE, Figures
from bench.sections import rendered, write_section
from bench.sets import SETS
from newscrawl.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
#: What the project wants of the largest set.
RATE, BYTES, MEMORY_MB = 20_000, 30, 60
_SIZES = "10000,1000000,10000000"


def run(sizes: Sequence[int], rounds: int) -> dict[str, Any]:
    """Fill each set at each size once, measure copies of it in turn; medians of all rounds.

    In the shape of ``docs/json/known_set.schema.json``.
    """
    with TemporaryDirectory(prefix="known-set-") as folder:
        place = Path(folder)
        results = [result for size in sizes for result in _of_size(place, size, rounds)]
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "rounds": rounds,
        "page": PAGE,
        "heap": HEAP,
        "versions": {
            "newscrawl": VERSION,
            "Scrapy": version("scrapy"),
            "SQLite": sqlite3.sqlite_version,
            "Python": platform.python_version(),
            "processors": str(os.cpu_count()),
        },
        "results": results,
    }


def _of_size(place: Path, size: int, rounds: int) -> list[dict[str, Any]]:
    anew = {}
    for name in SETS:
        (place / name).mkdir()
        anew[name] = json.loads(_child("fill", name, size, place / name))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SETS}
    for _ in range(rounds):
        for name in SETS:
            copy = _copy(place / name)
            found[name].append(json.loads(_child("measure", name, size, copy)))
            shutil.rmtree(copy)
    for name in SETS:
        shutil.rmtree(place / name)
    return [
        {"set": name, "size": size, "bytes_anew": anew[name], **_medians(found[name])}
        for name in SETS
    ]


def _copy(folder: Path) -> Path:
    """A copy that is on the disk, so that writing it disturbs no measurement."""
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    for path in copy.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return copy


def _medians(found: list[dict[str, Any]]) -> dict[str, float | None]:
    names = [field.name for field in fields(Figures)]
    return {
        name: None if found[0][name] is None else median(each[name] for each in found)
        for name in names
    }


def _child(*arguments: object) -> str:
    """A process of its own, so that memory and opening are those of one set alone."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.measure", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def ratios(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The store's figures by the filter's and by the set's, size by size."""
    by_size: dict[int, dict[str, Any]] = {}
    for result in found["results"]:
        by_size.setdefault(result["size"], {})[result["set"]] = result
    compared = ("insert_page", "insert_heap", "known", "unknown", "open_s", "own_mb")
    return [
        {
            "size": size,
            "other": other,
            **{name: sets["store"][name] / sets[other][name] for name in compared},
        }
        for size, sets in by_size.items()
        for other in ("filter", "set")
    ]


def shares(found: dict[str, Any]) -> dict[int, float]:
    """Size to the part of what the disk allows: transactions beside bare synchronous writes."""
    return {
        result["size"]: result["insert_page"] / PAGE / result["syncs"]
        for result in found["results"]
        if result["set"] == "store"
    }


def goals(found: dict[str, Any]) -> list[Goal]:
    """At the largest size."""
    stores = [result for result in found["results"] if result["set"] == "store"]
    least, most = stores[0], stores[-1]
    page, heap = most["insert_page"], most["insert_heap"]
    size, anew, memory = most["bytes_a_link"], most["bytes_anew"], most["peak_mb"]
    slower = most["open_s"] / least["open_s"]
    grown = most["size"] / least["size"]
    insert = "check-and-insert a second, {} links a transaction"
    return [
        Goal(insert.format(PAGE), f"{RATE:,}", f"{page:,.0f}", page >= RATE),
        Goal(insert.format(HEAP), f"{RATE:,}", f"{heap:,.0f}", heap >= RATE),
        Goal("bytes on the disk a settled link", f"{BYTES}", f"{size:.1f}", size <= BYTES),
        Goal("the same, database built anew", f"{BYTES}", f"{anew:.1f}", anew <= BYTES),
        Goal(
            "peak memory of the process, MB", f"{MEMORY_MB}", f"{memory:.1f}", memory <= MEMORY_MB
        ),
        Goal(f"time to open, {grown:,.0f} times as many links", "x1", f"x{slower:.1f}", slower < 2),
    ]


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered(
        "known_set.md.j2",
        found=found,
        names={name: kind.name for name, kind in SETS.items()},
        ratios=ratios(found),
        shares=shares(found),
        goals=goals(found),
        largest=max(result["size"] for result in found["results"]),
    )


def _print(found: dict[str, Any]) -> None:
    table = Table(title="known set: links a second, seconds, MB, bytes", box=None)
    for heading in ("size", "set", *(field.name for field in fields(Figures))):
        table.add_column(heading, justify="left" if heading == "set" else "right")
    for result in found["results"]:
        values = [result[field.name] for field in fields(Figures)]
        shown = ["" if value is None else f"{value:,.4g}" for value in values]
        table.add_row(f"{result['size']:,}", SETS[result["set"]].name, *shown)
    Console(width=160).print(table)


def main(given: Sequence[str] | None = None) -> int:
    """Print and write; exit 2 when the sizes make no sense."""
    parser = argparse.ArgumentParser(description="Benchmark of the known set.")
    parser.add_argument("--sizes", default=_SIZES, help="links, in rising order")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args(given)
    parts = options.sizes.split(",")
    if not all(part.isdecimal() and int(part) > 0 for part in parts) or options.rounds < 1:
        parser.error("--sizes are numbers of links from 1 up, as 10000,1000000; --rounds from 1 up")
    found = run(sorted(map(int, parts)), options.rounds)
    _print(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    write_section(options.report, section(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
