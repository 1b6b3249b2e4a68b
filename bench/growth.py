"""What a crawl costs and how it grows: measured for an article, then multiplied.

``python -m bench.growth [--articles 300] [--report FILE]`` writes its section of ``docs/scale.md``.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.crawlers import newscrawl
from bench.environments import OWN, ROOT, versions
from bench.pages import EDITIONS, FORMS
from bench.processes import measured
from bench.sections import rendered, write_section
from bench.serving import served
from newscrawl.crawl.seed_reading import load_seeds
from newscrawl.rfi import SITE
from newscrawl.store.database import FILE

#: Articles a day of one edition, and rows of a listing page. Nobody has counted the first for all
#: editions: put your own number in.
ARTICLES_A_DAY, ROWS = 20, 24
YEARS = 10
_DAY_S = 86_400


def run(articles: int) -> dict[str, Any]:
    """Crawl ``articles`` of each edition with a recording, update once, export; then multiply."""
    with TemporaryDirectory(prefix="growth-") as place:
        folder = Path(place)
        options = {"articles": articles, "columns": 3, "weight": FORMS["320 KB"], "keep": "all"}
        with served(folder / "site", **options) as site:
            newscrawl(site, folder, None, more={"NEWSCRAWL_RECORD": folder / "warc"})
            site.told()
            newscrawl(site, folder, None, log="again")
            asked = site.told()
        stored = articles * len(EDITIONS)
        sizes = {name: size / stored for name, size in _sizes(folder).items()}
    columns = {name: len(found.columns) for name, found in load_seeds(None, SITE).items()}
    return {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "articles": stored,
        "bytes": sizes,
        "update_requests": asked.listings,
        "update_articles": asked.articles,
        "columns_crawled": 3 * len(EDITIONS),
        "seeds": columns,
        **_multiplied(sizes, columns),
        "versions": versions("Scrapy", "pyarrow"),
    }


def _sizes(folder: Path) -> dict[str, float]:
    """Bytes of everything that a crawl leaves, the database with its log brought in."""
    data, out = folder / "data", folder / "all.parquet"
    with closing(sqlite3.connect(data / FILE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    setting = f"NEWSCRAWL_DATA_DIR={data}"
    command = [OWN, "-m", "scrapy", "export", "parquet", "-o", out, "-s", setting]
    measured(command, cwd=ROOT, output=folder / "exported")
    return {
        "SQLite, with the search index": (data / FILE).stat().st_size,
        "JSON Lines": _bytes(data / "articles"),
        "WARC, as recorded": _bytes(folder / "warc"),
        "Parquet": out.stat().st_size,
    }


def _multiplied(sizes: dict[str, float], columns: dict[str, int]) -> dict[str, Any]:
    """Ten years of all editions, and the time of asking for them at one page a second."""
    total = ARTICLES_A_DAY * 365 * YEARS * len(columns)
    pages = total + total // ROWS
    return {
        "total": total,
        "a_day": ARTICLES_A_DAY * len(columns),
        "gigabytes": {name: total * size / 1e9 for name, size in sizes.items()},
        "fill_days": pages / _DAY_S,
        "edition_days": pages / len(columns) / _DAY_S,
        "update_minutes": sum(columns.values()) / 60,
        "day_minutes": ARTICLES_A_DAY * len(columns) / 60,
    }


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/scale.md``."""
    assumed = {"articles_a_day": ARTICLES_A_DAY, "rows": ROWS, "years": YEARS}
    return rendered("growth.md.j2", found=found, **assumed)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=300, help="of each edition (default: 300)")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "scale.md")
    given = parser.parse_args(arguments)
    text = section(run(given.articles))
    write_section(given.report, text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
