"""Addresses of articles: which record each led to, and that all of them lead there from now on."""

from __future__ import annotations

from collections.abc import Sequence

from newscrawl.store import links
from newscrawl.store.articles import Articles, Capture
from newscrawl.store.links import Link, Links


class Addresses:
    """Links and articles together."""

    def __init__(self, known: Links, articles: Articles) -> None:
        self._links = known
        self._articles = articles

    def own(self, link: Link) -> Link:
        """The link by which the record of an address is known: its own URL in place of an alias."""
        article = self._links.article_of(link.hash)
        if article is None or article == link.hash:
            return link
        url = self._articles.url_of(article.hex())
        return link if url is None else Link(article, url, link.column)

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
                self._links.settle(key, links.STORED, record)
            elif key == capture.asked:
                # The address of another stored record stays that record's; it has been asked for.
                self._links.settle(key, links.STORED, key)
                self._articles.note_asked(key.hex(), capture.article.fetched_at)
