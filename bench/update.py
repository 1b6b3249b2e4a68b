"""An update run over columns that have nothing new: what is asked, and how long it takes.

Beside bare Scrapy that asks for the same pages: with their validators (answered 304), and from a
site that has none (answered with whole pages, every row of which has to be looked up).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.crawlers import Crawled, ask, newscrawl
from bench.environments import processor, versions
from bench.goals import Goal, at_most
from bench.pages import EDITIONS, FORMS
from bench.sections import rendered
from bench.serving import Site, served
from bench.sets import hash_of
from bench.spread import ratios, spread
from newscrawl.store.database import FILE, transaction
from newscrawl.store.links import STORED

#: Wanted: time beside bare Scrapy's, from start to end and from start to the first request.
END, FIRST = 4.0, 1.4
NAMES = ("newscrawl", "bare Scrapy")
WAYS = {"on": "answered 304", "off": "answered whole"}
_ROWS = 10
_HEAP = 500_000


def run(columns: int, known: int, rounds: int, weight: int = FORMS["320 KB"]) -> dict[str, Any]:
    """Crawl the columns once, let the store know ``known`` links of each, and update again."""
    each = columns // len(EDITIONS)
    with TemporaryDirectory(prefix="update-") as place:
        folder = Path(place)
        options = {"articles": each * _ROWS, "columns": each, "rows": _ROWS, "weight": weight}
        with served(folder / "site", **options, keep="columns", cpu=processor(0)) as site:
            newscrawl(site, folder, None)
            _fill(folder / "data" / FILE, known)
            found = {way: _rounds(site, folder, way, rounds) for way in WAYS}
    return {
        "columns": each * len(EDITIONS),
        "known": known,
        "rounds": rounds,
        "ways": [{"way": way, **_figures(crawls)} for way, crawls in found.items()],
        "versions": versions("Scrapy", "Twisted"),
    }


def _rounds(site: Site, folder: Path, way: str, rounds: int) -> dict[str, list[Crawled]]:
    """In turn; the first of each only warms up (bytecode, and the disk's cache)."""
    site.validators(way)
    requests = _requests(site, folder / "data" / FILE, way)
    found: dict[str, list[Crawled]] = {name: [] for name in NAMES}
    for _ in range(rounds + 1):
        site.told()
        used = newscrawl(site, folder, processor(-1))
        found["newscrawl"].append(Crawled(used, site.told()))
        used = ask(site, folder, processor(-1), requests)
        found["bare Scrapy"].append(Crawled(used, site.told()))
    return {name: crawls[1:] for name, crawls in found.items()}


def _requests(site: Site, database: Path, way: str) -> list[tuple[str, dict[str, str]]]:
    """First pages of all columns, as the project asks for them."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT url, etag, last_modified FROM columns").fetchall()
    host = "https://www.rfi.fr"
    return [
        (
            url.removeprefix(host),
            {"If-None-Match": etag, "If-Modified-Since": day} if way == "on" else {},
        )
        for url, etag, day in rows
    ]


def _figures(found: dict[str, list[Crawled]]) -> dict[str, Any]:
    seconds = {name: [crawled.used.seconds for crawled in found[name]] for name in NAMES}
    cpu = {name: [crawled.used.cpu_s for crawled in found[name]] for name in NAMES}
    first = {
        name: [crawled.told.first - crawled.used.began for crawled in found[name]] for name in NAMES
    }
    ours, bare = NAMES
    return {
        "listings": {name: max(one.told.listings for one in found[name]) for name in NAMES},
        "articles": max(crawled.told.articles for crawled in found[ours]),
        "seconds": {name: spread(values) for name, values in seconds.items()},
        "cpu_s": {name: spread(values) for name, values in cpu.items()},
        "first_s": {name: spread(values) for name, values in first.items()},
        "seconds_ratio": ratios(seconds[ours], seconds[bare]),
        "cpu_ratio": ratios(cpu[ours], cpu[bare]),
        "first_ratio": ratios(first[ours], first[bare]),
    }


def _fill(database: Path, known: int) -> None:
    """Let every column know so many settled links, as years of crawling leave them."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        columns = [row[0] for row in connection.execute("SELECT id FROM columns")]
        count = (known - _ROWS) * len(columns)
        for begin in range(0, count, _HEAP):
            numbers = range(begin, min(begin + _HEAP, count))
            rows = sorted((hash_of(number), columns[number % len(columns)]) for number in numbers)
            with transaction(connection):
                connection.executemany(
                    'INSERT INTO links (hash, state, "column") VALUES (?, ?, ?)', _links(rows)
                )
                connection.executemany(
                    'INSERT INTO article_columns (hash, "column", first_walk, floor)'
                    " VALUES (?, ?, 1, 0)",
                    rows,
                )


def _links(rows: list[tuple[bytes, int]]) -> Iterator[tuple[bytes, int, int]]:
    return ((key, STORED, column) for key, column in rows)


def goals(found: dict[str, Any]) -> list[Goal]:
    """Of each way of answering."""
    told = []
    for way in found["ways"]:
        name = WAYS[way["way"]]
        asked = way["listings"]["newscrawl"] + way["articles"]
        told += [
            Goal(f"requests, {name}", f"{found['columns']}", f"{asked}", asked == found["columns"]),
            at_most(
                f"start to end beside bare Scrapy, {name}", END, way["seconds_ratio"]["median"]
            ),
            at_most(f"start to the first request, {name}", FIRST, way["first_ratio"]["median"]),
        ]
    return told


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("update.md.j2", found=found, goals=goals(found), ways=WAYS)
