"""Records in the tables: between an ``Article`` and a row."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from typing import Any

import orjson

from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store.schema import JSON_FIELDS

_NAMES = ", ".join(f'"{name}"' for name in ARTICLE_FIELDS)
_OLD_NAMES = ", ".join(f'a."{name}"' for name in ARTICLE_FIELDS)
_MARKS = ", ".join("?" for _ in ARTICLE_FIELDS)
_BODY = frozenset(["text", "html"])

#: What a new capture may change without the article having changed.
CAPTURE = frozenset(["fetched_at", "source", "version", "rules", "url", "url_hash"])


def to_row(article: Article, *, bodies: bool) -> tuple[Any, ...]:
    """Values in the order of the record; without ``bodies`` the text stays out of the database."""
    return tuple(
        orjson.dumps(getattr(article, name)).decode()
        if name in JSON_FIELDS
        else getattr(article, name)
        if bodies or name not in _BODY
        else None
        for name in ARTICLE_FIELDS
    )


def to_record(row: sqlite3.Row) -> dict[str, Any]:
    """The record that a row of ``articles`` or ``article_versions`` holds, in order."""
    return {
        name: orjson.loads(row[name]) if name in JSON_FIELDS else row[name]
        for name in ARTICLE_FIELDS
    }


def insert(connection: sqlite3.Connection, article: Article, *, bodies: bool) -> None:
    """Enter an article as new."""
    connection.execute(
        f"INSERT INTO articles ({_NAMES}) VALUES ({_MARKS})", to_row(article, bodies=bodies)
    )


def replace(
    connection: sqlite3.Connection, article: Article, *, bodies: bool, updated_at: str | None
) -> None:
    """Put an article in the place of its row."""
    connection.execute(
        f"REPLACE INTO articles ({_NAMES}, updated_at) VALUES ({_MARKS}, ?)",
        (*to_row(article, bodies=bodies), updated_at),
    )


def insert_version(
    connection: sqlite3.Connection,
    article: Article,
    *,
    bodies: bool,
    replaced_at: str,
    cause: str | None = None,
    extractor: str | None = None,
) -> None:
    """Enter an article as an old version, with why and by which rules it came where it is known."""
    connection.execute(
        f"INSERT INTO article_versions ({_NAMES}, cause, extractor, replaced_at)"
        f" VALUES ({_MARKS}, ?, ?, ?)",
        (*to_row(article, bodies=bodies), cause, extractor, replaced_at),
    )


def keep_version(connection: sqlite3.Connection, url_hash: str, replaced_at: str) -> None:
    """Copy the current row to ``article_versions``."""
    connection.execute(
        f"INSERT INTO article_versions ({_NAMES}, cause, extractor, replaced_at)"
        f" SELECT {_OLD_NAMES}, s.cause, s.extractor, ?"
        " FROM articles a LEFT JOIN article_state s USING (url_hash) WHERE a.url_hash = ?",
        (replaced_at, url_hash),
    )


def differs(old: dict[str, Any], article: Article, *, bodies: bool) -> bool:
    """Whether anything but the circumstances of the capture has changed."""
    new = asdict(article)
    skipped = CAPTURE if bodies else CAPTURE | _BODY
    return any(old[name] != new[name] for name in ARTICLE_FIELDS if name not in skipped)
