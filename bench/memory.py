"""Memory of the crawl of :mod:`bench.crawl` at its peak, at two sizes: it is not to grow."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.crawl import BARE, OURS, PLAIN
from bench.crawlers import crawl
from bench.environments import versions
from bench.goals import Goal, at_most
from bench.pages import EDITIONS, FORMS
from bench.sections import rendered
from bench.serving import served

#: Wanted: MB (of 10**6 bytes) at the most, growth, and the part of the plain project's.
MOST_MB, GROWTH, PART = 130, 1.1, 0.5
_PER_COLUMN = 2000
_KEPT = 5000  # pages that the site may make ready; of more it makes each when it is asked for


def run(sizes: list[int], weight: int = FORMS["320 KB"]) -> dict[str, Any]:
    """Crawl sites of so many articles in all, in rising order, once with each crawler."""
    peaks: dict[str, list[float]] = {name: [] for name in (OURS, BARE, PLAIN)}
    for size in sizes:
        each = size // len(EDITIONS)
        columns = -(-each // _PER_COLUMN)
        with TemporaryDirectory(prefix="memory-") as place:
            folder = Path(place)
            keep = "all" if size <= _KEPT else "nothing"
            options = {"articles": each, "columns": columns, "weight": weight, "keep": keep}
            with served(folder / "site", **options) as site:
                for name, found in peaks.items():
                    crawled = crawl(name, site, folder / "crawl", None)
                    found.append(crawled.used.peak_mb)
    return {
        "sizes": sizes,
        "crawlers": [{"crawler": name, "peak_mb": found} for name, found in peaks.items()],
        "versions": versions("Scrapy", "Twisted", "parsel"),
    }


def goals(found: dict[str, Any]) -> list[Goal]:
    """At the largest size."""
    peaks = {one["crawler"]: one["peak_mb"] for one in found["crawlers"]}
    most, size = peaks[OURS][-1], f"{found['sizes'][-1]:,} articles"
    return [
        Goal(f"memory at {size}", f"<= {MOST_MB} MB", f"{most:.0f} MB", most <= MOST_MB),
        at_most(f"beside {found['sizes'][0]:,}", GROWTH, most / peaks[OURS][0]),
        at_most(f"beside {PLAIN}", PART, most / peaks[PLAIN][-1]),
    ]


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("memory.md.j2", found=found, goals=goals(found))
