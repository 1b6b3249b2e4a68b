"""The store: what has been seen, stored and owed. Only ``upkeep`` knows its tables besides.

"Seen" and "stored" are one thing here: an article's row, its JSON line and the end of its debt are
written in one transaction, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from newscrawl.clock import compact, iso
from newscrawl.coverage import Cover
from newscrawl.lines import to_line
from newscrawl.store import database, links, mend, placing
from newscrawl.store.addresses import Addresses
from newscrawl.store.articles import Articles, Capture, Kept
from newscrawl.store.columns import ColumnMemory, Validator
from newscrawl.store.coverage import CoverageTable
from newscrawl.store.folder import LINES, LOCKS
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.health import Health
from newscrawl.store.hosts import Hosts
from newscrawl.store.inserting import Inserting
from newscrawl.store.linefiles import LineFiles
from newscrawl.store.links import Link, Links, Terms, key_of
from newscrawl.store.locks import is_free
from newscrawl.store.looks import Looks
from newscrawl.store.placing import Placed
from newscrawl.store.runs import Runs
from newscrawl.store.sources import SourceMemory
from newscrawl.store.step import one_step
from newscrawl.store.walks import Walks

__all__ = [
    "Capture",
    "ColumnMemory",
    "Kept",
    "Link",
    "Placed",
    "SourceMemory",
    "Store",
    "Terms",
    "Validator",
]


class Store:
    """One data dir, open for one run."""

    def __init__(self, folder: Path, outputs: Sequence[str]) -> None:
        self.folder = folder
        self._jsonlines = "jsonlines" in outputs
        self._db = database.connect(folder)
        self._links = Links(self._db)
        bodies = "sqlite" in outputs
        self._articles = Articles(self._db, bodies=bodies)
        self._addresses = Addresses(self._links, self._articles)
        self._inserting = Inserting(self._db, folder / LINES, bodies=bodies)
        self._runs = Runs(self._db)
        self.coverage = CoverageTable(self._db)
        self.health = Health(self._db)
        self.hosts = Hosts(self._db)
        self.looks = Looks(self._db)
        self.forgotten = Forgotten(self._db)
        self.walks = Walks(self._db, self._links)
        self._lines: LineFiles | None = None

    # -- a run -----------------------------------------------------------------------------------

    def mend(self) -> list[Path]:
        """Put right what dead runs left behind: their files, and their rows in ``runs``."""
        published = mend.mend(self._db, self.folder / LINES)
        with database.transaction(self._db):
            for run in self._runs.running():
                if is_free(self.folder / LOCKS / str(run)):
                    self._runs.mark_killed(run)
        return published

    def begin_run(
        self,
        *,
        spider: str,
        started: datetime,
        mode: str,
        arguments: dict[str, Any],
        extractor: str,
        rotate: tuple[float, int],
    ) -> int:
        """Enter a run; ``rotate`` is seconds and lines after which a line file is published."""
        with database.transaction(self._db):
            run = self._runs.begin(spider, started, mode, arguments, extractor)
        if self._jsonlines:
            name = f"{spider}-{compact(started)}-{run}"
            self._lines = LineFiles(self._db, self.folder / LINES, name, run, rotate)
        return run

    def publish(self) -> list[Path]:
        """Give the last line file its name; gives all files that this run published."""
        if self._lines is None:
            return []
        self._lines.publish()
        return self._lines.published

    def end_run(
        self,
        run: int,
        moment: datetime,
        exit_code: int,
        verdict: str,
        summary: dict[str, Any],
        covers: Sequence[Cover],
    ) -> None:
        """Enter how a run ended, and what its records had."""
        with database.transaction(self._db):
            self._runs.end(run, moment, exit_code, verdict, summary)
            self.coverage.enter(run, covers)

    def update_search(self, *, most: int, seconds: float) -> int:
        """Enter what came into the search index, within bounds; gives what is left to enter."""
        from newscrawl.store import search  # it knows scripts: only the end of a run waits for it

        search.update(self._db, most=most, seconds=seconds)
        return search.due(self._db)

    def patient(self) -> AbstractContextManager[None]:
        """Steps within which to wait for a minute where another program holds the database."""
        return database.patient(self._db)

    def is_free(self) -> bool:
        """Whether no other program is writing to the database."""
        return database.is_free(self._db)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # -- links -----------------------------------------------------------------------------------

    def ask(self, key: bytes) -> bool:
        """Whether this run may ask for a link: once each."""
        return self._links.ask(key)

    def is_due(self, key: bytes, terms: Terms) -> bool:
        """Whether a link is unknown, or owed and due."""
        return self._links.is_due(key, terms)

    def due(self, columns: Sequence[int | None], terms: Terms) -> list[Link]:
        """Links owed and due in some columns (``None``: in no column)."""
        return self._links.due(columns, terms)

    def current(self, link: Link) -> Link:
        """The link to ask for in place of any that leads to the same record."""
        return self._addresses.current(link)

    def owe(self, link: Link) -> None:
        """Owe a link that no listing showed."""
        with database.transaction(self._db):
            self._links.owe(link)

    def validators(self, key: bytes) -> dict[str, str]:
        """Conditional headers for the address at which a known article is asked for; ``{}`` for
        others, whose page may be another one."""
        article = self._links.article_of(key)
        if article is None or key_of(self._addresses.address_of(article) or "") != key:
            return {}
        return self._articles.validators(article.hex())

    # -- articles --------------------------------------------------------------------------------

    def keep(self, capture: Capture) -> Kept:
        """Decide and store in one step; raises :class:`StorageFailed` with nothing changed."""
        with one_step(self._db, self._lines, self._inserting):
            if self._is_forgotten(capture):
                return Kept("left out", capture.article)
            return self._keep(capture, self._addresses.record_of(capture))

    def place(self, capture: Capture, is_followed: placing.Followed) -> Placed:
        """Store a capture of an archive where its time puts it, in one step as well.

        Of one article older captures come first; ``is_followed`` knows those that are to come.
        """
        with one_step(self._db, self._lines, self._inserting):
            if self._is_forgotten(capture):
                return Placed("left out")
            known_as = self._addresses.record_of(capture)
            row = self._articles.find(capture.article, known_as)
            place = placing.place(self._db, row, capture, is_followed)
            if row is None or place.what == placing.NEXT:
                kept = self._keep(capture, known_as)
                placed = Placed(kept.outcome, kept.cause if kept.is_version else "")
            else:
                placed = self._inserting.carry_out(place, row, capture, self._lines)
                self._settle(row["url_hash"], capture)
            if row is not None and (row["gone_at"] or "") > capture.article.fetched_at:
                self._articles.mark_gone(row["url_hash"], row["gone_at"])
            return placed

    def _keep(self, capture: Capture, known_as: bytes | None) -> Kept:
        kept = self._articles.decide(capture, known_as)
        if kept.is_version and self._lines is not None:
            version = (kept.article.url_hash, kept.article.version)
            self._inserting.note(version, self._lines.append(to_line(kept.article), *version))
        self._articles.write(kept, capture)
        if capture.is_summary:
            self._links.owe(capture.link)
        else:
            self._settle(kept.article.url_hash, capture)
        return kept

    def unchanged(self, key: bytes, moment: datetime) -> None:
        """A known article answered 304."""
        with database.transaction(self._db):
            article = self._links.article_of(key)
            if article is not None:
                self._articles.unchanged(article.hex(), iso(moment))
                self._links.settle(key, links.STORED, article)

    def fail(self, link: Link, reason: str, moment: datetime) -> bool:
        """An article could not be had: put it off. ``True`` when the address is gone.

        An article is gone only when no other address of it works.
        """
        with database.transaction(self._db):
            article = self._addresses.record_at([link.hash])
            gone = self._links.fail(link, reason, moment)
            if gone and article is not None:
                self._addresses.lose(link.hash, article, moment)
        return gone

    def reject(self, link: Link, reason: str, moment: datetime, extractor: str) -> bool:
        """A whole page gave no record; ``False`` when it was forgotten and must not be kept."""
        with database.transaction(self._db):
            self._links.reject(link, reason, moment, extractor)
            return not self.forgotten.has(link.hash)

    def leave_out(self, link: Link, moment: datetime) -> None:
        """A page that is not wanted, until it is listed again."""
        with database.transaction(self._db):
            self._links.leave_out(link, moment)

    def put_by(self, link: Link, moment: datetime) -> None:
        """An article outside the dates of this run."""
        with database.transaction(self._db):
            self._links.put_by(link, moment)

    def _is_forgotten(self, capture: Capture) -> bool:
        """A record whose address leads to a forgotten article now has been asked for as well."""
        if not self.forgotten.takes(capture):
            return False
        self._articles.note_asked(capture.asked.hex(), capture.article.fetched_at)
        return True

    def _settle(self, url_hash: str, capture: Capture) -> None:
        self._addresses.settle(url_hash, capture)
