"""``scrapy search QUERY``: articles that have some words, best first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand, print_json, wants_json
from newscrawl.console import say

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from newscrawl.search.query import Query
    from newscrawl.search.snippets import Piece
    from newscrawl.store.search import Hits

_MOST = 1000


class Command(StoreCommand):
    """Reads the store, and brings its index up to date; asks the site nothing."""

    options = ("--edition", "--number", "--json")
    most = sys.maxsize

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "QUERY [--edition EDITION] [-n NUMBER] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Find articles by words, phrases, authors or tags"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--edition", metavar="EDITION", help="only this edition")
        parser.add_argument("-n", "--number", default="10", help="at most so many (default: 10)")
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Search, and print what was found."""
        from newscrawl.errors import UsageProblem
        from newscrawl.search.query import parse

        text = " ".join(args)
        query = parse(text)
        if not query:
            raise UsageProblem('name what to look for: scrapy search "night market" or 科技*')
        hits = _find(self.data_dir, query, _edition(opts.edition), _number(opts.number))
        if wants_json(opts):
            print_json(_as_json(text, hits, query))
        else:
            _print(hits, query)


def _edition(name: str | None) -> str | None:
    from newscrawl.errors import UsageProblem, nearest
    from newscrawl.rfi.editions import EDITIONS

    if name is not None and name not in EDITIONS:
        raise UsageProblem(f"unknown edition {name!r}{nearest(name, EDITIONS)}")
    return name


def _number(text: str) -> int:
    from newscrawl.errors import UsageProblem

    if not text.isdecimal() or not 0 < int(text) <= _MOST:
        raise UsageProblem(f"-n {text!r} is no number from 1 to {_MOST}")
    return int(text)


def _find(folder: Path, query: Query, edition: str | None, most: int) -> Hits:
    from contextlib import closing

    from newscrawl.errors import StorageFailed, UsageProblem
    from newscrawl.store import search
    from newscrawl.store.database import FILE, read_only

    if not (folder / FILE).exists():
        raise UsageProblem(f"there is no database in {folder}: set NEWSCRAWL_DATA_DIR")
    try:
        search.update_folder(folder)
    except StorageFailed as error:
        say(f"newscrawl: what came last may be missing: {error}", error=True)
    connection = read_only(folder)
    assert connection is not None
    with closing(connection):
        return search.find(connection, query, edition=edition, most=most)


def _shown(row: sqlite3.Row, query: Query) -> tuple[list[Piece], list[Piece]]:
    """The title, and the part of lead or text that shows why."""
    from newscrawl.search.snippets import mark, snippet

    return mark(row["title"], query), snippet(row["lead"], query) or snippet(row["text"], query)


def _print(hits: Hits, query: Query) -> None:
    from rich.text import Text

    from newscrawl.console import console

    out = console(sys.stdout)
    for row in hits.rows:
        title, part = _shown(row, query)
        day = (row["published_at"] or "")[:10]
        out.print(f"{day:10}  {row['edition']}  ", _styled(title), sep="")
        out.print(f"    {row['url']}")
        if part:
            out.print("    ", _styled(part), sep="")
    if not hits.rows:
        out.print(Text("nothing was found: fewer words, or the beginning of one with *, find more"))
    elif hits.number > len(hits.rows):
        out.print(f"{len(hits.rows)} of {_count(hits.number)} articles; -n shows more")


def _count(number: int) -> str:
    from newscrawl.store.search import RANKED

    return f"{number} or more" if number >= RANKED else str(number)


def _styled(pieces: Sequence[Piece]) -> Any:
    from rich.text import Text

    from newscrawl.text import shown

    text = Text()
    for piece in pieces:
        line = " ".join(piece.text.split("\n"))
        text.append(shown(line), "bold" if piece.found else None)
    return text


def _as_json(text: str, hits: Hits, query: Query) -> dict[str, Any]:
    names = ("url", "url_hash", "edition", "column", "published_at", "title", "lead")
    found = []
    for row in hits.rows:
        title, part = _shown(row, query)
        pieces = {"title_marked": title, "snippet": part}
        found.append(
            {name: row[name] for name in names}
            | {"score": round(-row["score"], 6)}
            | {name: [piece._asdict() for piece in value] for name, value in pieces.items()}
        )
    return {"query": text, "number": hits.number, "articles": found}
