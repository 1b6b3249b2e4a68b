"""``scrapy report``: the dashboard as one file, to mail or to publish."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from newscrawl.command import StoreCommand

if TYPE_CHECKING:
    from pathlib import Path

#: Stands in the head of every report; nothing else is written over.
_OURS = b'<meta name="generator" content="newscrawl report">'


class Command(StoreCommand):
    """Reads the store and draws it; the file asks nothing of anybody."""

    options = ("--output", "--days")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "-o FILE [--days N]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Write the dashboard into one HTML file"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="the file, - for stdout")
        parser.add_argument("--days", default="60", help="days to show (default: 60)")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Draw and write."""
        from newscrawl.clock import now
        from newscrawl.errors import UsageProblem
        from newscrawl.groups import need
        from newscrawl.store import dashboard

        if not opts.output:
            raise UsageProblem("name the file to write: scrapy report -o report.html")
        need("vl_convert", "browse", "the report")
        need("jinja2", "browse", "the report")
        from newscrawl.dashboard.page import document
        from newscrawl.exports.output import output_file

        days = _days(opts.days)
        moment = now()
        figures = dashboard.read(self.data_dir, moment, days)
        if figures is None:
            raise UsageProblem(
                f"there is no database in {self.data_dir}: crawl first, or set NEWSCRAWL_DATA_DIR"
            )
        allowed = {name: edition.newest_s for name, edition in self.seeds().items()}
        with output_file(opts.output, "a report", _is_ours) as out:
            out.write(document(figures, moment, allowed).encode())


def _days(text: str) -> int:
    from newscrawl.dashboard.page import MOST_DAYS
    from newscrawl.errors import UsageProblem

    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise UsageProblem(f"--days is {text!r}: give a number from 1 to {MOST_DAYS}")
    return int(text)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS in file.read(500)
