"""One long crawl: a site in one process, the crawl in another, watched from this one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newscrawl.store.database import FILE
from tests.crawling import ROOT, last_run, query

CONCURRENT = 8


@dataclass(frozen=True)
class Sample:
    """A look at the crawl while it runs."""

    seconds: float
    stored: int
    rss_mb: float


@dataclass
class Soak:
    """What one soak gave."""

    articles: int
    share: float
    weight: int
    seconds: float = 0.0
    exit_code: int | None = None
    stderr: str = ""
    samples: list[Sample] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)
    sums: dict[str, Any] = field(default_factory=dict)
    store_mb: float = 0.0

    @property
    def tenths(self) -> list[Sample]:
        """The first sample at or beyond each tenth of the articles, and the very last one."""
        marks = [self.articles * tenth // 10 for tenth in range(1, 10)]
        found = [next((s for s in self.samples if s.stored >= mark), None) for mark in marks]
        return [sample for sample in [*found, *self.samples[-1:]] if sample is not None]

    @property
    def growth(self) -> float | None:
        """Memory at the end against that after the first tenth, less one; ``None``: too short."""
        tenths = self.tenths
        return self.samples[-1].rss_mb / tenths[0].rss_mb - 1 if len(tenths) > 1 else None


def soak(folder: Path, articles: int, share: float, weight: int) -> Soak:
    """Serve, crawl, and watch. What was stored stays in the folder, to be judged."""
    found = Soak(articles, share, weight)
    with _served(folder, found) as origin:
        began = time.monotonic()
        crawl = _start_crawl(folder, origin)
        try:
            found.samples = list(_watch(crawl, folder / "data", began))
        finally:
            if crawl.poll() is None:
                crawl.kill()
            found.exit_code = crawl.wait()
        found.seconds = time.monotonic() - began
    found.stderr = (folder / "stderr").read_text("utf-8")
    found.store_mb = sum(path.stat().st_size for path in folder.rglob(FILE + "*")) / 1e6
    if found.exit_code == 0:
        found.sums = last_run(folder / "data")
    return found


@contextmanager
def _served(folder: Path, found: Soak) -> Iterator[str]:
    """The site in a process of its own; gives its origin."""
    options = {"articles": found.articles, "faults": found.share, "weight": found.weight}
    given = [f"--{name}={value}" for name, value in options.items()]
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.soak.server", str(folder), *given],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        origin = server.stdout.readline().strip()
        if not origin:
            raise RuntimeError("the stand-in site did not start; its error stands above")
        yield origin
        server.send_signal(signal.SIGTERM)
        found.played.update(json.loads(server.stdout.readline()))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def _start_crawl(folder: Path, origin: str) -> subprocess.Popen[bytes]:
    settings = {
        "NEWSCRAWL_ORIGIN": origin,
        "NEWSCRAWL_SEEDS": folder / "seeds",
        "NEWSCRAWL_DATA_DIR": folder / "data",
        "NEWSCRAWL_PROGRESS": "off",
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": CONCURRENT,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENT,
    }
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    with (folder / "stderr").open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", "scrapy", "crawl", "rfi", *given],
            cwd=ROOT,
            env=kept,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )


def _watch(crawl: subprocess.Popen[bytes], data: Path, began: float) -> Iterator[Sample]:
    """Samples until the crawl ends: its resident memory, and how many articles are stored."""
    pause = 0.05
    while crawl.poll() is None:
        rss, stored = _rss_mb(crawl.pid), _stored(data)
        if rss and stored is not None:
            yield Sample(time.monotonic() - began, stored, rss)
        time.sleep(pause)
        pause = min(1.0, pause * 1.05)


def _rss_mb(pid: int) -> float:
    """Resident memory in MB (10**6 bytes), 0 when the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next(
        (int(line.split()[1]) * 1024e-6 for line in status.splitlines() if "VmRSS" in line), 0.0
    )


def _stored(data: Path) -> int | None:
    """Articles stored so far: a crawl of new ones alone numbers them; ``None`` before the first."""
    if not (data / FILE).exists():
        return None
    try:
        ((stored,),) = query(data, "SELECT max(rowid) FROM articles")
    except sqlite3.OperationalError:  # the tables are being made
        return None
    return stored or 0
