"""A long crawl of a faulty stand-in site over loopback, watched from outside, and judged.

``python -m tests.soak.run [--articles 100000] [--faults 0.02]`` prints a table, writes
``docs/soak.md``, and exits 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader
from rich.console import Console
from rich.table import Table

from newscrawl.version import VERSION
from tests.crawling import ROOT
from tests.soak.crawl import CONCURRENT, Soak, soak
from tests.soak.faults import FAULTS
from tests.soak.judging import MOST_GROWTH, growth, problems


def document(found: Soak, wrong: list[str]) -> str:
    """``docs/soak.md``."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True, trim_blocks=True
    )
    return environment.get_template("soak.md.j2").render(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        soak=found,
        problems=wrong,
        faults=FAULTS,
        most=MOST_GROWTH,
        concurrent=CONCURRENT,
        versions={
            "newscrawl": VERSION,
            "Scrapy": version("scrapy"),
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
        },
    )


def _table(found: Soak) -> Table:
    table = Table(title=f"{found.articles} articles in {found.seconds:.0f} s", box=None)
    for heading in ("stored", "seconds", "resident MB"):
        table.add_column(heading, justify="right")
    for sample in found.tenths:
        table.add_row(str(sample.stored), f"{sample.seconds:.0f}", f"{sample.rss_mb:.1f}")
    return table


def main() -> int:
    """Soak, print, write; exit 1 when something is wrong."""
    parser = argparse.ArgumentParser(description="Crawl a large, faulty stand-in site.")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--faults", type=float, default=0.02, help="chance of each fault")
    parser.add_argument("--weight", type=int, default=272_000, help="bytes added to every page")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "soak.md")
    options = parser.parse_args()
    if options.articles < 1 or not 0 <= options.faults <= 1 / len(FAULTS):
        parser.error(f"--articles are 1 or more, --faults from 0 to {1 / len(FAULTS)}")
    with TemporaryDirectory() as folder:
        found = soak(Path(folder), options.articles, options.faults, options.weight)
        wrong = [*problems(Path(folder), found), *growth(found)]
    Console().print(_table(found))
    print("\n".join(wrong[:20]) or "every article is stored once and whole; memory stays level")
    if found.exit_code == 0:
        options.report.write_text(document(found, wrong), "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
