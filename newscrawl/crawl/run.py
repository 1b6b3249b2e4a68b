"""One run: what its parts share while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scrapy.crawler import Crawler

from newscrawl.clock import iso, now
from newscrawl.coverage import Coverage
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.conf import Conf
from newscrawl.crawl.rejections import Rejections
from newscrawl.crawl.seeds import Column, EditionSeeds
from newscrawl.crawl.tally import ColumnTally, Tally
from newscrawl.crawl.walk import Walk
from newscrawl.site import Site
from newscrawl.store import ColumnMemory, Link, Store, folder
from newscrawl.store.locks import Lock

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
        self.errors: list[str] = []
        """Errors of the program that pages met, with their addresses: each cost its page alone."""
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
                self.store.walks.enter_column(column.edition, column.name, column.url, column.kind)
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
        """Ask nothing more of the host, and remember until when; the latest time is said."""
        first, self.left = self.left is None, self.left or why
        if self.store.hosts.leave(self.site.host, until) or first:
            self.left = why

    def look_at_the_host(self) -> None:
        """Leave alone what an earlier run has left for longer than a run waits."""
        if self.conf.replay:
            return
        memory = self.store.hosts.get(self.site.host)
        if memory.closed_for_s(self.started) > self.conf.max_wait_s:
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
        """Of the columns whose last walk to the end is too long ago, one; ``None`` in a run that
        may not reach the end.

        Runs take turns through them, so that one whose end is out of reach does not hold up others.
        """
        given = self.arguments
        if given.since or given.until or given.max_pages:
            return None
        limit, present = iso(self.started - self.conf.full_every), iso(self.started)
        due = [
            memory.id
            for _, memory in self.memories.values()
            # A time that is still to come was set by a wrong clock.
            if memory.full_at is None or not limit < memory.full_at <= present
        ]
        return due[self.number % len(due)] if due else None


def run_of(crawler: Crawler) -> Run:
    """The run that a crawler's spider serves."""
    run: Run = crawler.spider.run  # type: ignore[union-attr]
    return run
