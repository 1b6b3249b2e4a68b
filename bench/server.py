"""A generated site in a process of its own, which counts what it is asked.

``python -m bench.server FOLDER --help``. Lines on its input are orders, each is answered by a line
of JSON on its output: ``told`` gives what was asked since it was last told, ``validators off`` lets
it answer whole pages always, ``validators on`` no longer.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.pages import EDITIONS
from fixtures.loopback import Loopback, write_seeds, written
from fixtures.model import Column, encode
from fixtures.site import Answer, StandInSite

_VALIDATORS = frozenset(["ETag", "Last-Modified"])


class CountingServer(Loopback):
    """Compresses as servers do, and keeps answers that are to cost nothing."""

    def __init__(self, site: StandInSite) -> None:
        super().__init__(site)
        self._articles = {article.path for article in site.articles()}
        self._listings = [path for column in site.columns() for path in _pages(site, column)]
        self._kept: dict[str, Answer] = {}
        self._validates = True
        self._asked: Counter[str] = Counter()
        self._first: float | None = None
        self._last: float | None = None

    def keep(self, *, articles: bool) -> None:
        """Make first pages of columns ready, or every listing and article."""
        paths = [*self._listings, *self._articles] if articles else self._columns()
        for path in map(encode, paths):
            self._kept[path] = _compressed(self.site.answer(path))

    def write_paths(self, folder: Path) -> None:
        """``paths.json``: of first pages of columns, of all their pages, and of all articles."""
        kinds = {
            "columns": self._columns(),
            "listings": self._listings,
            "articles": sorted(self._articles),
        }
        paths = {kind: [encode(path) for path in found] for kind, found in kinds.items()}
        (folder / "paths.json").write_text(json.dumps(paths), "utf-8")

    async def reply(
        self, path: str, headers: Mapping[str, str], writer: asyncio.StreamWriter
    ) -> bool:
        """Answer and count."""
        self._count(path)
        answer = self._kept.get(path) or _compressed(self.site.answer(path))
        etag = next((value for name, value in answer.headers if name == "ETag"), None)
        given = {name.lower(): value for name, value in headers.items()}
        if not self._validates:
            plain = [pair for pair in answer.headers if pair[0] not in _VALIDATORS]
            answer = Answer(answer.status, plain, answer.body)
        elif etag is not None and given.get("if-none-match") == etag:
            kept = [pair for pair in answer.headers if pair[0] in _VALIDATORS]
            answer = Answer(304, kept)
        writer.write(written(answer))
        self._last = time.monotonic()
        return True

    def obey(self) -> None:
        """Read an order, and answer it."""
        match sys.stdin.readline().split():
            case ["told"]:
                print(json.dumps(self._told()), flush=True)
                self._forget()
            case ["validators", state]:
                self._validates = state == "on"
                print(json.dumps(state), flush=True)

    def _columns(self) -> list[str]:
        return [column.path for column in self.site.columns()]

    def _count(self, path: str) -> None:
        decoded = unquote(urlsplit(path).path)
        kind = "articles" if decoded in self._articles else "others"
        kind = "listings" if decoded.endswith("/") else kind
        self._asked[kind] += 1
        self._first = self._first or time.monotonic()

    def _told(self) -> dict[str, float | int | None]:
        """Counts by kind, and the moments (of the machine) of the first request and last answer."""
        counts = {kind: self._asked[kind] for kind in ("articles", "listings", "others")}
        return {**counts, "first": self._first, "last": self._last}

    def _forget(self) -> None:
        self._asked.clear()
        self._first = self._last = None


def _pages(site: StandInSite, column: Column) -> list[str]:
    """Decoded paths of a column's pages."""
    last = max(1, -(-len(site.listed(column)) // site.rows_per_page))
    return [column.path, *(f"{column.path}{number}/" for number in range(2, last + 1))]


def _compressed(answer: Answer) -> Answer:
    if answer.status != 200:
        return answer
    headers = [*answer.headers, ("Content-Encoding", "gzip")]
    return Answer(200, headers, gzip.compress(answer.body, 6))


async def _serve(server: CountingServer) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), server.obey)
    await server.serve()


def main() -> None:
    """Write ``seeds/`` and ``paths.json`` into the folder, then serve."""
    parser = argparse.ArgumentParser(description="Serve a generated site, and count.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, required=True, help="in each edition")
    parser.add_argument("--columns", type=int, required=True, help="in each edition")
    parser.add_argument("--weight", type=int, required=True, help="bytes added to every page")
    parser.add_argument("--rows", type=int, default=24, help="of a listing page")
    parser.add_argument("--keep", choices=("columns", "all", "nothing"), default="nothing")
    parser.add_argument("--cpu", type=int, help="the only processor to use")
    given = parser.parse_args()
    if given.cpu is not None:
        os.sched_setaffinity(0, {given.cpu})
    site = StandInSite.generated(
        EDITIONS, given.columns, given.articles, given.weight, rows_per_page=given.rows
    )
    seeds = given.folder / "seeds"
    seeds.mkdir()
    write_seeds(site, seeds)
    server = CountingServer(site)
    server.write_paths(given.folder)
    if given.keep != "nothing":
        server.keep(articles=given.keep == "all")
    asyncio.run(_serve(server))


if __name__ == "__main__":
    main()
