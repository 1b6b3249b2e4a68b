"""Stores of generated articles, of any size, in all sixteen editions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import escape
from pathlib import Path
from random import Random

from fixtures.model import EDITIONS
from fixtures.words import story, words
from newscrawl.items import Article, Author, Tag
from newscrawl.store.database import connect, transaction
from newscrawl.store.folder import prepare_folder
from newscrawl.store.records import insert

#: Order in which the editions take turns.
ORDER = tuple(sorted(EDITIONS))
_HEAP = 1000
_COLUMNS = 10  # of an edition
_FIRST = datetime(2010, 1, 1, tzinfo=UTC)


def articles(count: int) -> Iterator[Article]:
    """Articles in turn of each edition, each of three stories and a few words of its own."""
    for number in range(count):
        edition = EDITIONS[ORDER[number % len(ORDER)]]
        bank = words(edition.prefix)
        told = [story(bank, number + step * 37) for step in range(3)]
        column = f"https://www.rfi.fr/{edition.prefix}/x/{number // len(ORDER) % _COLUMNS}/"
        url = f"{column}{number}"
        moment = f"{_FIRST + timedelta(minutes=40 * number):%Y-%m-%dT%H:%M:%S+00:00}"
        own = " ".join(f"q{Random(number * 8 + step).randrange(10**6):06d}" for step in range(8))
        blocks = [*(part for one in told for part in one.paragraphs), own]
        yield Article(
            url=url,
            url_hash=sha256(url.encode()).hexdigest()[:32],
            edition=edition.prefix,
            language=edition.language,
            column=f"column {number // len(ORDER) % _COLUMNS}",
            column_url=column,
            title=told[0].title,
            lead=told[0].lead,
            text="\n\n".join(blocks),
            html="".join(f"<p>{escape(block, quote=False)}</p>" for block in blocks),
            authors=[Author(told[0].author)],
            tags=[Tag(name) for name in told[0].tags],
            published_at=moment,
            fetched_at=moment,
            body_status="full",
            content_hash=f"{number:032x}",
        )


def make_store(folder: Path, size: int) -> None:
    """A store of so many articles in a folder."""
    prepare_folder(folder)
    with closing(connect(folder)) as connection:
        fill(connection, size)


def fill(connection: sqlite3.Connection, size: int) -> None:
    """Enter so many articles, a thousand at a time."""
    made = articles(size)
    for _ in range(0, size, _HEAP):
        with transaction(connection):
            for article, _ in zip(made, range(_HEAP), strict=False):
                insert(connection, article, bodies=True)
