"""``python -m tests.faults.report``: every case in a crawl of its own, measured.

Writes ``docs/reliability.md``; exits 1, and writes nothing, when a case does not end as it must.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader

from newscrawl.version import VERSION
from tests.faults.cases import SECTIONS, Case
from tests.faults.crawl import MOST_MB
from tests.faults.performance import perform

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


@dataclass(frozen=True)
class Row:
    """One case as the page shows it."""

    case: Case
    peak_mb: float
    seconds: float


def measure(case: Case) -> Row:
    """Crawl with this case alone; AssertionError where it does not end as it must."""
    with TemporaryDirectory() as folder:
        performance = perform([case], Path(folder) / "data")
        performance.judge(case)
    result = performance.result
    print(f"{result.peak_mb:5.0f} MB {result.seconds:5.1f} s  {case.name}", flush=True)
    return Row(case, result.peak_mb, result.seconds)


def document(sections: dict[str, list[Row]]) -> str:
    """``docs/reliability.md``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True, trim_blocks=True
    )
    rows = [row for section in sections.values() for row in section]
    return environment.get_template("reliability.md.j2").render(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        version=VERSION,
        sections=sections,
        count=len(rows),
        most_mb=MOST_MB,
        highest=max(rows, key=lambda row: row.peak_mb),
        longest=max(rows, key=lambda row: row.seconds),
        median_mb=median(row.peak_mb for row in rows),
    )


def main() -> int:
    """Measure and write."""
    sections = {heading: [measure(case) for case in cases] for heading, cases in SECTIONS.items()}
    PAGE.write_text(document(sections), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
