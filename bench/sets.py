"""Three ways to know which links were seen: the store, Scrapy's own filter, and a plain set.

Each is filled in one process and opened in another. A link is told by its number; its address, and
what is made of that, is part of what is measured, as it is in a crawl.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha1, sha256
from pathlib import Path
from typing import Protocol

from newscrawl.store import database
from newscrawl.store.links import STORED, Link, Links

#: Links that are filled in exactly as a crawl does; the rest goes in sorted heaps.
_AS_A_CRAWL = 10_000
_HEAP = 500_000
#: The last links of Scrapy's filter that can be looked up; the others are digests of equal length.
FINDABLE = 10_000
_COLUMN = 3


class KnownSet(Protocol):
    """What is measured. Opening is making one."""

    def add(self, numbers: Sequence[int]) -> int:
        """Check and insert links, all or none; gives how many were unknown."""

    def has(self, keys: Sequence[bytes]) -> int:
        """Look single links up by key; gives how many are known."""

    def key(self, number: int) -> bytes:
        """Key of a link in this set."""

    def close(self) -> None:
        """End, and bring everything to the disk."""


def address(number: int) -> str:
    """Canonical URL of a link, of the usual length."""
    return f"https://www.rfi.fr/en/podcasts/harbour-talk/20240610-story-{number}-that-45-families-built"


def hash_of(number: int) -> bytes:
    """Key of a link in the store."""
    return sha256(address(number).encode()).digest()[:16]


class StoreSet:
    """``links`` of the project's store: on the disk with every commit."""

    name = "newscrawl store"

    def __init__(self, folder: Path) -> None:
        self._db = database.connect(folder)
        self._links = Links(self._db)
        self.has(())

    @staticmethod
    def fill(folder: Path, size: int) -> None:
        """Links that are stored and owe nothing."""
        known = StoreSet(folder)
        first = min(size, _AS_A_CRAWL)
        for begin in range(0, first, 20):
            numbers = range(begin, min(begin + 20, first))
            known.add(numbers)
            with database.transaction(known._db):
                known.settle(numbers)
        for begin in range(first, size, _HEAP):
            _fill_heap(known._db, range(begin, min(begin + _HEAP, size)))
        known.close()

    def add(self, numbers: Sequence[int]) -> int:
        """As :meth:`newscrawl.store.walks.Walks.record_listing` does."""
        links = [Link(hash_of(number), address(number), _COLUMN) for number in numbers]
        with database.transaction(self._db):
            return sum(self._links.owe(link) for link in links)

    def has(self, keys: Sequence[bytes]) -> int:
        """A query each."""
        return sum(self._links.article_of(key) is not None for key in keys)

    def settle(self, numbers: Sequence[int]) -> None:
        """End the debt of some links; expects an open transaction."""
        for number in numbers:
            self._links.settle(hash_of(number), STORED)

    def settle_each(self, numbers: Sequence[int]) -> int:
        """The same, each in a transaction of its own, as articles come; gives how many."""
        for number in numbers:
            with database.transaction(self._db):
                self.settle((number,))
        return len(numbers)

    def key(self, number: int) -> bytes:
        """The first 16 bytes of SHA-256 of the address."""
        return hash_of(number)

    def close(self) -> None:
        """The write-ahead log goes into the database."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()


class FilterSet:
    """``RFPDupeFilter`` of Scrapy with ``JOBDIR``: on the disk when its buffer is full."""

    name = "Scrapy's RFPDupeFilter, JOBDIR"

    def __init__(self, folder: Path) -> None:
        from scrapy import Request
        from scrapy.dupefilters import RFPDupeFilter

        self._request = Request
        self._filter = RFPDupeFilter(str(folder))

    @staticmethod
    def fill(folder: Path, size: int) -> None:
        """Write its file: real fingerprints at the end, digests of the same length before them."""
        first = max(0, size - FINDABLE)
        with (folder / "requests.seen").open("wb") as seen:
            for number in range(first):
                seen.write(b"\x00\x14" + sha1(str(number).encode()).digest())
        known = FilterSet(folder)
        known.add(range(first, size))
        known.close()

    def add(self, numbers: Sequence[int]) -> int:
        """As Scrapy's scheduler asks."""
        requests = [self._request(address(number)) for number in numbers]
        return sum(not self._filter.request_seen(request) for request in requests)

    def has(self, keys: Sequence[bytes]) -> int:
        """In memory."""
        return sum(key in self._filter._fingerprints for key in keys)

    def key(self, number: int) -> bytes:
        """Scrapy's fingerprint of a request."""
        return self._filter._fingerprint(self._request(address(number)))

    def close(self) -> None:
        """Empty the buffer."""
        self._filter.close("finished")


class PlainSet:
    """A Python set of the store's hashes, read from a plain file; never written back."""

    name = "Python set"

    def __init__(self, folder: Path) -> None:
        data = (folder / "hashes").read_bytes()
        self._known = {data[begin : begin + 16] for begin in range(0, len(data), 16)}

    @staticmethod
    def fill(folder: Path, size: int) -> None:
        """Sixteen bytes a link."""
        with (folder / "hashes").open("wb") as file:
            for number in range(size):
                file.write(hash_of(number))

    def add(self, numbers: Sequence[int]) -> int:
        """In memory alone."""
        before = len(self._known)
        self._known.update(hash_of(number) for number in numbers)
        return len(self._known) - before

    def has(self, keys: Sequence[bytes]) -> int:
        """In memory."""
        return sum(key in self._known for key in keys)

    def key(self, number: int) -> bytes:
        """As in the store."""
        return hash_of(number)

    def close(self) -> None:
        """Nothing is kept."""


SETS: dict[str, type[StoreSet] | type[FilterSet] | type[PlainSet]] = {
    "store": StoreSet,
    "filter": FilterSet,
    "set": PlainSet,
}


def _fill_heap(connection: sqlite3.Connection, numbers: range) -> None:
    """What a crawl of these links leaves, written at once."""
    connection.execute("PRAGMA synchronous = OFF")
    with database.transaction(connection):
        connection.executemany(
            'INSERT INTO links (hash, state, "column") VALUES (?, ?, ?)', _settled(numbers)
        )


def _settled(numbers: range) -> Iterator[tuple[bytes, int, int]]:
    return ((key, STORED, _COLUMN) for key in sorted(map(hash_of, numbers)))
