"""Captures in the order of their times, as the store takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.index import Known
from newscrawl.extracting.revisits import NO_BODY, Revisits
from newscrawl.items import Article
from newscrawl.store import Capture


class Dated:
    """All captures with a record, oldest first, whichever archive they lie in."""

    def __init__(self, gathered: Gathered, rules: str) -> None:
        """``rules``: version of the rules that read them. Revisits stand for what they refer to;
        those that refer to nothing are counted."""
        self._gathered = gathered
        self._rules = rules
        with closing(Revisits(gathered)) as revisits:
            for revisit in list(gathered.index.revisits()):
                found = revisits.resolve(revisit)
                if isinstance(found, Known):
                    gathered.index.resolve(found)
                else:
                    gathered.left_out[found or NO_BODY] += 1

    def __iter__(self) -> Iterator[Capture]:
        for known in self._gathered.index.by_time():
            yield _capture(self._gathered, known, self._rules)

    def is_followed(self, capture: Capture, before: str) -> bool:
        """Whether another story of the article comes behind a capture, and before some time."""
        article = capture.article
        return self._gathered.index.is_followed(
            article.url_hash, article.content_hash, article.fetched_at, before
        )


def _capture(gathered: Gathered, known: Known, rules: str) -> Capture:
    """With every address that led there, redirects in any of the archives among them."""
    seen = known.seen
    addresses = dict.fromkeys([*seen.aliases, *gathered.index.leading_to(seen.url)])
    return Capture(
        article=Article(**gathered.record(known)),
        asked=_key(gathered, seen.url),
        url_asked=seen.url,
        address=seen.url,
        aliases=tuple(_key(gathered, url) for url in addresses),
        etag=seen.etag,
        last_modified=seen.last_modified,
        extractor=rules,
    )


def _key(gathered: Gathered, url: str) -> bytes:
    return bytes.fromhex(gathered.site.url_hash(url))
