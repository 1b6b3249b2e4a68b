"""``scrapy extract``: records from archives or saved pages, without a network."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from newscrawl.command import StoreCommand, wants_json
from newscrawl.errors import UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

    from newscrawl.archives.answer import Answer

_NO_FILES = "name the files: scrapy extract FILE... (WARC, WACZ or ARC, or HTML with --url)"


class Command(StoreCommand):
    """Reads archives on all cores, or one saved page; writes a file of records or the store."""

    options = (
        "--output",
        "--url",
        "--fetched-at",
        "--jobs",
        "--cc-news",
        "--into-store",
        "--apply",
        "--json",
    )
    most = sys.maxsize

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return (
            "FILE... [-o OUT.jsonl|OUT.parquet] [--url URL] [--fetched-at TIME] [--jobs N]"
            " [--cc-news LIST] [--into-store [--apply] [--json]]"
        )

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Extract records from archives or saved HTML, without a network"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        add = parser.add_argument
        add(
            "-o",
            "--output",
            metavar="OUT",
            help="OUT.jsonl or OUT.parquet (default: JSON Lines to standard output)",
        )
        add("--url", metavar="URL", help="address that a saved page came from")
        add("--fetched-at", metavar="TIME", help="when a saved page was fetched (the file's time)")
        add("--jobs", metavar="N", help="processes that read archives (default: one a core)")
        add("--cc-news", metavar="LIST", help="list of archives, one path or pattern a line")
        add("--into-store", action="store_true", help="put the records into the store")
        add(
            "--apply",
            action="store_true",
            help="let newer rules change stored records",
        )
        add("--json", action="store_true", help="with --into-store: machine-readable report")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Extract."""
        if not args and not opts.cc_news:
            raise UsageProblem(_NO_FILES)
        _check_together(opts)
        jobs = _jobs(opts.jobs)
        if opts.into_store:
            self._into_store(args, opts, jobs)
        else:
            self.exitcode = 0 if _to_file(args, opts, jobs) else 1

    def _into_store(self, args: list[str], opts: argparse.Namespace, jobs: int) -> None:
        from newscrawl.crawl.conf import Conf
        from newscrawl.extracting.to_store import archives_to_store, page_to_store
        from newscrawl.rfi import SITE

        assert self.settings is not None
        conf, page = Conf.read(self.settings), _page(args, opts)
        _log_to_stderr()
        if page is not None:
            report = page_to_store(SITE, conf, page, apply=opts.apply)
        else:
            files = _archives(args, opts)
            report = archives_to_store(SITE, conf, files, jobs, apply=opts.apply)
        report.tell(as_json=wants_json(opts))
        self.exitcode = 0 if report.is_healthy else 1


def _to_file(args: list[str], opts: argparse.Namespace, jobs: int) -> bool:
    """Write a file; returns whether all is well."""
    from newscrawl.extracting.output import Output
    from newscrawl.extracting.to_file import archives_to_file, page_to_file
    from newscrawl.rfi import SITE

    output, page = Output(opts.output), _page(args, opts)
    files = [] if page is not None else _archives(args, opts)
    output.check()
    _log_to_stderr()
    if page is not None:
        return page_to_file(SITE, page, output)
    return archives_to_file(SITE, files, output, jobs)


def _check_together(opts: argparse.Namespace) -> None:
    if opts.into_store and opts.output:
        raise UsageProblem("--into-store and -o are two ways: give one of them")
    for name in ("apply", "json"):
        if getattr(opts, name) and not opts.into_store:
            raise UsageProblem(f"--{name} goes with --into-store")
    if opts.url and opts.cc_news:
        raise UsageProblem("--url names one page, --cc-news archives: give one of them")
    if opts.fetched_at and not opts.url:
        raise UsageProblem("--fetched-at goes with --url: an archive knows its own times")


def _page(args: list[str], opts: argparse.Namespace) -> Answer | None:
    """The saved page that ``--url`` tells of."""
    from newscrawl.extracting.to_file import saved_page
    from newscrawl.rfi import SITE

    return saved_page(SITE, args, opts.url, opts.fetched_at) if opts.url else None


def _archives(args: list[str], opts: argparse.Namespace) -> list[Path]:
    from newscrawl.extracting.plan import archives_of

    return archives_of(args, [opts.cc_news] if opts.cc_news else [])


def _jobs(text: str | None) -> int:
    if text is None:
        from newscrawl.extracting.jobs import cores

        return cores()
    if not text.isdigit() or not 0 < int(text) <= 1024:
        raise UsageProblem(f"--jobs is {text!r}: give a whole number from 1 up")
    return int(text)


def _log_to_stderr() -> None:
    """Warnings of broken archives are for the person at the terminal."""
    import logging

    from newscrawl.console import log_as_shown

    log_as_shown()
    logging.basicConfig(level=logging.WARNING, format="newscrawl: %(message)s")
