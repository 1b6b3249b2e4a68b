"""``scrapy status``: whether the crawl is well, how runs went, what the store holds and owes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from newscrawl.command import StoreCommand, print_json, wants_json


class Command(StoreCommand):
    """Reads the store; the exit code is 1 when the crawl is unhealthy."""

    options = ("--json", "--metrics")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--json] [--metrics FILE]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Show whether the crawl is well, the last runs, freshness, coverage, and debts"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="machine-readable output")
        parser.add_argument(
            "--metrics", metavar="FILE", help="also write a text file for Prometheus"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the status."""
        from newscrawl.clock import now
        from newscrawl.store.overview import status

        moment = now()
        found = status(self.data_dir, moment, self._every())
        if opts.metrics:
            from newscrawl.metrics import write

            write(Path(opts.metrics), found, moment)
        if wants_json(opts):
            print_json(found)
        else:
            _print(found)
        self.exitcode = 0 if found["healthy"] else 1

    def _every(self) -> dict[str, float]:
        """Column URL to the seconds between two walks, as the seeds have them."""
        columns = (column for edition in self.seeds().values() for column in edition.columns)
        return {column.url: column.every_s for column in columns if column.every_s}


def _coverage(rows: list[dict[str, Any]]) -> list[str]:
    """A line an edition: the fields that not all of its records have."""
    lines = []
    for edition in dict.fromkeys(row["edition"] for row in rows):
        own = [row for row in rows if row["edition"] == edition]
        partly = [
            f"{row['field']} {row['filled'] / row['records']:.0%}"
            for row in own
            if 0 < row["filled"] < row["records"]
        ]
        told = ", ".join(partly) or "every field in all of them or in none"
        lines.append(f"{edition}: {own[0]['records']} records in run {own[0]['run']}: {told}")
    return lines


def _print(found: dict[str, Any]) -> None:
    from rich.table import Table

    from newscrawl.console import console
    from newscrawl.durations import span

    out = console(sys.stdout)
    if not found["runs"]:
        out.print(f"no run yet in {found['data_dir']}: start one with scrapy crawl rfi")
        return
    out.print(found["state"])
    for kind in ("problems", "warnings"):
        for line in found[kind]:
            out.print(f"{kind[:-1]}: {line}")
    runs = Table("run", "started", "ended", "state", "how it went", title="Last runs", box=None)
    for run in found["runs"]:
        runs.add_row(
            str(run["run"]),
            run["started_at"],
            run["ended_at"] or "",
            run["state"],
            run["verdict"] or "",
        )
    out.print(runs)
    headings = ("edition", "articles", "full", "newest", "age", "fetched", "owed", "due")
    editions = Table(*headings, title="Articles", box=None)
    for edition in found["editions"]:
        editions.add_row(
            edition["edition"],
            str(edition["articles"]),
            str(edition["full"]),
            edition["newest"] or "",
            "" if edition["age_s"] is None else span(edition["age_s"]),
            edition["fetched"] or "",
            str(edition["owed"]),
            edition["due"] or "",
        )
    out.print(editions)
    for line in _coverage(found["coverage"]):
        out.print(line)
    links = found["links"]
    out.print(
        f"owed {links['owed']}, rejected {links['rejected']}, gone {links['gone']},"
        f" left out {links['left_out']}"
    )
    for reason, number in found["owed_reasons"].items():
        out.print(f"  owed, {reason}: {number}")
