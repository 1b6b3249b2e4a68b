"""``scrapy status``: how the last runs went, and what the store holds and owes."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from newscrawl.command import StoreCommand, print_json, wants_json


class Command(StoreCommand):
    """Reads the store; the exit code is 1 when the last run was unhealthy."""

    options = ("--json",)

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Show the last runs, freshness, coverage, and what is owed or rejected"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the status."""
        from newscrawl.store.overview import status

        found = status(self.data_dir)
        if wants_json(opts):
            print_json(found)
        else:
            _print(found)
        self.exitcode = 0 if found["healthy"] else 1


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

    out = console(sys.stdout)
    if not found["runs"]:
        out.print(f"no run yet in {found['data_dir']}: start one with scrapy crawl rfi")
        return
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
    editions = Table("edition", "articles", "full", "newest", "fetched", title="Articles", box=None)
    for edition in found["editions"]:
        editions.add_row(
            edition["edition"],
            str(edition["articles"]),
            str(edition["full"]),
            edition["newest"] or "",
            edition["fetched"] or "",
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
