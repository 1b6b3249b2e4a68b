"""Addresses of articles: which record each led to, and that all of them lead there from now on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newscrawl.clock import iso
from newscrawl.store import links
from newscrawl.store.articles import Articles, Capture
from newscrawl.store.links import Link, Links, key_of


class Addresses:
    """Links and articles together."""

    def __init__(self, known: Links, articles: Articles) -> None:
        self._links = known
        self._articles = articles

    def current(self, link: Link) -> Link:
        """The link to ask for in place of any that leads to the same record."""
        record = self._links.article_of(link.hash)
        url = None if record is None else self.address_of(record)
        return link if url is None else Link(key_of(url), url, link.column)

    def address_of(self, record: bytes) -> str | None:
        """Where to ask for a record: the address that gave it last, its own if that is missing."""
        other = self._articles.other_of(record.hex())
        if other is not None and not self._links.is_missing(key_of(other)):
            return other
        return self._articles.url_of(record.hex())

    def lose(self, key: bytes, record: bytes, moment: datetime) -> None:
        """An address of a record is gone; the record is too, unless another address of it works.

        Expects an open transaction.
        """
        other = self._articles.other_of(record.hex())
        if other is not None and key == key_of(other):
            self._articles.forget_other(record.hex())
            other = None
        if other is None and self._links.is_missing(record):
            self._articles.mark_gone(record.hex(), iso(moment))

    def record_of(self, capture: Capture) -> bytes | None:
        """The record that an address of a capture led to before."""
        return self.record_at([capture.asked, *capture.aliases])

    def record_at(self, keys: Sequence[bytes]) -> bytes | None:
        """The record that the first of some addresses led to."""
        for key in keys:
            article = self._links.article_of(key)
            if article is not None:
                return article
        # A feed's record stands under an address that is still owed.
        return next((key for key in keys if self._articles.url_of(key.hex())), None)

    def settle(self, url_hash: str, capture: Capture) -> None:
        """All addresses of a capture lead to a record; expects an open transaction."""
        record = bytes.fromhex(url_hash)
        own = bytes.fromhex(capture.article.url_hash)
        for key in {record, own, capture.asked, *capture.aliases}:
            if key == record or self._articles.url_of(key.hex()) is None:
                if key == capture.asked:
                    self._links.settle(key, links.STORED, record)
                else:
                    self._links.lead(key, record)
            elif key == capture.asked:
                # The address of another stored record stays that record's; it has been asked for.
                self._links.settle(key, links.STORED, key)
                self._articles.note_asked(key.hex(), capture.article.fetched_at)
