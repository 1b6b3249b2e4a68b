"""A crawl over loopback with everything on, beside bare Scrapy and beside a plain project.

No delay, the site in a process on the first processor, what is measured on the last.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.crawlers import CONCURRENT, CRAWLERS, Crawled, crawl
from bench.environments import processor, versions
from bench.goals import Goal, at_least
from bench.pages import EDITIONS, FORMS
from bench.sections import rendered
from bench.serving import served
from bench.spread import ratios, spread

OURS, BARE, PARSING, PLAIN = CRAWLERS
#: Wanted: pages a second beside each of the others.
WANTED = {BARE: 0.75, PLAIN: 2.5}
_COLUMNS = 2


def run(articles: int, rounds: int, weight: int = FORMS["320 KB"]) -> dict[str, Any]:
    """Crawl ``articles`` of each edition, with each crawler in turn."""
    with TemporaryDirectory(prefix="crawl-") as place:
        folder = Path(place)
        options = {"articles": articles, "columns": _COLUMNS, "weight": weight, "keep": "all"}
        with served(folder / "site", **options, cpu=processor(0)) as site:
            pages = len(site.paths["articles"]) + len(site.paths["listings"])
            found: dict[str, list[Crawled]] = {name: [] for name in CRAWLERS}
            for _ in range(rounds):
                for name in CRAWLERS:
                    found[name].append(crawl(name, site, folder / "crawl", processor(-1)))
    speed = {name: [one.told.pages_s for one in crawls] for name, crawls in found.items()}
    return {
        "articles": articles * len(EDITIONS),
        "pages": pages,
        "rounds": rounds,
        "concurrent": CONCURRENT,
        "crawlers": [
            {
                "crawler": name,
                "pages_s": spread(speed[name]),
                "cpu_ms": spread([1000 * one.used.cpu_s / pages for one in crawls]),
                "peak_mb": spread([one.used.peak_mb for one in crawls]),
                "ours_beside": ratios(speed[OURS], speed[name]),
            }
            for name, crawls in found.items()
        ],
        "versions": versions("Scrapy", "Twisted", "parsel", "itemloaders"),
    }


def goals(found: dict[str, Any]) -> list[Goal]:
    """Speed beside the others."""
    beside = {one["crawler"]: one["ours_beside"]["median"] for one in found["crawlers"]}
    return [
        at_least(f"pages a second beside {name}", wanted, beside[name])
        for name, wanted in WANTED.items()
    ]


def section(found: dict[str, Any]) -> str:
    """Its section of ``docs/benchmarks.md``."""
    return rendered("crawl.md.j2", found=found, goals=goals(found))
