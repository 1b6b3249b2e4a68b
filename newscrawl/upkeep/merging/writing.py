"""Writing an article that has changed: its versions in their order, its state, its lines."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from newscrawl.items import Article
from newscrawl.store import records
from newscrawl.store.timeline import Place
from newscrawl.upkeep.merging.files import MergeFiles
from newscrawl.upkeep.merging.held import Held, Version


@dataclass
class Result:
    """One article as it will be."""

    record: bytes
    versions: list[Version]
    """In their order, each with its number."""
    places: Sequence[Place]
    numbers: list[int]
    """Numbers that the versions which stood here had."""
    updated_at: str

    @classmethod
    def of(
        cls,
        record: bytes,
        ours: Held,
        theirs: Held,
        places: Sequence[Place],
        *,
        bodies: bool,
        updated_at: str,
    ) -> Result:
        """Put the versions of both in their order; ``bodies``: whether texts are kept here."""
        first = ours.versions[-1] if ours.versions else theirs.versions[-1]
        own = {"url": first.record["url"], "url_hash": record.hex()}
        versions: list[Version] = []
        for number, place in enumerate(places, start=1):
            version = _version(place, ours, theirs, bodies=bodies)
            before = versions[-1] if versions else None
            versions.append(
                replace(
                    version,
                    record=version.record | own | {"version": number},
                    cause=_cause(version, before),
                )
            )
        for version, after in pairwise(versions):
            version.replaced_at = version.replaced_at or after.record["fetched_at"]
        numbers = [version.record["version"] for version in ours.versions]
        return cls(record, versions, places, numbers, updated_at)


def write(
    connection: sqlite3.Connection, result: Result, files: MergeFiles | None, *, bodies: bool
) -> None:
    """Write an article anew; ``bodies`` tells whether the database keeps texts that come in."""
    key = result.record.hex()
    connection.execute("DELETE FROM article_versions WHERE url_hash = ?", (key,))
    for version, place in zip(result.versions, result.places, strict=True):
        keep = bodies or place.here is not None  # what stands here keeps its text
        article = Article(**version.record)
        if version is result.versions[-1]:
            records.replace(connection, article, bodies=keep, updated_at=result.updated_at)
        else:
            records.insert_version(
                connection,
                article,
                bodies=keep,
                replaced_at=version.replaced_at or "",
                cause=version.cause,
                extractor=version.extractor,
            )
    if files is not None:
        _write_lines(result, files)


def enter_state(
    connection: sqlite3.Connection, record: bytes, ours: Held, theirs: Held, last: Version
) -> None:
    """Enter what is kept beside an article, whose last version is given."""
    connection.execute(
        "REPLACE INTO article_state"
        " (url_hash, cause, extractor, etag, last_modified, checked_at, url)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            record.hex(),
            last.cause,
            *_validators(ours, theirs, last),
            _checked_at(ours, theirs),
            _address(ours, theirs, last),
        ),
    )
    gone_at = _gone_at(ours, theirs)
    connection.execute(
        "UPDATE articles SET gone_at = ? WHERE url_hash = ? AND gone_at IS NOT ?",
        (gone_at, record.hex(), gone_at),
    )


def _gone_at(ours: Held, theirs: Held) -> str | None:
    """Gone is what the last answer said: a page that was seen later than it was missed is there."""
    rows = [one.current for one in (ours, theirs) if one.current is not None]
    gone_at = min((row["gone_at"] for row in rows if row["gone_at"]), default=None)
    is_there = gone_at is not None and max(ours.seen_at, theirs.seen_at) > gone_at
    return None if is_there else gone_at


def _checked_at(ours: Held, theirs: Held) -> str | None:
    rows = [one.current for one in (ours, theirs) if one.current is not None]
    return max((row["checked_at"] for row in rows if row["checked_at"]), default=None)


def _validators(ours: Held, theirs: Held, last: Version) -> tuple[str | None, ...]:
    """Rules and validators of the side that has the last version too."""
    side = _answered(ours, theirs, last)
    if side is None or side.current is None:
        return last.extractor, None, None
    return side.current["extractor"], side.current["etag"], side.current["last_modified"]


def _address(ours: Held, theirs: Held, last: Version) -> str | None:
    """Where that side was answered, if not at the record's own URL."""
    side = _answered(ours, theirs, last)
    if side is None or side.current is None:
        return None
    address: str = side.other or side.current["url"]
    return None if address == last.record["url"] else address


def _answered(ours: Held, theirs: Held, last: Version) -> Held | None:
    """The side that has the last version too; of both, who asked last.

    What another version was answered with says nothing of this one.
    """
    sides = [
        one
        for one in (theirs, ours)
        if one.current is not None
        and one.current["content_hash"] == last.record["content_hash"]
        and one.current["body_status"] == last.record["body_status"]
    ]
    return max(sides, key=_asked_at, default=None)


def _asked_at(side: Held) -> str:
    return str(side.current["checked_at"] or "") if side.current is not None else ""


def _version(place: Place, ours: Held, theirs: Held, *, bodies: bool) -> Version:
    """What stands in a place: the newer capture, with what is known of why the story came."""
    if place.there is None:
        assert place.here is not None
        return ours.versions[place.here]
    newer = theirs.versions[place.there]
    if place.here is None:
        return newer
    standing = ours.versions[place.here]
    text = {} if bodies else {name: standing.record[name] for name in ("text", "html")}
    return replace(standing, record=newer.record | text, extractor=newer.extractor)


def _cause(version: Version, before: Version | None) -> str | None:
    """Why a version is one of its own, after the one that stands before it now."""
    if before is None:
        return None if version.is_summary else "full"
    if before.is_summary:
        return None if version.is_summary else "full"
    if version.cause in ("story", "rules"):
        return version.cause
    same_rules = None in (before.extractor, version.extractor) or (
        before.extractor == version.extractor
    )
    return "story" if same_rules else "rules"


def _write_lines(result: Result, files: MergeFiles) -> None:
    key = result.record.hex()
    standing = set()
    for version, place in zip(result.versions, result.places, strict=True):
        number = version.record["version"]
        if place.here is None:
            files.append(version.record)
            continue
        standing.add(place.here)
        if result.numbers[place.here] != number:
            files.renumber(key, result.numbers[place.here], number)
    for index, number in enumerate(result.numbers):
        if index not in standing:
            files.renumber(key, number, None)
