"""The stand-in site over real sockets, and crawls of it."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from fixtures.model import encode
from fixtures.server import serve
from fixtures.site import Answer, StandInSite
from newscrawl.crawl.tally import OUTCOMES
from tests.crawling import SEEDS, last_run, query, records, scrapy, start_scrapy


@dataclass
class LiveSite:
    """A stand-in site being served, and a data dir to crawl it into."""

    site: StandInSite
    server: Any
    data: Path
    cache: Path = Path()
    """Data dirs of earlier tests, for those that begin with the same crawl."""
    balances: bool = True
    """Whether the sums of every run must balance; a test that breaks them says so."""

    def arguments(self, *more: str, outputs: str = "jsonlines,sqlite") -> tuple[str, ...]:
        """Arguments of a crawl without delay."""
        settings = {
            "NEWSCRAWL_ORIGIN": self.server.origin,
            "NEWSCRAWL_SEEDS": str(SEEDS),
            "NEWSCRAWL_DATA_DIR": str(self.data),
            "NEWSCRAWL_OUTPUTS": outputs,
            "DOWNLOAD_DELAY": "0",
        }
        given = [part for item in settings.items() for part in ("-s", "=".join(item))]
        return ("crawl", "rfi", *given, *more)

    def crawl(
        self, *more: str, outputs: str = "jsonlines,sqlite", code: int = 0, **environment: str
    ) -> Any:
        """Crawl, expecting an exit code and sums that balance."""
        done = scrapy(*self.arguments(*more, outputs=outputs), **environment)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        self.check_sums()
        return done

    def crawled(self, *more: str) -> None:
        """Begin with the data dir that a crawl of the untouched site leaves."""
        kept = self.cache / sha256("\n".join(more).encode()).hexdigest()[:16]
        if not kept.exists():
            self.crawl(*more)
            shutil.copytree(self.data, kept)
            self.asked()
        else:
            shutil.copytree(kept, self.data)

    def start(self, *more: str, **environment: str) -> subprocess.Popen[str]:
        """Begin a crawl."""
        return start_scrapy(*self.arguments(*more), **environment)

    def crawl_killed_at(self, path: str, *more: str, **environment: str) -> None:
        """Crawl, and kill -9 the crawl at the moment that it asks for a (decoded) path."""
        before = self.server.overrides.get(encode(path))
        crawl = self.start(*more, **environment)

        def kill(_: Any) -> None:
            crawl.kill()
            crawl.wait(60)

        self.override(path, kill)
        crawl.communicate(timeout=120)
        assert crawl.returncode == -signal.SIGKILL, f"{path} was never asked for"
        if before is None:
            del self.server.overrides[encode(path)]
        else:
            self.server.overrides[encode(path)] = before

    def check_sums(self) -> None:
        """Everything that any run asked for has ended as exactly one thing."""
        if not self.balances or not (self.data / "newscrawl.db").exists():
            return
        for run, text in self.rows("SELECT id, summary FROM runs WHERE summary IS NOT NULL"):
            summary = json.loads(text)
            ended = {name: summary[name.replace(" ", "_")] for name in OUTCOMES}
            assert summary["differences"] == [], f"run {run}"
            assert sum(ended.values()) == summary["asked"], f"run {run}: {ended}"

    def asked(self) -> list[str]:
        """Paths asked for since the last call."""
        paths = [unquote(request.path) for request in self.server.requests]
        self.server.requests.clear()
        return paths

    def override(self, path: str, answer: Answer | Callable[[Any], Answer | None]) -> None:
        """Answer a (decoded) path otherwise from now on."""
        fixed = answer if callable(answer) else lambda _: answer
        self.server.overrides[encode(path) if path != "*" else path] = fixed

    def articles(self, column: str) -> set[str]:
        """Canonical URLs of a column's articles."""
        return {article.url for article in self.site.articles() if article.column.name == column}

    @property
    def records(self) -> list[dict[str, Any]]:
        """Lines of all published files."""
        return records(self.data)

    @property
    def run(self) -> dict[str, Any]:
        """Sums of the last run."""
        return last_run(self.data)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        return query(self.data, sql, *values)

    def change(self, sql: str, *values: Any) -> None:
        """Change the database, as if time had passed."""
        with closing(sqlite3.connect(self.data / "newscrawl.db")) as connection, connection:
            connection.execute(sql, values)

    def let_debts_be_due(self) -> None:
        """As if the time of every debt had come."""
        self.change("UPDATE links SET next_try = '2000-01-01T00:00:00+00:00'")

    @property
    def stored(self) -> set[str]:
        """URLs of the stored records."""
        return {url for (url,) in self.rows("SELECT url FROM articles")}

    @property
    def owed(self) -> dict[str, str | None]:
        """Owed URLs and why."""
        return dict(self.rows("SELECT url, reason FROM links WHERE url IS NOT NULL"))

    @property
    def log(self) -> str:
        """Log of the last run."""
        logs = sorted((self.data / "logs").glob("*.log"), key=lambda path: int(path.stem))
        return logs[-1].read_text()


@pytest.fixture(scope="session")
def live_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where data dirs are kept for other tests."""
    return tmp_path_factory.mktemp("crawled")


@pytest.fixture
def live(tmp_path: Path, live_cache: Path) -> Iterator[LiveSite]:
    """The stand-in site on 127.0.0.1."""
    site = StandInSite.load()
    with serve(site) as server:
        found = LiveSite(site, server, tmp_path / "data", live_cache)
        yield found
        found.check_sums()
