"""One run of the project's own spider, store and pipelines over a site in memory.

Of a real crawl only the engine, the downloader and their waits are missing: requests are taken from
a queue by priority, and what the callbacks yield goes where Scrapy would take it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from scrapy import Request
from scrapy.exceptions import DropItem
from scrapy.http import Headers, HtmlResponse
from scrapy.settings import Settings
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl import clock
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.conf import Conf
from newscrawl.crawl.run import Run
from newscrawl.crawl.seeds import Column, EditionSeeds
from newscrawl.middlewares.closed import NotAsked
from newscrawl.pipelines.store import StorePipeline
from newscrawl.pipelines.validate import ValidatePipeline
from newscrawl.spiders import feed_pages, sitemap_pages
from newscrawl.spiders.column import ColumnSpider
from newscrawl.store import Capture, Store, database, schema
from tests.walk_simulation.site import COLUMNS, Answer, SimulatedSite

#: Known rows that end a walk: few, so that short listings do.
STOP_AFTER = 2
#: When an article is looked at again: seldom, so that a scenario has fewer requests.
RECHECKS_S = (6 * 3600.0, 3 * 86400.0)
SEEDS = [Column(url[-4:-1], url[24:], url, "column", "aa") for url in COLUMNS]


class WalkSpider(ColumnSpider):
    name = "walk"
    site = SimulatedSite()


class Killed(Exception):
    """The process died here."""


class _Stats:
    def inc_value(self, *_: Any) -> None:
        """Nobody reads them."""


class _Signals:
    def connect(self, *_: Any) -> None:
        """Nothing is signalled."""


@dataclass
class _Crawler:
    settings: Settings
    spider: Any = None
    stats: _Stats = field(default_factory=_Stats)
    signals: _Signals = field(default_factory=_Signals)
    engine: Any = None


def _settings() -> Settings:
    settings = Settings()
    settings.setmodule("newscrawl.settings")
    settings.set("NEWSCRAWL_CONTACT", "walk@example.org")
    settings.set("NEWSCRAWL_ORIGIN", "http://127.0.0.1:9")
    settings.set("NEWSCRAWL_STOP_AFTER", STOP_AFTER)
    return settings


SETTINGS = _settings()
CONF = replace(Conf.read(SETTINGS), outputs=("sqlite",), relook_s=RECHECKS_S)


def template() -> sqlite3.Connection:
    """An empty store in memory, to be copied; nobody searches it or exports its changes."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


@contextmanager
def world_of(site: SimulatedSite, connection: sqlite3.Connection) -> Iterator[None]:
    """The clock shows the time of the site's world, its feeds need no XML, and every store is the
    one in memory."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return site.world.moment

    def meaning(data: bytes) -> Any:
        return site.world.meant[data.decode()]

    with (
        mock.patch.object(clock, "datetime", Clock),
        mock.patch.object(database, "connect", return_value=connection),
        mock.patch.object(feed_pages, "read_feed", meaning),
        mock.patch.object(sitemap_pages, "read_sitemap", meaning),
    ):
        yield


class Crawl:
    """One run; ``died`` says whether it was killed."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        site: SimulatedSite,
        rng: Random,
        *,
        arguments: Arguments,
        columns: list[Column],
        answer: Callable[[str, str | None], Answer | None],
        kill_at: int | None = None,
    ) -> None:
        self._site = site
        self._rng = rng
        self._answer = answer
        self._kill_at = kill_at
        self.requests = 0
        self.died = False
        connection.execute("DROP TABLE IF EXISTS temp.asked")
        store = Store(Path(), CONF.outputs)
        number = store.begin_run(
            spider="walk",
            started=site.world.moment,
            mode=arguments.mode,
            arguments={},
            extractor="1",
            rotate=(3600, 1000),
        )
        self.run = Run(
            site=site,
            conf=CONF,
            arguments=arguments,
            columns=columns,
            seeds={"aa": EditionSeeds("aa", tuple(SEEDS), "")},
            store=store,
            number=number,
            started=site.world.moment,
            locks=[],
        )
        # Full walks hide what the others lose.
        self.run._due_for_full = lambda: None  # type: ignore[method-assign]
        self._crawler = _Crawler(SETTINGS)
        self._spider = WalkSpider.from_crawler(self._crawler, run=self.run)  # type: ignore[arg-type]
        self._crawler.spider = self._spider
        self._pipelines = ValidatePipeline(self._crawler), StorePipeline(self._crawler)  # type: ignore[arg-type]
        self._queue: list[Request] = []

    def go(self) -> None:
        """Run to the end, or to the kill."""
        try:
            self._take(self._spider.start())
            while self._queue:
                self._ask(self._next())
        except Killed:
            self.died = True
            return
        self.run.tally.close(self.run.memories, cut=False)

    def _next(self) -> Request:
        """The request of the highest priority; of equals any of the first three."""
        best = max(request.priority for request in self._queue)
        places = [n for n, request in enumerate(self._queue) if request.priority == best][:3]
        return self._queue.pop(self._rng.choice(places))

    def _ask(self, request: Request) -> None:
        if not self.run.may_ask(request.url):
            self._fail(request, NotAsked("left alone"))
            return
        self.requests += 1
        if self.requests == self._kill_at:
            raise Killed
        self._site.world.moment += timedelta(seconds=1)
        etag = request.headers.get("If-None-Match")
        answer = self._answer(request.url, etag.decode() if etag else None)
        if answer is None:
            self._fail(request, ConnectionResetError())
            return
        response = _response(request, answer)
        if answer.status in (200, 304):
            assert request.callback is not None
            self._take(request.callback(response, **request.cb_kwargs))
        else:
            self._fail(request, HttpError(response))

    def _fail(self, request: Request, error: Exception) -> None:
        failure = Failure(error)
        failure.request = request  # type: ignore[attr-defined]
        assert request.errback is not None
        self._take(request.errback(failure))

    def _take(self, steps: Any) -> None:
        for step in _each(steps):
            if isinstance(step, Request):
                self._queue.append(step)
            elif isinstance(step, Capture):
                with suppress(DropItem):
                    for pipeline in self._pipelines:
                        pipeline.process_item(step)


def _each(steps: Any) -> Iterator[Any]:
    """What a callback yields; ``start`` is asynchronous, and waits for nothing."""
    if not hasattr(steps, "__anext__"):
        yield from steps
        return
    while True:
        try:
            steps.__anext__().send(None)
        except StopIteration as result:
            yield result.value
        except StopAsyncIteration:
            return


def _response(request: Request, answer: Answer) -> HtmlResponse:
    if answer.hops:
        request = request.replace(meta={**request.meta, "redirect_urls": list(answer.hops)})
    headers = Headers({"ETag": answer.etag}) if answer.etag else None
    return HtmlResponse(
        answer.url or request.url,
        status=answer.status,
        headers=headers,
        body=answer.body.encode(),
        encoding="utf-8",
        request=request,
    )


def tally_problems(run: Run) -> list[str]:
    """What does not add up in the sums of a run that has ended."""
    tally = run.tally
    ended = Counter(tally.outcomes)
    if sum(ended.values()) != tally.asked:
        return [f"asked for {tally.asked}, ended {dict(ended)}"]
    return tally.differences
