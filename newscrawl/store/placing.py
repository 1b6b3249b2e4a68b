"""Where a capture belongs among the versions of its article: versions follow the time of capture.

A live crawl only ever meets the newest; an archive brings what is older than what is stored, and
the very captures that stored versions were made of. ``docs/memory.md`` tells the rules.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newscrawl.store.articles import Capture

#: What a capture is: newer than all (as the crawl meets it) · nothing new · the capture that a
#: version was made of, read by other rules · a version before the next one · seen between two times
#: at which the current story was.
NEXT, KNOWN, REMADE, EARLIER, BETWEEN = "next", "known", "remade", "earlier", "between"


@dataclass(frozen=True)
class Version:
    """What placing needs of a stored version."""

    number: int
    at: str
    story: str
    extractor: str | None
    is_current: bool
    seen_last: str
    """When the site was last known to show it: of an old version, when it was captured."""


@dataclass(frozen=True)
class Place:
    """What a capture is, and the number of the version that it is about (0: none)."""

    what: str
    number: int = 0
    cause: str = ""
    seen_last: str = ""
    """When the site was last known to show the current version."""


@dataclass(frozen=True)
class Placed:
    """What became of a capture: ``outcome`` as that of a crawl, and how it came about."""

    outcome: str
    cause: str = ""
    what: str = NEXT
    fields: tuple[str, ...] = ()
    """Of a version made anew: the fields that changed."""


#: Tells whether another story of its article, captured later and before some time, is to come.
Followed = Callable[[Capture, str], bool]


def place(
    connection: sqlite3.Connection,
    row: sqlite3.Row | None,
    capture: Capture,
    is_followed: Followed,
) -> Place:
    """Place a capture; ``row``: the stored article that it is of."""
    if row is None:
        return Place(NEXT)
    versions = versions_of(connection, row)
    return place_of(capture, row["body_status"], versions, is_followed)


def versions_of(connection: sqlite3.Connection, row: sqlite3.Row) -> list[Version]:
    """Whole versions of a stored article, oldest first. What a feed gave has no place in time."""
    rows = connection.execute(
        "SELECT version, fetched_at, content_hash, extractor FROM article_versions"
        " WHERE url_hash = ? AND body_status != 'summary' ORDER BY version",
        (row["url_hash"],),
    )
    found = [
        Version(number, at, story, extractor, is_current=False, seen_last=at)
        for number, at, story, extractor in rows
    ]
    if row["body_status"] == "summary":
        return found
    state = connection.execute(
        "SELECT extractor, checked_at FROM article_state WHERE url_hash = ?", (row["url_hash"],)
    ).fetchone()
    extractor, checked = (None, None) if state is None else tuple(state)
    last = max(row["fetched_at"], checked or "")
    return [
        *found,
        Version(
            row["version"],
            row["fetched_at"],
            row["content_hash"],
            extractor,
            is_current=True,
            seen_last=last,
        ),
    ]


def place_of(
    capture: Capture, body_status: str, versions: Sequence[Version], is_followed: Followed
) -> Place:
    """Place a capture among the versions of its article; ``body_status`` is the current one's."""
    if body_status == "summary" or not versions:
        return Place(NEXT)
    at, story = capture.article.fetched_at, capture.article.content_hash
    same = [version for version in versions if at in (version.at, version.seen_last)]
    if same:
        # Two addresses of an article may have been captured in one second.
        made = next((version for version in same if version.story == story), same[-1])
        if made.extractor != capture.extractor:
            return Place(REMADE, made.number)
        if made.story == story and not (made.is_current and at == made.seen_last > made.at):
            return Place(KNOWN)
    current = versions[-1]
    if at >= current.seen_last:
        return Place(NEXT)
    return _among(capture, versions, is_followed)


def _among(capture: Capture, versions: Sequence[Version], is_followed: Followed) -> Place:
    """Place a capture that is older than the last one."""
    at, story = capture.article.fetched_at, capture.article.content_hash
    cut = max((i for i, version in enumerate(versions, 1) if version.at <= at), default=0)
    before, behind = versions[:cut], versions[cut:]
    beside = (*before[-1:], *behind[:1])
    if before and before[-1].story == story:
        return Place(KNOWN)
    if behind and behind[0].story == story and not is_followed(capture, behind[0].at):
        return Place(KNOWN)
    same_rules = all(version.extractor in (None, capture.extractor) for version in beside)
    if not behind:
        # The current story was there before and after. Read by other rules it may be the same.
        last = before[-1]
        return Place(BETWEEN, last.number, "story", last.seen_last) if same_rules else Place(KNOWN)
    if not before:
        return Place(EARLIER, behind[0].number, "full")
    return Place(EARLIER, behind[0].number, "story" if same_rules else "rules")
