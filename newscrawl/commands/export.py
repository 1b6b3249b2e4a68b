"""``scrapy export FORMAT -o OUT``: what the store has, for others to read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand
from newscrawl.errors import UsageProblem, nearest
from newscrawl.exports import FORMATS

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from newscrawl.store.selection import Selection


class Command(StoreCommand):
    """Reads the store alone; a crawl may run meanwhile."""

    options = (
        "--output",
        "--edition",
        "--column",
        "--kind",
        "--language",
        "--since",
        "--until",
        "--full",
        "--versions",
        "--changed-since",
        "--base-url",
        "--items",
    )
    most = 1

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return f"{'|'.join(FORMATS)} -o OUT [filters]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Write records of the store in a format that others read"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="OUT", help="the file or folder to write")
        parser.add_argument("--edition", help="only these editions, parted by commas")
        parser.add_argument("--column", help="only these columns, by name or last segment")
        parser.add_argument("--kind", help="only these kinds of page")
        parser.add_argument("--language", help="only these languages (BCP 47)")
        parser.add_argument("--since", metavar="TIME", help="published then or later")
        parser.add_argument("--until", metavar="TIME", help="published then or earlier")
        parser.add_argument("--full", action="store_true", help="only records with their text")
        parser.add_argument("--versions", action="store_true", help="every version, oldest first")
        parser.add_argument(
            "--changed-since",
            metavar="RUN|TIME",
            help="only what was written since a run began, or since a time",
        )
        parser.add_argument("--base-url", metavar="URL", help="rss: where OUT will be found")
        parser.add_argument("--items", metavar="N", help="rss: at most so many a feed (50)")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check, choose and write."""
        from newscrawl.exports.writing import export
        from newscrawl.store.database import up_to_date
        from newscrawl.store.selection import Selected, check

        name = _format(args)
        if not opts.output:
            raise UsageProblem(f"name what to write: scrapy export {name} -o OUT")
        given = _given(name, opts)
        with up_to_date(self.data_dir) as connection:
            selection = _selection(opts, connection)
            check(connection, selection)
            selected = Selected(connection, self.data_dir, selection)
            export(name, selected, opts.output, **given)


def _format(args: list[str]) -> str:
    if not args:
        raise UsageProblem(f"name the format: scrapy export {'|'.join(FORMATS)} -o OUT")
    if args[0] not in FORMATS:
        raise UsageProblem(f"unknown format {args[0]!r}{nearest(args[0], FORMATS)}")
    return args[0]


def _given(name: str, opts: argparse.Namespace) -> dict[str, Any]:
    """Options of one format alone."""
    if name == "rss":
        from newscrawl.exports.rss import options

        return options(opts.base_url, opts.items)
    for option, value in (("--base-url", opts.base_url), ("--items", opts.items)):
        if value is not None:
            raise UsageProblem(f"{option} is for feeds: scrapy export rss -o OUT {option} {value}")
    return {}


def _selection(opts: argparse.Namespace, connection: sqlite3.Connection) -> Selection:
    from dataclasses import fields

    from newscrawl.crawl.arguments import Arguments
    from newscrawl.items import Article
    from newscrawl.rfi import SITE
    from newscrawl.rfi.editions import EDITIONS
    from newscrawl.store.selection import Selection

    given = {"editions": opts.edition, "columns": opts.column}
    given |= {"since": opts.since, "until": opts.until}
    read = Arguments.read({name: text for name, text in given.items() if text is not None}, SITE)
    kinds = {one.name: one.metadata for one in fields(Article)}["kind"]["json_schema_extra"]["enum"]
    return Selection(
        read.editions,
        read.columns,
        _among(opts.kind, "kind", kinds),
        _among(opts.language, "language", [one.language for one in EDITIONS.values()]),
        read.since,
        read.until,
        opts.full,
        opts.versions,
        None if opts.changed_since is None else _changed_since(opts.changed_since, connection),
    )


def _among(text: str | None, what: str, known: list[str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (text or "").split(",") if name.strip())
    for name in names:
        if name not in known:
            raise UsageProblem(f"unknown {what} {name!r}{nearest(name, known)}")
    return names


def _changed_since(text: str, connection: sqlite3.Connection) -> datetime:
    """The beginning of a run, by its number, or a time."""
    from newscrawl.clock import day_start
    from newscrawl.crawl.arguments import moment
    from newscrawl.store.selection import moment_of_run

    if text.isdecimal() and len(text) < 10:
        return moment_of_run(connection, int(text))
    return moment("--changed-since", text, day_start)
