"""What a run says to people at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from newscrawl.clock import now
from newscrawl.console import run_console
from newscrawl.crawl.run import Run
from newscrawl.crawl.verdict import Verdict
from newscrawl.crawl.walk import NOT_ASKED
from newscrawl.store.database import FILE


def say(
    run: Run,
    verdict: Verdict,
    published: list[Path],
    log_file: str | None = None,
    lacking: str | None = None,
) -> None:
    """Print the columns, the verdict, and where everything is; ``lacking`` is what the monitors
    need and do not have."""
    out = run_console()
    out.print(_table(run))
    seconds = (now() - run.started).total_seconds()
    tally = run.tally
    out.print(
        f"run {run.number}: {verdict.headline} · {tally.listing_requests} listing pages and"
        f" {tally.asked} articles asked for in {seconds:.0f} s"
    )
    for line in _sources(run):
        out.print(line)
    for problem in verdict.problems[1:]:
        out.print(f"also: {problem}")
    for warning in run.warnings:
        out.print(f"warning: {warning}")
    if "sqlite" in run.conf.outputs:
        out.print(f"database: {run.conf.data_dir / FILE}")
    for path in published:
        out.print(f"records:  {path}")
    if log_file:
        out.print(f"log:      {log_file}")
    if lacking:
        out.print(lacking)


def _sources(run: Run) -> Iterator[str]:
    """What feeds and sitemaps told."""
    for source in run.tally.sources:
        told = f"{source.items} articles, {source.unknown} of them unknown"
        problem = f"; {source.problem}" if source.problem else ""
        yield f"{source.kind} of {source.edition}: {told}{problem}"
    if run.tally.summaries:
        yield f"{run.tally.summaries} summaries kept from feeds until their pages can be had"


def _table(run: Run) -> Table | Text:
    """Columns that have something to tell; the unchanged ones are only counted."""
    columns = list(run.tally.columns.values())
    told = [column for column in columns if column.pages or column.outcomes or column.problem]
    unchanged = sum(column.over == "unchanged" for column in columns)
    not_asked = sum(column.over == NOT_ASKED for column in columns)
    counts = {"unchanged": unchanged, "not asked for": not_asked}
    quiet = ", ".join(f"{number} columns {what}" for what, number in counts.items() if number)
    if not told:
        return Text(quiet or "no column was walked")
    table = Table(caption=f"and {quiet}" if quiet else None, box=None)
    for heading in ("edition", "column", *run.tally.counts, "walk"):
        numeric = heading in run.tally.counts
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=numeric)
    for column in told:
        how = column.problem or column.over or ""
        table.add_row(column.edition, column.name, *map(str, column.counts.values()), how)
    return table
