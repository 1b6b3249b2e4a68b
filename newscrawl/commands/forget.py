"""``scrapy forget URL...``: an article leaves the store for good."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand, print_json, wants_json
from newscrawl.console import say

if TYPE_CHECKING:
    from newscrawl.upkeep.forget import Removed, Report

_REMEDY = "run scrapy reconcile --rebuild files when no crawl runs"


class Command(StoreCommand):
    """Removes articles and keeps them away; asks the site nothing, and takes no lease."""

    options = ("--json",)
    most = sys.maxsize

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "URL... [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Remove articles for good: they do not come back"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Forget, and tell what still holds it."""
        from newscrawl.upkeep.forget import forget

        urls = _canonical(args)
        folder = self.data_dir
        report = forget(folder, urls)
        if wants_json(opts):
            print_json(_as_json(report))
        else:
            for line in _told(report):
                say(line)
        for url in report.not_stored:
            _warn(f"{url} is not stored in {folder}: nothing to forget; check the address")
        if not report.is_clean:
            _warn("the database is being read: its log still has the text; run this again later")
        self.exitcode = 1 if report.not_stored or not report.is_clean else 0


def _canonical(args: list[str]) -> list[str]:
    from newscrawl.errors import UsageProblem
    from newscrawl.rfi import SITE

    if not args:
        raise UsageProblem(f"name an article: scrapy forget https://{SITE.host}/…")
    urls = []
    for text in args:
        url = SITE.canonical(text)
        if url is None:
            raise UsageProblem(f"{text!r} is no address of {SITE.host}: nothing was forgotten")
        urls.append(url)
    return urls


def _told(report: Report) -> Iterator[str]:
    for removed in report.removed:
        yield _headline(removed)
        for held in removed.held_in:
            numbers = ", ".join(map(str, held.lines))
            yield f"  still in {held.file}, line {numbers}"
    if report.rejected:
        yield f"{report.rejected} rejected pages removed"
    if any(removed.held_in for removed in report.removed):
        yield f"the published files are yours to remove or to rewrite: {_REMEDY}"
    if report.removed:
        yield "backups, exports and archives (NEWSCRAWL_RECORD) are not touched: remove them there"


def _headline(removed: Removed) -> str:
    if removed.already:
        return f"{removed.url}: was forgotten before"
    led = f" with the article that it led to, {removed.record}"
    return (
        f"{removed.url}: forgotten{led if removed.record not in (None, removed.url) else ''};"
        f" versions removed: {removed.versions},"
        f" addresses: {removed.addresses}"
    )


def _warn(text: str) -> None:
    say(f"newscrawl: {text}", error=True)


def _as_json(report: Report) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "forgotten": [asdict(removed) for removed in report.removed],
        "not_stored": report.not_stored,
        "rejected_pages": report.rejected,
        "clean": report.is_clean,
    }
