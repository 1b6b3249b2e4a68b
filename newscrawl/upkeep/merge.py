"""Folding other stores into one: what each brings, in one transaction a store.

A source is merged whole or not at all: a death in between leaves this store as it was, and what was
written beside its files is dropped or finished by the next start. ``docs/memory.md`` tells what is
decided where two stores know different things.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from newscrawl.clock import iso, now
from newscrawl.store.database import checkpoint, patient, transaction
from newscrawl.store.folder import LINES
from newscrawl.store.links import FORGOTTEN
from newscrawl.upkeep.forget import clean_up
from newscrawl.upkeep.merging.articles import ArticleCounts, ArticleFold
from newscrawl.upkeep.merging.columns import ColumnFold
from newscrawl.upkeep.merging.files import MergeFiles
from newscrawl.upkeep.merging.forgotten import merge_forgotten
from newscrawl.upkeep.merging.links import LinkFold
from newscrawl.upkeep.merging.runs import RunFold, merge_hosts, merge_sources
from newscrawl.upkeep.merging.source import Source, Unreadable

#: Passes over one source at most: further ones are for articles that are one here, several there.
_PASSES = 100


@dataclass
class Merged:
    """What one source brought, or would bring."""

    articles: ArticleCounts = field(default_factory=ArticleCounts)
    links: int = 0
    """Links that came in or were settled."""
    removed: int = 0
    """Articles here that had been forgotten there."""
    runs: int = 0
    problem: str | None = None
    """Why the source could not be read whole."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the source was read."""
        return self.problem is None and not self.articles.unreadable

    def add(self, other: Merged) -> None:
        """Add what a further pass brought; it has met what is known once more."""
        for name in ("new", "versions", "renewed"):
            sum_of_both = getattr(self.articles, name) + getattr(other.articles, name)
            setattr(self.articles, name, sum_of_both)
        self.articles.postponed = other.articles.postponed
        self.links += other.links


@dataclass(frozen=True)
class Outputs:
    """What is written for what comes in."""

    bodies: bool
    """Whether the database keeps texts."""
    lines: bool
    """Whether line files are written."""
    lines_of_a_file: int


class _Undone(Exception):
    """A dry run ends without a trace."""


def merge(
    connection: sqlite3.Connection,
    folder: Path,
    source: Source,
    outputs: Outputs,
    *,
    dry_run: bool = False,
) -> Merged:
    """Fold a source into the store of ``folder``, which nobody else may be writing to."""
    merged = _pass(connection, folder, source, outputs, dry_run=dry_run)
    passes = 1
    while merged.articles.postponed and not dry_run and passes < _PASSES:
        merged.add(_pass(connection, folder, source, outputs, dry_run=False))
        passes += 1
    if not dry_run:
        if next(source.rows("links", "hash", where=f"state = {FORGOTTEN}"), None) is not None:
            clean_up(connection, folder)
        checkpoint(connection)
    return merged


def writes_lines(connection: sqlite3.Connection, outputs: Iterable[str]) -> bool:
    """Whether versions that come in get lines: also where line files were written once, since a
    version without one would look lost."""
    has_files = connection.execute("SELECT 1 FROM line_files LIMIT 1").fetchone() is not None
    return "jsonlines" in outputs or has_files


def _pass(
    connection: sqlite3.Connection,
    folder: Path,
    source: Source,
    outputs: Outputs,
    *,
    dry_run: bool,
) -> Merged:
    files = None
    if outputs.lines and not dry_run:
        files = MergeFiles(connection, folder / LINES, now(), outputs.lines_of_a_file)
    try:
        with patient(connection), transaction(connection):
            merged = _Pass(connection, source, outputs, files).run()
            if files is not None:
                files.rewrite()
            if dry_run:
                raise _Undone
    except _Undone:
        return merged
    except BaseException:
        if files is not None:
            files.discard()
        raise
    if files is not None:
        files.settled()
    return merged


class _Pass:
    """One pass over a source, in one transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        source: Source,
        outputs: Outputs,
        files: MergeFiles | None,
    ) -> None:
        self._db = connection
        self._source = source
        self._runs = RunFold(connection)
        self._columns = ColumnFold(connection, source, self._runs)
        self._links = LinkFold(connection, self._columns.map)
        self._articles = ArticleFold(
            connection, source, files, bodies=outputs.bodies, updated_at=iso(now())
        )
        self._merged = Merged(articles=self._articles.counts)

    def run(self) -> Merged:
        """Everything that others refer to comes first. Columns and feeds come last: that they were
        walked and read counts only when all that they showed has come over."""
        for step in (
            self._take_forgotten,
            self._take_runs,
            self._columns.enter,
            self._take_articles,
            self._take_links,
            lambda: merge_hosts(self._db, self._source),
        ):
            self._as_far_as_it_goes(step)
        self._as_far_as_it_goes(lambda: self._columns.take_memories(whole=self._merged.is_whole))
        if self._merged.is_whole:
            self._as_far_as_it_goes(lambda: merge_sources(self._db, self._source))
        self._merged.runs = self._runs.new
        return self._merged

    def _as_far_as_it_goes(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Unreadable as error:
            self._merged.problem = self._merged.problem or str(error)

    def _take_forgotten(self) -> None:
        self._merged.removed = merge_forgotten(self._db, self._source).articles

    def _take_runs(self) -> None:
        for row in self._source.rows("runs", "id"):
            self._runs.take(row)
        for row in self._source.rows("coverage", "run", "edition", "place", "field"):
            self._runs.take_coverage(row)

    def _take_articles(self) -> None:
        for key, held in self._source.articles():
            self._articles.take(key, held)

    def _take_links(self) -> None:
        self._merged.links = self._articles.settled
        for row in self._source.rows("links", "hash"):
            self._merged.links += self._links.take(row)
