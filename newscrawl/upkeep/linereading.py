"""Reading line files as they lie on the disk, damage included, one line at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from newscrawl.items import ARTICLE_FIELDS
from newscrawl.store.links import key_of
from newscrawl.store.schema import JSON_FIELDS

#: Bytes of a line at most: what is longer is damage (a hole of zeros has no ends of lines).
_LONGEST = 64 * 1024 * 1024
_NAME = re.compile(r"(.+)-(\d{8}T\d{6}Z)-(\d{1,15})-(\d{1,15})\.jsonl")


@dataclass(frozen=True)
class Line:
    """One line of a file: its number (from 1), its place in bytes, and its record."""

    number: int
    offset: int
    length: int
    record: dict[str, Any] | None
    """``None`` when the line is no whole record."""


@dataclass(frozen=True)
class Name:
    """What the name of a line file says."""

    started: str
    """As in the name: ``20240220T135300Z``."""
    run: int
    number: int
    spider: str

    @property
    def order(self) -> tuple[str, int, int]:
        """By which files are read oldest first."""
        return self.started, self.run, self.number


def name_of(file: str) -> Name | None:
    """The parts of a line file's name, ``None`` for another file."""
    match = _NAME.fullmatch(file)
    return None if match is None else Name(match[2], int(match[3]), int(match[4]), match[1])


def read_lines(path: Path) -> Iterator[Line]:
    """Every line of a file."""
    number = offset = 0
    begins = True
    with path.open("rb") as stream:
        while data := stream.readline(_LONGEST):
            if begins:
                number += 1
                yield Line(number, offset, len(data), whole_record(data))
            begins = data.endswith(b"\n")
            offset += len(data)


def whole_record(data: bytes) -> dict[str, Any] | None:
    """The record of a line, ``None`` unless it is whole and of our kind."""
    if not data.endswith(b"}\n"):
        return None
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and _is_ours(record) else None


def _is_ours(record: dict[str, Any]) -> bool:
    url, version = record.get("url"), record.get("version")
    return (
        isinstance(url, str)
        and url.startswith("https://")
        and record.get("url_hash") == key_of(url).hex()
        and isinstance(record.get("content_hash"), str)
        and type(version) is int
        and 0 < version < 2**31
        and all(_fits(name, record[name]) for name in ARTICLE_FIELDS if name in record)
    )


def _fits(name: str, value: Any) -> bool:
    """Whether a value can stand in its column."""
    if name in JSON_FIELDS:
        return isinstance(value, list | dict)
    if name in ("version", "reading_minutes"):
        return value is None or (type(value) is int and abs(value) < 2**63)
    return value is None or isinstance(value, str)
