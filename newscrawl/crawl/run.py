"""One run: everything it needs is checked and opened here, before the first request.

``prepare`` is called by ``scrapy crawl`` before the reactor starts, or by the spider itself when a
script runs it, so that both meet the same checks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler

from newscrawl.clock import iso, now
from newscrawl.coverage import Coverage
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.conf import Conf, Settings
from newscrawl.crawl.origin import check_origin, origin_is_loopback
from newscrawl.crawl.rejections import Rejections
from newscrawl.crawl.seeds import Column, EditionSeeds, load_seeds, select_columns
from newscrawl.crawl.tally import ColumnTally, Tally
from newscrawl.crawl.walk import Walk
from newscrawl.crawl.ways import check_ways
from newscrawl.errors import CrawlError, StorageFailed, UsageProblem
from newscrawl.site import Site
from newscrawl.store import ColumnMemory, Link, Store, folder
from newscrawl.store.links import key_of
from newscrawl.store.locks import Lock, acquire

#: What is asked for even while a host refuses its pages.
_OPEN = frozenset(["feed", "robots"])


@dataclass(frozen=True)
class Refusal:
    """The host does not want its pages asked for."""

    until: str
    """ISO time, UTC."""
    earlier: bool = False
    """Whether an earlier run was refused, and this one has not asked."""


class Run:
    """What the parts of one run share."""

    def __init__(
        self,
        *,
        site: Site,
        conf: Conf,
        arguments: Arguments,
        columns: list[Column],
        seeds: Mapping[str, EditionSeeds],
        store: Store,
        number: int,
        started: datetime,
        locks: list[Lock],
    ) -> None:
        self.site = site
        self.conf = conf
        self.arguments = arguments
        self.columns = columns
        self.seeds = seeds
        """The seeds of every edition of ``columns``, by edition."""
        self.store = store
        self.number = number
        self.started = started
        self.tally = Tally()
        self.coverage = Coverage(site.rules())
        self.falls: list[str] = []
        self.warnings: list[str] = []
        """What is worth a look, and does not make the run unhealthy."""
        self.memories: dict[int, tuple[Column, ColumnMemory]] = {}
        self.failure: str | None = None
        self.refused: Refusal | None = None
        """Set when the host's pages are left alone; its feeds may still be read."""
        self.left: str | None = None
        """Why the host is left alone in this run."""
        self.ask_again: Callable[[Link], None] = lambda link: None
        """Asks once more for an article that could not be stored for now; the spider gives it."""
        self.exit_code = 1  # until the verdict is known
        self.has_ended = False
        self._locks = locks
        self._rejections = Rejections(conf.data_dir, number)

    @property
    def log_file(self) -> Path:
        """Where Scrapy's log of this run goes."""
        return self.conf.data_dir / folder.LOGS / f"{self.number}.log"

    def key(self, url: str) -> bytes:
        """Key of a canonical URL in the store."""
        return bytes.fromhex(self.site.url_hash(url))

    def enter_columns(self) -> list[tuple[Column, ColumnMemory]]:
        """Open the memory of every column that this run walks."""
        with self.store.patient():
            memories = [
                self.store.enter_column(column.edition, column.name, column.url, column.kind)
                for column in self.columns
            ]
        entered = list(zip(self.columns, memories, strict=True))
        for column, memory in entered:
            self.memories[memory.id] = (column, memory)
            self.tally.columns[memory.id] = ColumnTally(column.edition, column.name, column.url)
        return entered

    def walk(self, memory: ColumnMemory) -> Walk:
        """Begin the walk of a column."""
        return Walk(
            memory,
            self.arguments,
            stop_after=self.conf.stop_after,
            to_the_end=memory.id == self._due_for_full(),
            key=self.key,
        )

    def reject(
        self, link: Link, reason: str, rule: str | None, moment: datetime, body: bytes
    ) -> None:
        """A whole page that gives no record: kept for study, asked again later."""
        if not self.store.reject(link, reason, now(), self.site.extractor):
            self.tally.settle(link.hash, "left out")
            return
        self._rejections.keep(link.url, reason, rule, moment, body)
        self.tally.settle(link.hash, "rejected")

    def leave_host(self, why: str, until: datetime) -> None:
        """Ask nothing more of the host, and remember until when; the first reason is said."""
        if self.left is None:
            self.left = why
            self.store.hosts.leave(self.site.host, until)

    def look_at_the_host(self) -> None:
        """Leave alone what an earlier run has left for longer than until now."""
        if self.conf.replay:
            return
        memory = self.store.hosts.get(self.site.host)
        if memory.is_closed(self.started):
            self.left = (
                f"an earlier run left {self.site.host} alone until {memory.not_before}: nothing"
                " was asked; run again then"
            )
        elif memory.refuses_pages(self.started):
            assert memory.pages_not_before is not None
            self.refused = Refusal(memory.pages_not_before, earlier=True)

    def may_ask(self, url: str) -> bool:
        """Whether the host may still be asked for an address in this run."""
        if self.left is not None:
            return False
        return self.refused is None or self.site.classify(url) in _OPEN

    def fail(self, reason: str) -> None:
        """The run cannot go on; the first reason is the one that is said."""
        self.failure = self.failure or reason

    def release(self) -> None:
        """The run has ended: close the store and give the locks back."""
        self.has_ended = True
        self.store.close()
        self._locks[-1].path.unlink(missing_ok=True)  # a number is used once: nobody waits for it
        for lock in self._locks:
            lock.release()

    def _due_for_full(self) -> int | None:
        """Of the columns whose last walk to the end is too long ago, the one longest ago.

        None in a run that may not reach the end: it would try again and again, in vain.
        """
        given = self.arguments
        if given.since or given.until or given.max_pages:
            return None
        limit, present = iso(self.started - self.conf.full_every), iso(self.started)
        due = [
            (memory.full_at, memory.id)
            for _, memory in self.memories.values()
            # A time that is still to come was set by a wrong clock.
            if memory.full_at is not None and not limit < memory.full_at <= present
        ]
        return min(due)[1] if due else None


def run_of(crawler: Crawler) -> Run:
    """The run that a crawler's spider serves."""
    run: Run = crawler.spider.run  # type: ignore[union-attr]
    return run


def prepare(settings: Settings, site: Site, spider: str, given: Mapping[str, Any]) -> Run:
    """Check everything, take the lease, mend what a dead run left, and enter the run.

    Raises :class:`newscrawl.errors.CrawlError` with the exit code that belongs to it.
    """
    conf = Conf.read(settings)
    arguments = Arguments.read(given, site)
    seeds = {} if arguments.urls else load_seeds(conf.seeds, site)
    columns = _columns(seeds, arguments)
    _check_way_out(conf, settings)
    check_ways(conf, settings)
    folder.prepare_folder(conf.data_dir)
    started = now()
    locks = [_lease(conf, site, started)]
    try:
        store = Store(conf.data_dir, conf.outputs)
        _refuse_forgotten(arguments, store)
        with store.patient():
            store.mend()
            number = store.begin_run(
                spider=spider,
                started=started,
                mode=arguments.mode,
                arguments={name: str(value) for name, value in given.items()},
                extractor=site.extractor,
                rotate=(conf.rotate_s, conf.rotate_lines),
            )
        locks[0].note(_holder(number, started))
        sign_of_life = conf.data_dir / folder.LOCKS / str(number)
        locks.append(acquire(sign_of_life, _holder(number, started)))
    except OSError as error:
        raise StorageFailed(f"the data dir {conf.data_dir} failed: {error}") from error
    except CrawlError:
        locks[0].release()  # a script may go on and try again
        raise
    return Run(
        site=site,
        conf=conf,
        arguments=arguments,
        columns=columns,
        seeds={name: seeds[name] for name in {column.edition for column in columns}},
        store=store,
        number=number,
        started=started,
        locks=locks,
    )


def _columns(seeds: Mapping[str, EditionSeeds], arguments: Arguments) -> list[Column]:
    if arguments.urls:
        return []
    return select_columns(seeds, list(arguments.editions) or None, list(arguments.columns) or None)


def _refuse_forgotten(arguments: Arguments, store: Store) -> None:
    for url in arguments.urls:
        if store.forgotten.has(key_of(url)):
            store.close()
            raise UsageProblem(
                f"urls: {url} was forgotten (scrapy forget) and does not come back: leave it out"
            )


def _check_way_out(conf: Conf, settings: Settings) -> None:
    """Where the answers come from: an archive, a loopback origin, or the site with a contact."""
    if conf.replay:
        from newscrawl.archives.files import check_archives

        check_archives(conf.replay)
        return
    if conf.origin:
        check_origin(conf.origin)
    if not conf.contact and not origin_is_loopback(settings):
        raise UsageProblem(
            "a live crawl says who it is: set NEWSCRAWL_CONTACT to your e-mail address or page"
            " (-s NEWSCRAWL_CONTACT=you@example.org)"
        )


def _lease(conf: Conf, site: Site, started: datetime) -> Lock:
    """One run at a time asks a host; one replay at a time uses a data dir."""
    name = "replay" if conf.replay else site.host
    path = conf.data_dir / folder.LOCKS / name
    return acquire(path, _holder("starting", started), conf.lease_wait_s)


def _holder(number: int | str, started: datetime) -> dict[str, Any]:
    return {"run": number, "pid": os.getpid(), "since": iso(started)}
