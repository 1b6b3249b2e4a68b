"""``scrapy doctor``: what the rules still find on the site, field by field."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import ScrapyCommand

from newscrawl.command import guarded, print_json, refuse_extra, wants_json
from newscrawl.commands.visiting import passing_run, quiet

if TYPE_CHECKING:
    from newscrawl.crawl.findings import EditionFindings

_OPTIONS = ("--edition", "--replay", "--save", "--json")


class Command(ScrapyCommand):
    """Asks for one column's first page and three articles of each edition; stores nothing."""

    requires_project = True

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--edition EDITION] [--replay FILE] [--save DIR] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Check what the rules still find on the site, field by field"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--edition", metavar="EDITION", help="only these, parted by commas")
        parser.add_argument("--replay", metavar="FILE", help="look at an archive, not at the site")
        parser.add_argument(
            "--save", metavar="DIR", help="keep the pages (WARC) and a draft of their records"
        )
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Settings that must stand before Scrapy's process is made."""
        super().process_options(args, opts)
        guarded(lambda: refuse_extra(args, _OPTIONS))
        assert self.settings is not None
        chosen = {"NEWSCRAWL_REPLAY": opts.replay, "NEWSCRAWL_RECORD": opts.save}
        for name, value in chosen.items():
            if value:
                self.settings.set(name, value, priority="cmdline")
        quiet(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Look, and tell."""
        guarded(lambda: self._run(opts))

    def _run(self, opts: argparse.Namespace) -> None:
        from newscrawl.crawl.findings import EditionFindings
        from newscrawl.spiders.checkup import CheckupSpider

        process, settings = self.crawler_process, self.settings
        assert process is not None
        assert settings is not None
        with passing_run(settings, opts.edition) as run:
            editions = dict.fromkeys(column.edition for column in run.columns)
            findings = {edition: EditionFindings(edition) for edition in editions}
            process.crawl(CheckupSpider, run=run, findings=findings)
            process.start()
            failure = run.failure
        if opts.save:
            _save_drafts(Path(opts.save), findings)
        problems = [failure] if failure else []
        if run.tally.robots_failed:
            problems.append(f"robots.txt could not be had ({run.tally.robots_failed})")
        healthy = all(found.healthy for found in findings.values()) and not problems
        rules = run.site.rules()
        if wants_json(opts):
            report = {
                "healthy": healthy,
                "problems": problems,
                "editions": [found.as_json(rules) for found in findings.values()],
            }
            print_json(report)
        else:
            _print(findings, rules, problems)
        self.exitcode = 0 if healthy else 1


def _save_drafts(folder: Path, findings: dict[str, EditionFindings]) -> None:
    """The records as the rules make them today: to be put right by hand, then a test case."""
    from newscrawl.lines import to_line

    folder.mkdir(parents=True, exist_ok=True)
    pages = [page for found in findings.values() for page in found.pages]
    (folder / "expected.jsonl").write_bytes(b"".join(to_line(page.article) for page in pages))


def _print(
    findings: dict[str, EditionFindings], rules: dict[str, tuple[str, ...]], problems: list[str]
) -> None:
    from newscrawl.console import console

    out = console(sys.stdout)
    for found in findings.values():
        forms = ", ".join(sorted({page.form for page in found.pages}))
        state = "healthy" if found.healthy else "NOT HEALTHY"
        out.print(
            f"{found.edition}: {state}, column {found.column or '-'}, {found.rows} rows,"
            f" {len(found.pages)} articles (form {forms or '-'})"
        )
        for problem in found.all_problems:
            out.print(f"  {problem}")
        if found.pages:
            out.print(_table(found, rules))
    for problem in problems:
        out.print(f"problem: {problem}")


def _table(found: EditionFindings, rules: dict[str, tuple[str, ...]]) -> Any:
    from rich.table import Table

    table = Table(box=None)
    for heading in ("field", "first rule", "fell back to", "none"):
        table.add_column(heading)
    for name, answered in found.answers(rules).items():
        first = rules[name][0]
        others = (f"{rule} {number}" for rule, number in answered.items() if rule and rule != first)
        none = str(answered[""]) if answered[""] else ""
        table.add_row(name, f"{first} {answered[first]}", ", ".join(others), none)
    return table
