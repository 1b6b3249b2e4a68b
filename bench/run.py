"""All benchmarks one after the other: a table of goals, and ``docs/benchmarks.md``.

``python -m bench.run [--only 1,4] [--quick | --full] [--json FILE] [--report FILE]``. Goals are
reported, met or not: the exit code tells only whether everything could be measured.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.goals import Goal
from bench.processes import Failed
from bench.sections import rendered, write_section

ROOT = Path(__file__).resolve().parents[1]
SCALES = ("quick", "usual", "full")


@dataclass(frozen=True)
class Row:
    """One benchmark: a module with ``run``, ``goals`` and ``section``, and its sizes by scale."""

    title: str
    module: str
    sizes: Mapping[str, Mapping[str, Any]]

    def measured(self, scale: str) -> tuple[dict[str, Any], str]:
        """Its figures and goals, and its section."""
        module = importlib.import_module(self.module)
        began = time.monotonic()
        figures = module.run(**self.sizes[scale])
        goals: list[Goal] = module.goals(figures)
        row = {
            "title": self.title,
            "seconds": time.monotonic() - began,
            "goals": [goal._asdict() for goal in goals],
            "figures": figures,
        }
        return row, module.section(figures)


ROWS = {
    1: Row(
        "From a page to its record",
        "bench.extraction",
        {
            "quick": {"articles": 2, "rounds": 1},
            "usual": {"articles": 24, "rounds": 7},
            "full": {"articles": 24, "rounds": 21},
        },
    ),
    2: Row(
        "A crawl",
        "bench.crawl",
        {
            "quick": {"articles": 20, "rounds": 1},
            "usual": {"articles": 400, "rounds": 3},
            "full": {"articles": 1000, "rounds": 7},
        },
    ),
    3: Row(
        "Memory of a crawl",
        "bench.memory",
        {
            "quick": {"sizes": [30, 60]},
            "usual": {"sizes": [1200, 3600]},
            "full": {"sizes": [10_000, 100_000]},
        },
    ),
    4: Row(
        "An update with nothing new",
        "bench.update",
        {
            "quick": {"columns": 6, "known": 50, "rounds": 1},
            "usual": {"columns": 300, "known": 3000, "rounds": 5},
            "full": {"columns": 300, "known": 3000, "rounds": 15},
        },
    ),
    5: Row(
        "The known set",
        "bench.known_set",
        {
            "quick": {"sizes": [1000, 5000], "rounds": 1},
            "usual": {"sizes": [10_000, 1_000_000, 10_000_000], "rounds": 2},
            "full": {"sizes": [10_000, 1_000_000, 10_000_000], "rounds": 3},
        },
    ),
    6: Row(
        "From archives to Parquet",
        "bench.archives",
        {
            "quick": {"articles": 8, "rounds": 1},
            "usual": {"articles": 200, "rounds": 3},
            "full": {"articles": 1000, "rounds": 5},
        },
    ),
    7: Row(
        "Exports",
        "bench.exports",
        {
            "quick": {"articles": 320, "rounds": 1},
            "usual": {"articles": 24_000, "rounds": 3},
            "full": {"articles": 200_000, "rounds": 3},
        },
    ),
    8: Row(
        "Searching",
        "bench.search",
        {
            "quick": {"size": 200, "count": 60},
            "usual": {"size": 20_000, "count": 100},
            "full": {"size": 200_000, "count": 400},
        },
    ),
}


def run(numbers: Sequence[int], scale: str, out: Console) -> tuple[dict[str, Any], list[str]]:
    """Measure some rows: in the shape of ``docs/json/bench.schema.json``, and their sections."""
    began = time.monotonic()
    rows, sections, failed = [], [], []
    for number in numbers:
        out.print(f"{number}. {ROWS[number].title} …", highlight=False)
        try:
            row, section = ROWS[number].measured(scale)
        except Failed as error:
            failed.append({"row": number, "title": ROWS[number].title, "why": str(error)})
            continue
        rows.append({"row": number, **row})
        sections.append(section)
    found = {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "scale": scale,
        "processors": os.cpu_count(),
        "seconds": time.monotonic() - began,
        "rows": rows,
        "failed": failed,
    }
    return found, sections


def _print(found: dict[str, Any], out: Console) -> None:
    table = Table(box=None, title=f"{found['scale']} sizes, {found['seconds'] / 60:.1f} minutes")
    for heading in ("", "what", "wanted", "found", "met"):
        table.add_column(heading, justify="right" if heading in ("wanted", "found") else "left")
    for row in found["rows"]:
        for place, goal in enumerate(row["goals"]):
            name = f"{row['row']}. {row['title']}" if place == 0 else ""
            met = "[green]yes[/]" if goal["met"] else "[red]no[/]"
            table.add_row(name, goal["what"], goal["wanted"], goal["found"], met)
    out.print(table)
    for failed in found["failed"]:
        told = f"{failed['row']}. {failed['title']} could not be measured: {failed['why']}"
        out.print(told, style="red", markup=False, highlight=False)


def _write(report: Path, found: dict[str, Any], sections: Sequence[str]) -> None:
    """The summary when everything was measured, and the section of each row."""
    if len(found["rows"]) == len(ROWS):
        write_section(report, rendered("summary.md.j2", found=found), first=True)
    for section in sections:
        write_section(report, section)


def main(given: Sequence[str] | None = None) -> int:
    """Print and write; exit 1 when something could not be measured, 2 for wrong options."""
    parser = argparse.ArgumentParser(description="Benchmarks beside what others offer.")
    parser.add_argument("--only", default="", metavar="1,4", help="just these rows")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="tiny: shows that the bench works")
    size.add_argument("--full", action="store_true", help="whole sizes; an hour or two")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args(given)
    names = [part.strip() for part in options.only.split(",") if part.strip()]
    if not all(name.isdecimal() and int(name) in ROWS for name in names):
        parser.error(f"--only takes rows of {', '.join(map(str, ROWS))}, as 1,4")
    out = Console(width=140)
    scale = "quick" if options.quick else "full" if options.full else "usual"
    found, sections = run(sorted({int(name) for name in names}) or list(ROWS), scale, out)
    _print(found, out)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if scale != "quick" or options.report != ROOT / "docs" / "benchmarks.md":
        _write(options.report, found, sections)
    return 1 if found["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
