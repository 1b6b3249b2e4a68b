"""Captures in the order of their times, as the store takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.index import Known
from newscrawl.extracting.revisits import NO_BODY, Revisits
from newscrawl.items import Article
from newscrawl.store import Capture


def dated(gathered: Gathered, rules: str) -> Iterator[Capture]:
    """All captures with a record, oldest first, whichever archive they lie in.

    ``rules``: version of the rules that read them. Revisits stand for what they refer to; those
    that refer to nothing are counted once, however often this is called.
    """
    gathered.left_out.pop(NO_BODY, None)
    with closing(Revisits(gathered)) as revisits:
        for known in gathered.index.by_time():
            if not known.seen.is_revisit:
                yield _capture(gathered, known, rules)
                continue
            found = revisits.resolve(known)
            if isinstance(found, Known):
                yield _capture(gathered, found, rules)
            elif found is None:
                gathered.left_out[NO_BODY] += 1


def _capture(gathered: Gathered, known: Known, rules: str) -> Capture:
    """With every address that led there, redirects in any of the archives among them."""
    seen = known.seen
    addresses = dict.fromkeys([*seen.aliases, *gathered.index.leading_to(seen.url)])
    return Capture(
        article=Article(**gathered.record(known)),
        asked=_key(gathered, seen.url),
        url_asked=seen.url,
        aliases=tuple(_key(gathered, url) for url in addresses),
        etag=seen.etag,
        last_modified=seen.last_modified,
        extractor=rules,
    )


def _key(gathered: Gathered, url: str) -> bytes:
    return bytes.fromhex(gathered.site.url_hash(url))
