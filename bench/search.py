"""What searching costs: time of queries of several kinds, bytes of the index, time to enter.

``python -m bench.search [--articles 200000] [--queries 400] [--json FILE]`` makes articles of the
stand-in's words in sixteen editions, enters them, asks, prints a table, and writes its section of
``docs/benchmarks.md``; ``--report FILE`` writes it elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.goals import Goal, at_most
from bench.search_beside import beside
from bench.sections import rendered, write_section
from bench.stores import ORDER, articles, fill
from newscrawl.items import Article
from newscrawl.search.query import parse
from newscrawl.search.snippets import mark, snippet
from newscrawl.search.tokens import compose, tokens
from newscrawl.store import search
from newscrawl.store.database import connect, read_only
from newscrawl.store.folder import prepare_folder
from newscrawl.upkeep.forget import forget
from newscrawl.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
#: What the project wants of 200,000 articles: milliseconds of 95 in 100 queries.
P95_MS = 50
#: And bytes of the index for each of the text.
INDEX = 2.5
_SHOWN = 20


def queries(count: int, size: int) -> Iterator[tuple[str, str]]:
    """Kind and text of queries, from titles of articles that are there."""
    random = Random(size)
    for title in (one.title or "" for one in _some(size, count, random)):
        found = [token for token in tokens(compose(title)) if not token.is_last]
        two = sorted(random.sample(range(len(found)), 2))
        one = found[two[0]]
        yield "one word, or two characters", title[one.start : one.end]
        yield "two words", " ".join(title[found[at].start : found[at].end] for at in two)
        after = found[min(two[0] + 1, len(found) - 1)]
        yield "a phrase", f'"{title[one.start : after.end]}"'
        yield "the beginning of a word", title[one.start : one.start + 3].strip() + "*"
        yield "a rare word", f"q{random.randrange(10**6):06d}"


def _some(size: int, count: int, random: Random) -> list[Article]:
    wanted = set(random.sample(range(size), min(count, size)))
    return [one for number, one in enumerate(articles(size)) if number in wanted]


def run(size: int, count: int) -> dict[str, Any]:
    """Fill, enter, ask; in the shape of ``docs/json/search_bench.schema.json``."""
    with TemporaryDirectory(prefix="search-") as place:
        folder = Path(place)
        prepare_folder(folder)
        with closing(connect(folder)) as connection:
            fill(connection, size)
            plain = _bytes(connection)
            entering = _timed(lambda: search.update(connection))
            index = _bytes(connection) - plain
        times = _ask(folder, list(queries(count, size)))
        cost = {"entering_ms": 1000 * entering / size, "bytes_an_article": index / size}
        others = beside(folder, size, count, cost)
        url = next(one.url for one in articles(len(ORDER)) if one.edition == "en")
        forgetting = _timed(lambda: forget(folder, [url]))
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "articles": size,
        "queries": count,
        "letters_an_article": _letters(min(size, 160)),
        "text_bytes_an_article": _text_bytes(min(size, 160)),
        **cost,
        "forgetting_s": forgetting,
        "kinds": [{"kind": kind, **_told(found)} for kind, found in times.items()],
        "all": _told([one for found in times.values() for one in found]),
        "beside": others,
        "versions": {
            "newscrawl": VERSION,
            "SQLite": sqlite3.sqlite_version,
            "Python": platform.python_version(),
            "processors": str(os.cpu_count()),
        },
    }


def _ask(folder: Path, asked: list[tuple[str, str]]) -> dict[str, list[float]]:
    """Kind to seconds of its queries, each with its snippets, on a connection just opened."""
    times: dict[str, list[float]] = {}
    connection = read_only(folder)
    assert connection is not None
    with closing(connection):
        for kind, text in asked:
            times.setdefault(kind, []).append(_timed(lambda: _search(connection, text)))  # noqa: B023
    return times


def _search(connection: sqlite3.Connection, text: str) -> None:
    query = parse(text)
    for row in search.find(connection, query, most=_SHOWN).rows:
        mark(row["title"], query)
        assert snippet(row["lead"], query) or snippet(row["text"], query) is not None


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _told(seconds: list[float]) -> dict[str, float]:
    parts = quantiles(seconds, n=100, method="inclusive")
    return {"p50_ms": 1000 * parts[49], "p95_ms": 1000 * parts[94], "most_ms": 1000 * max(seconds)}


def _bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def _letters(count: int) -> float:
    return sum(len(one.text or "") for one in articles(count)) / count


def _text_bytes(count: int) -> float:
    """Of title, lead and text, UTF-8."""
    texts = ((one.title, one.lead, one.text) for one in articles(count))
    return sum(len((part or "").encode()) for text in texts for part in text) / count


def goals(found: dict[str, Any]) -> list[Goal]:
    """Time of a query, and weight of the index."""
    p95, part = found["all"]["p95_ms"], found["bytes_an_article"] / found["text_bytes_an_article"]
    return [
        Goal(
            f"95 in 100 queries of {found['articles']:,} articles",
            f"<= {P95_MS} ms",
            f"{p95:.1f} ms",
            p95 <= P95_MS,
        ),
        at_most("bytes of the index beside those of the text", INDEX, part),
    ]


def section(found: dict[str, Any]) -> str:
    """The section of ``docs/benchmarks.md``."""
    return rendered(
        "search.md.j2", found=found, goals=goals(found), shown=_SHOWN, ranked=search.RANKED
    )


def _print(found: dict[str, Any]) -> None:
    table = Table(title=f"searching {found['articles']:,} articles: milliseconds", box=None)
    for heading in ("kind", "p50", "p95", "most"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for row in (*found["kinds"], {"kind": "all", **found["all"]}):
        shown = [f"{row[name]:.1f}" for name in ("p50_ms", "p95_ms", "most_ms")]
        table.add_row(row["kind"], *shown)
    out = Console(width=120)
    out.print(table)
    out.print(
        f"{found['bytes_an_article']:,.0f} bytes and {found['entering_ms']:.1f} ms an article;"
        f" forgetting one: {found['forgetting_s']:.1f} s"
    )


def main(given: Sequence[str] | None = None) -> int:
    """Print and write; exit 2 when the numbers make no sense."""
    parser = argparse.ArgumentParser(description="Benchmark of the search index.")
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=400, help="of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args(given)
    if not 100 <= options.articles <= 1_000_000 or not 2 <= options.queries <= options.articles:
        parser.error("--articles from 100 to 1000000, --queries from 2 to as many")
    found = run(options.articles, options.queries)
    _print(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    write_section(options.report, section(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
