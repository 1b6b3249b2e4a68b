"""``scrapy columns``: the seeds, with what the store knows of each column."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from scrapy.commands import ScrapyCommand

from newscrawl.commands.options import guarded, refuse_extra, wants_json


class Command(ScrapyCommand):
    """Lists columns; reads the store, asks the site nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--edition EDITION] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "List the columns of the seeds and what the store knows of each"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--edition", metavar="EDITION", help="only this edition")
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the list."""
        guarded(lambda: self._run(args, opts))

    def _run(self, args: list[str], opts: argparse.Namespace) -> None:
        refuse_extra(args, ("--edition", "--json"))
        from newscrawl.crawl.conf import data_dir, seeds_dir
        from newscrawl.crawl.seeds import load_seeds, select_columns
        from newscrawl.rfi import SITE
        from newscrawl.store.overview import column_overview

        assert self.settings is not None
        seeds = load_seeds(seeds_dir(self.settings), SITE)
        chosen = select_columns(seeds, [opts.edition] if opts.edition else None, None)
        known = column_overview(data_dir(self.settings))
        rows = [_row(column, known.get(column.url, {})) for column in chosen]
        if wants_json(opts):
            import orjson

            print(orjson.dumps({"columns": rows}, option=orjson.OPT_INDENT_2).decode())
        else:
            _print(rows)


def _row(column: Any, known: dict[str, Any]) -> dict[str, Any]:
    return {
        "edition": column.edition,
        "name": column.name,
        "path": column.path,
        "url": column.url,
        "kind": column.kind,
        "articles": known.get("articles", 0),
        "owed": known.get("owed", 0),
        "walked_at": known.get("walked_at"),
        "full_at": known.get("full_at"),
        "gone_at": known.get("gone_at"),
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from newscrawl.console import console

    table = Table(box=None)
    for heading in ("edition", "column", "kind", "articles", "owed", "last walk", "path"):
        table.add_column(heading, justify="right" if heading in ("articles", "owed") else "left")
    for row in rows:
        last = "gone" if row["gone_at"] else (row["walked_at"] or "never")
        table.add_row(
            row["edition"],
            row["name"],
            row["kind"],
            str(row["articles"]),
            str(row["owed"]),
            last,
            row["path"],
        )
    console(sys.stdout).print(table)
