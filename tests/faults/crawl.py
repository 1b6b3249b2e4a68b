"""A crawl of the hostile server in a process of its own, and what is true of every such crawl."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.model import Article, encode
from fixtures.site import StandInSite
from tests.crawling import ROOT, SEEDS, _environment, last_run, query
from tests.faults.server import Fault, Hostile, bystander, serve

EDITION = "fa"
SHOW = "دفتر دانش"
#: Peak memory of a crawl, in MB.
MOST_MB = 250
_STAT = re.compile(r"'((?:newscrawl|downloader|retry|httperror)/[^']+)': (\d+)")


@dataclass
class Scene:
    """The stage of one crawl: the server, a good page for every case, and a port that is none of
    the crawl's business."""

    hostile: Hostile
    data: Path
    port: int
    met: list[bytes]
    arguments: list[str] = field(default_factory=list)

    @property
    def site(self) -> StandInSite:
        """The site behind the server."""
        return self.hostile.site

    @property
    def column_path(self) -> str:
        """Path of the column that is crawled, as it is asked for."""
        found = next(column for column in self.site.columns() if column.name == SHOW)
        return encode(found.path)

    def body(self, path: str) -> bytes:
        """The site's own page."""
        return self.site.answer(path).body

    def at(self, path: str, fault: Fault) -> None:
        """Let something happen at a path."""
        self.hostile.faults[encode(path) if not path.isascii() else path] = fault


@dataclass
class Result:
    """What came of a crawl."""

    scene: Scene
    exit_code: int
    stderr: str
    log: str
    stats: dict[str, int]
    peak_mb: float
    seconds: float
    reached: list[str]
    """Lookups and connections, one a line."""

    @property
    def stored(self) -> set[str]:
        """URLs of stored articles."""
        return {url for (url,) in query(self.scene.data, "SELECT url FROM articles")}

    @property
    def run(self) -> dict[str, object]:
        """Sums of the run."""
        return last_run(self.scene.data)

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == encode(path) for asked in self.scene.hostile.requests)

    def link(self, article: Article) -> tuple[str, str | None]:
        """State and reason of an article's link."""
        from newscrawl.rfi import SITE
        from newscrawl.store.links import STATES

        key = bytes.fromhex(SITE.url_hash(article.url))
        found = query(self.scene.data, "SELECT state, reason FROM links WHERE hash = ?", key)
        ((state, reason),) = found
        return STATES[state], reason

    def record(self, article: Article, field_name: str) -> object:
        """One field of a stored article."""
        sql = f'SELECT "{field_name}" FROM articles WHERE url = ?'
        ((value,),) = query(self.scene.data, sql, article.url)
        return value

    def faults(self) -> list[str]:
        """What must be true of every crawl and is not."""
        problems = []
        for name, text in (("stderr", self.stderr), ("log", self.log)):
            problems += [f"{name}: {word}" for word in ("Traceback", "Unhandled") if word in text]
        if self.run["differences"]:
            problems.append(f"ledger: {self.run['differences']}")
        if self.scene.met:
            problems.append("the other port was asked")
        port = self.scene.hostile.origin.rpartition(":")[2]
        inside = (f"connect ('127.0.0.1', {port})", "gethostbyname '127.0.0.1'")
        problems += [line for line in set(self.reached) if line not in inside]
        if self.peak_mb > MOST_MB:
            problems.append(f"peak memory {self.peak_mb:.0f} MB")
        return problems


@contextmanager
def scene(data: Path, articles: int = 0) -> Iterator[Scene]:
    """A stage; ``articles`` more than the site has stand at the top of the column."""
    site = StandInSite.load()
    if articles:
        site.publish(EDITION, SHOW, articles)
    with serve(site) as hostile, bystander() as (port, met):
        yield Scene(hostile, data, port, met)


def crawl(stage: Scene, *settings: str, timeout: float = 180) -> Result:
    """Crawl one column; a crawl that does not end by itself fails here."""
    given = {
        "NEWSCRAWL_ORIGIN": stage.hostile.origin,
        "NEWSCRAWL_SEEDS": str(SEEDS),
        "NEWSCRAWL_DATA_DIR": str(stage.data),
        "DOWNLOAD_DELAY": "0",
    }
    options = [part for item in given.items() for part in ("-s", "=".join(item))]
    options += [part for setting in settings for part in ("-s", setting)]
    report = stage.data.parent / f"{stage.data.name}.reached"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.faults.child", str(report), "crawl", "rfi", *options]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "-a", f"columns={SHOW}", *stage.arguments],
        cwd=ROOT,
        env=_environment({}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    seconds = time.monotonic() - began
    *reached, peak = report.read_text().splitlines()
    log = "".join(path.read_text("utf-8") for path in (stage.data / "logs").glob("*.log"))
    return Result(
        scene=stage,
        exit_code=done.returncode,
        stderr=done.stderr,
        log=log,
        stats={name: int(number) for name, number in _STAT.findall(log)},
        peak_mb=int(peak.split()[1]) / 1024,
        seconds=seconds,
        reached=reached,
    )
