"""Three crawlers of one site: the project, bare Scrapy, and a project as tutorials write it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Failed, Used, measured
from bench.serving import ROOT, Site, Told
from newscrawl.store.database import FILE

CONCURRENT = 8
#: No delay, and as many requests at once: the project's own defaults are polite.
HURRY = {
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": CONCURRENT,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENT,
}
Crawl = Callable[[Site, Path, int | None], Used]


@dataclass(frozen=True)
class Crawled:
    """One crawl: what it needed, and what the site was asked."""

    used: Used
    told: Told


def crawl(name: str, site: Site, folder: Path, cpu: int | None) -> Crawled:
    """Crawl a whole site into a new folder, make sure that all was got, and leave nothing."""
    folder.mkdir()
    site.told()
    used = CRAWLERS[name](site, folder, cpu)
    told = site.told()
    shutil.rmtree(folder)
    return Crawled(used, told)


def newscrawl(
    site: Site,
    folder: Path,
    cpu: int | None,
    *,
    log: str = "out",
    more: Mapping[str, object] | None = None,
) -> Used:
    """Everything on: extraction, deduplication, both outputs; ``more`` are settings besides."""
    settings = {
        "NEWSCRAWL_ORIGIN": site.origin,
        "NEWSCRAWL_SEEDS": site.folder / "seeds",
        "NEWSCRAWL_DATA_DIR": folder / "data",
        "NEWSCRAWL_PROGRESS": "off",
        **HURRY,
        **(more or {}),
    }
    used = _scrapy(ROOT, folder / log, cpu, "crawl", "rfi", *_given(settings))
    with closing(sqlite3.connect(folder / "data" / FILE)) as connection:
        ((stored,),) = connection.execute("SELECT count(*) FROM articles")
    _all_got(stored, len(site.paths["articles"]))
    return used


def bare(site: Site, folder: Path, cpu: int | None, *, parse: str = "no") -> Used:
    """The same requests with the same settings; pages are thrown away."""
    paths = site.paths
    every: list[tuple[str, dict[str, str]]] = [
        (path, {}) for path in paths["listings"] + paths["articles"]
    ]
    return ask(site, folder, cpu, every, parse=parse)


def parsing(site: Site, folder: Path, cpu: int | None) -> Used:
    """The same with every page parsed, and nothing asked of it: as fast as any reader could be."""
    return bare(site, folder, cpu, parse="yes")


def ask(
    site: Site,
    folder: Path,
    cpu: int | None,
    requests: Sequence[tuple[str, dict[str, str]]],
    *,
    parse: str = "no",
) -> Used:
    """Bare Scrapy asks for some paths, each with its headers."""
    asked = folder / "requests.json"
    asked.write_text(json.dumps([(site.origin + path, more) for path, more in requests]), "utf-8")
    place = ROOT / "bench" / "bare"
    given = ["-a", f"requests={asked}", "-a", f"parse={parse}", *_given(HURRY)]
    return _scrapy(place, folder / "out", cpu, "crawl", "pages", *given)


def plain(site: Site, folder: Path, cpu: int | None) -> Used:
    """parsel, an item loader, and a feed of JSON Lines; Scrapy's own defaults."""
    columns, feed = folder / "columns", folder / "articles.jsonl"
    columns.write_text("\n".join(site.origin + path for path in site.paths["columns"]), "utf-8")
    place = ROOT / "bench" / "plain"
    used = _scrapy(
        place, folder / "out", cpu, "crawl", "rfi", "-a", f"columns={columns}", "-O", str(feed)
    )
    with feed.open("rb") as lines:
        _all_got(sum(1 for _ in lines), len(site.paths["articles"]))
    return used


CRAWLERS: dict[str, Crawl] = {
    "newscrawl": newscrawl,
    "bare Scrapy": bare,
    "bare Scrapy, pages parsed": parsing,
    "plain project": plain,
}


def _scrapy(place: Path, output: Path, cpu: int | None, *arguments: str) -> Used:
    command = [sys.executable, "-m", "scrapy", *arguments]
    return measured(command, cwd=place, output=output, cpu=cpu, more={"PYTHONPATH": str(ROOT)})


def _given(settings: Mapping[str, object]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]


def _all_got(found: int, wanted: int) -> None:
    if found != wanted:
        raise Failed(f"{found} articles were got of {wanted}")
