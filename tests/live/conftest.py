"""The stand-in site over real sockets, and crawls of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from fixtures.model import encode
from fixtures.server import serve
from fixtures.site import Answer, StandInSite
from tests.crawling import SEEDS, last_run, query, records, scrapy


@dataclass
class LiveSite:
    """A stand-in site being served, and a data dir to crawl it into."""

    site: StandInSite
    server: Any
    data: Path

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

    def crawl(self, *more: str, outputs: str = "jsonlines,sqlite", code: int = 0) -> Any:
        """Crawl, expecting an exit code."""
        done = scrapy(*self.arguments(*more, outputs=outputs))
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

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


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveSite]:
    """The stand-in site on 127.0.0.1."""
    site = StandInSite.load()
    with serve(site) as server:
        yield LiveSite(site, server, tmp_path / "data")
