"""What walks, feeds and sitemaps show: each page in one transaction with what follows from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from newscrawl.store import database
from newscrawl.store.columns import ColumnMemory, Columns, Validator
from newscrawl.store.links import Link, Links, Terms
from newscrawl.store.sources import SourceMemory, Sources


class Walks:
    """Enters what is shown: links that are owed, columns that show them, how far walks went."""

    def __init__(self, connection: sqlite3.Connection, links: Links) -> None:
        self._db = connection
        self._links = links
        self._columns = Columns(connection)
        self._sources = Sources(connection)

    def enter_column(self, edition: str, name: str, url: str, kind: str) -> ColumnMemory:
        """What is remembered of a column."""
        with database.transaction(self._db):
            return self._columns.enter(edition, name, url, kind)

    def floors(self, column: ColumnMemory, keys: Iterable[bytes]) -> dict[bytes, int]:
        """The floors of those links that an ended walk of this column has shown."""
        return self._columns.floors(column.id, keys)

    def record_listing(
        self,
        column: ColumnMemory,
        walk: int,
        terms: Terms,
        *,
        shown: Sequence[bytes],
        wanted: Sequence[Link],
        rows: int | None,
    ) -> None:
        """Record one listing page: what it shows joins the column, what is unknown is pending.

        ``rows`` is the number recognised on page 1, ``None`` on later pages.
        """
        with database.transaction(self._db):
            self._list(wanted, terms)
            self._columns.join(column.id, shown, walk)
            if rows is not None:
                self._columns.note_first_page(column.id, rows, terms.moment)

    def note_unchanged(self, column: ColumnMemory, moment: datetime) -> None:
        """A column's first page answered 304."""
        with database.transaction(self._db):
            self._columns.note_unchanged(column.id, moment)

    def note_end(self, column: ColumnMemory, url: str) -> None:
        """A walk took the listing to end at a page, and was not sure."""
        with database.transaction(self._db):
            self._columns.note_end(column.id, url)

    def note_column_gone(self, column: ColumnMemory, moment: datetime) -> None:
        """A column's first page answered 404 or 410."""
        with database.transaction(self._db):
            self._columns.note_gone(column.id, moment)

    def end_walk(
        self,
        column: ColumnMemory,
        moment: datetime,
        *,
        shown: Collection[bytes],
        floor: int,
        validator: Validator | None,
        reached_end: bool,
    ) -> None:
        """A walk has ended: ``shown`` are the keys of its rows, ``floor`` is how far it looked."""
        with database.transaction(self._db):
            self._columns.end_walk(
                column.id,
                moment,
                shown=shown,
                floor=floor,
                validator=validator,
                reached_end=reached_end,
            )

    def record_source(
        self,
        url: str,
        kind: str,
        edition: str,
        moment: datetime,
        *,
        links: Sequence[Link],
        terms: Terms,
        validator: Validator,
        lastmod: str | None = None,
        whole: bool = True,
    ) -> int:
        """Record a feed or sitemap: what it names and is unknown is owed; gives their number.

        One of which something was left out (not ``whole``) leaves no validator, so that the next
        run reads it again.
        """
        with database.transaction(self._db):
            unknown = self._list(links, terms)
            if whole:
                self._sources.enter(
                    url,
                    kind,
                    edition,
                    moment,
                    items=len(links),
                    validator=validator,
                    lastmod=lastmod,
                )
        return unknown

    def source(self, url: str) -> SourceMemory:
        """What is remembered of a feed or sitemap."""
        return self._sources.get(url)

    def _list(self, links: Sequence[Link], terms: Terms) -> int:
        """Links are listed: what is unknown is pending; returns their number."""
        unknown = 0
        for link in links:
            if self._links.owe(link):
                unknown += 1
            else:
                self._links.list_again(link, terms)
        return unknown
