"""Articles of a source: which record here each of them is, and what it brings."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from newscrawl.clock import now
from newscrawl.store import links
from newscrawl.store.forgotten import Forgotten
from newscrawl.store.links import Link, Links
from newscrawl.store.timeline import Place, Seen, line_up
from newscrawl.upkeep.merging.files import MergeFiles
from newscrawl.upkeep.merging.held import Held, Version, held
from newscrawl.upkeep.merging.source import Source
from newscrawl.upkeep.merging.writing import Result, enter_state, write


@dataclass
class ArticleCounts:
    """What the articles of a source brought."""

    new: int = 0
    versions: int = 0
    """Versions that came in, those of new articles included."""
    renewed: int = 0
    """Articles of which a newer capture of a known story came in."""
    known: int = 0
    """Articles that brought nothing."""
    forgotten: int = 0
    """Articles that were forgotten here, and stay away."""
    unreadable: int = 0
    """Versions whose text is nowhere, or that are damaged."""
    postponed: int = 0
    """Articles whose record here has changed already: they need another pass."""


class ArticleFold:
    """Takes articles one by one; expects an open transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        source: Source,
        files: MergeFiles | None,
        *,
        bodies: bool,
        updated_at: str,
    ) -> None:
        """``files`` is ``None`` where no lines are written."""
        self._db = connection
        self._source = source
        self._files = files
        self._bodies = bodies
        self._updated_at = updated_at
        self._links = Links(connection)
        self._forgotten = Forgotten(connection)
        self.counts = ArticleCounts()
        self.settled = 0
        """Links that came in or were settled with their articles."""
        # Addresses of articles there that are known by another address here; what has changed.
        for table in ("merged_as", "changed"):
            self._db.execute(f"DROP TABLE IF EXISTS temp.{table}")
        self._db.execute(
            "CREATE TEMP TABLE merged_as (hash BLOB PRIMARY KEY, record BLOB) WITHOUT ROWID"
        )
        self._db.execute("CREATE TEMP TABLE changed (record BLOB PRIMARY KEY) WITHOUT ROWID")

    def take(self, key: bytes, theirs: Held | None) -> None:
        """Fold one article in; ``None`` for one that could not be read."""
        if theirs is None:
            self.counts.unreadable += 1
            return
        addresses = [key, *self._source.addresses(key)]
        if self._is_forgotten(addresses, theirs):
            self.counts.forgotten += 1
            return
        record = self._record_of(addresses, theirs)
        ours = held(self._db, (record or key).hex())
        if theirs.current is None and ours.current is None:
            return  # old versions of an article that is owed again
        self._fold(key, record or key, ours, theirs, is_new=record is None)

    def _fold(self, key: bytes, record: bytes, ours: Held, theirs: Held, *, is_new: bool) -> None:
        places = self._lined_up(ours, theirs)
        brings = any(place.there is not None for place in places)
        if brings and not self._note_changed(record):
            self.counts.postponed += 1
            return
        if key != record:
            self._db.execute("REPLACE INTO merged_as VALUES (?, ?)", (key, record))
        if brings:
            result = Result.of(
                record, ours, theirs, places, bodies=self._bodies, updated_at=self._updated_at
            )
            write(self._db, result, self._files, bodies=self._bodies)
            last = result.versions[-1]
            self._count(places, is_new=is_new)
        elif is_new:
            self._owe(key, theirs)
            return
        else:
            last = ours.versions[-1]
            self.counts.known += 1
        enter_state(self._db, record, ours, theirs, last)
        self._settle(record)

    def _lined_up(self, ours: Held, theirs: Held) -> list[Place]:
        """The versions in their order; those that come in have their texts."""
        while True:
            places = line_up(_seen(ours), _seen(theirs))
            lost = [
                place.there
                for place in places
                if place.there is not None and not self._has_text(place, ours, theirs)
            ]
            if not lost:
                return places
            self.counts.unreadable += len(lost)
            theirs.versions = [v for i, v in enumerate(theirs.versions) if i not in lost]

    def _has_text(self, place: Place, ours: Held, theirs: Held) -> bool:
        """Whether a version is whole; its text is taken from where it is."""
        assert place.there is not None
        version = theirs.versions[place.there]
        if not version.is_bare:
            return True
        whole: dict[str, Any] | None
        if place.here is not None:
            whole = ours.versions[place.here].record  # the same story
        else:
            record = version.record
            whole = self._source.line(record["url_hash"], record["version"])
            if whole is None or whole["content_hash"] != record["content_hash"]:
                return False
        version.record |= {name: whole.get(name) for name in ("text", "html")}
        return True

    def _is_forgotten(self, addresses: list[bytes], theirs: Held) -> bool:
        """Whether an article was forgotten here; all its addresses are then.

        One that stands here was not: an address of it that was forgotten led to another one.
        """
        if self._has(addresses[0]):
            return False
        by_address = any(map(self._forgotten.has, addresses))
        if not by_address and not any(
            self._forgotten.has_record(v.record["url_hash"], v.record["content_id"])
            for v in theirs.versions
        ):
            return False
        new = [
            address
            for address in addresses
            if not self._forgotten.has(address)
            and not self._has(self._links.article_of(address) or address)
        ]
        self._forgotten.enter(new, (), now())
        return True

    def _record_of(self, addresses: list[bytes], theirs: Held) -> bytes | None:
        """The record here that is the same article: by its address, its id, or another address."""
        if self._has(addresses[0]):
            return addresses[0]
        content_id = theirs.versions[-1].record["content_id"]
        if content_id is not None:
            row = self._db.execute(
                "SELECT url_hash FROM articles WHERE content_id = ?", (content_id,)
            ).fetchone()
            if row is not None:
                return bytes.fromhex(row["url_hash"])
        for address in addresses:
            known = self._links.article_of(address) or address
            row = self._db.execute(
                "SELECT content_id FROM articles WHERE url_hash = ?", (known.hex(),)
            ).fetchone()
            if row is not None and None in (content_id, row["content_id"]):
                return known  # else the address leads to another article now
        return None

    def _has(self, key: bytes) -> bool:
        found = self._db.execute("SELECT 1 FROM articles WHERE url_hash = ?", (key.hex(),))
        return found.fetchone() is not None

    def _note_changed(self, record: bytes) -> bool:
        """``False`` when this pass has changed a record already: its lines are written."""
        cursor = self._db.execute("INSERT OR IGNORE INTO changed VALUES (?)", (record,))
        return cursor.rowcount == 1

    def _count(self, places: list[Place], *, is_new: bool) -> None:
        versions = sum(place.here is None for place in places)
        self.counts.new += is_new
        self.counts.versions += versions
        self.counts.renewed += not versions

    def _settle(self, record: bytes) -> None:
        """The article is known by its own address; a summary still owes its page."""
        row = self._db.execute(
            "SELECT url, body_status, gone_at FROM articles WHERE url_hash = ?", (record.hex(),)
        ).fetchone()
        if row["body_status"] == "summary":
            self.settled += self._links.owe(Link(record, row["url"], None, "feed"))
            return
        state = links.GONE if row["gone_at"] else links.STORED
        link = self._db.execute("SELECT state FROM links WHERE hash = ?", (record,)).fetchone()
        if link is None or link["state"] != state:
            self._links.settle(record, state, record)
            self.settled += 1

    def _owe(self, key: bytes, theirs: Held) -> None:
        """No version of an article is whole: the next crawl asks for it."""
        url = None if theirs.current is None else theirs.current["url"]
        if url is not None:
            self._links.owe(Link(key, url, None, "url"))


def _seen(one: Held) -> list[Seen]:
    return [_as_seen(version) for version in one.versions]


def _as_seen(version: Version) -> Seen:
    record = version.record
    return Seen(record["content_hash"], record["fetched_at"], version.is_summary)
