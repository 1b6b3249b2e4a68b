"""``scrapy columns``: the seeds, what the store knows of each column, and what the site lists."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from newscrawl.command import guarded, print_json, refuse_extra, wants_json
from newscrawl.commands.visiting import quiet

if TYPE_CHECKING:
    from newscrawl.crawl.seeds import Column
    from newscrawl.spiders.discovery import Discovery


class Command(ScrapyCommand):
    """Lists columns; reads the store, and asks the site only with ``--discover``."""

    requires_project = True

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--edition EDITION] [--discover] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "List the columns of the seeds and what the store knows of each"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--edition", metavar="EDITION", help="only this edition")
        parser.add_argument(
            "--discover", action="store_true", help="compare with the columns that the site lists"
        )
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Settings that must stand before Scrapy's process is made."""
        super().process_options(args, opts)
        assert self.settings is not None
        quiet(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the list."""
        guarded(lambda: self._run(args, opts))

    def _run(self, args: list[str], opts: argparse.Namespace) -> None:
        refuse_extra(args, ("--edition", "--discover", "--json"))
        if opts.discover:
            self._discover(opts)
            return
        from newscrawl.crawl.conf import data_dir, seeds_dir
        from newscrawl.crawl.seed_reading import load_seeds
        from newscrawl.crawl.seeds import select_columns
        from newscrawl.rfi import SITE
        from newscrawl.store.overview import column_overview

        assert self.settings is not None
        seeds = load_seeds(seeds_dir(self.settings), SITE)
        chosen = select_columns(seeds, [opts.edition] if opts.edition else None, None)
        known = column_overview(data_dir(self.settings))
        rows = [_row(column, known.get(column.url, {})) for column in chosen]
        if wants_json(opts):
            print_json({"columns": rows})
        else:
            _print(rows)

    def _discover(self, opts: argparse.Namespace) -> None:
        from newscrawl.commands.visiting import passing_run
        from newscrawl.crawl.conf import data_dir
        from newscrawl.crawl.seed_writing import to_yaml
        from newscrawl.durable import make_folder, written_durably
        from newscrawl.spiders.discovery import Discovery, DiscoverySpider

        process, settings = self.crawler_process, self.settings
        assert process is not None
        assert settings is not None
        folder = data_dir(settings) / "discovered"
        with passing_run(settings, opts.edition) as run:
            editions = dict.fromkeys(column.edition for column in run.columns)
            found = {edition: Discovery(edition) for edition in editions}
            process.crawl(DiscoverySpider, run=run, found=found)
            process.start()
        reports = [_report(discovery, run.columns) for discovery in found.values()]
        for report in reports:
            if report["new"] or report["gone"]:
                make_folder(folder)
                path = folder / f"{report['edition']}.yaml"
                old = run.seeds.get(report["edition"])
                text = to_yaml(report["edition"], report.pop("columns"), old)
                with written_durably(path) as out:
                    out.write(text.encode())
                report["seed_file"] = str(path)
            report.pop("columns", None)
        if wants_json(opts):
            print_json({"editions": reports})
        else:
            _print_discovered(reports)
        self.exitcode = 1 if all(report["problems"] for report in reports) else 0


def _report(discovery: Discovery, seeds: list[Column]) -> dict[str, Any]:
    """What is new and gone in an edition, and its seeds as they would then be."""
    from newscrawl.crawl.seed_writing import discovered

    own = [column for column in seeds if column.edition == discovery.edition]
    known = {column.url for column in own}
    new = [
        discovered(discovery.edition, name, url)
        for url, name in discovery.listed.items()
        if url not in known
    ]
    kept = [column for column in own if column.url not in discovery.gone]
    return {
        "edition": discovery.edition,
        "listed": len(discovery.listed),
        "new": [{"name": column.name, "path": column.path} for column in new],
        "gone": [
            {"name": column.name, "path": column.path}
            for column in own
            if column.url in discovery.gone
        ],
        "problems": discovery.problems,
        "seed_file": None,
        "columns": [*kept, *new],
    }


def _print_discovered(reports: list[dict[str, Any]]) -> None:
    from newscrawl.console import console

    out = console(sys.stdout)
    for report in reports:
        news, gone = len(report["new"]), len(report["gone"])
        out.print(f"{report['edition']}: {report['listed']} listed, {news} new, {gone} gone")
        for what in ("new", "gone"):
            for column in report[what]:
                out.print(f"  {what}: {column['name']}  {column['path']}")
        for problem in report["problems"]:
            out.print(f"  {problem}")
        if report["seed_file"]:
            out.print(f"  to review, then to put among the seeds: {report['seed_file']}")


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
