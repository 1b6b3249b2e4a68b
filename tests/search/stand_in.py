"""The expected records of all sixteen editions of the stand-in site in a store with its index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.store.database import connect, transaction
from newscrawl.store.folder import prepare_folder
from newscrawl.store.records import insert
from newscrawl.store.search import update
from tests.crawling import ROOT


def stand_in_records() -> list[dict[str, Any]]:
    """Records of ``fixtures/expected``: some stand there in several forms of the page."""
    files = sorted((ROOT / "fixtures" / "expected").glob("*.jsonl"))
    lines = (json.loads(line) for file in files for line in file.read_text("utf-8").splitlines())
    records = {line["url_hash"]: line for line in lines}
    return [
        {"fetched_at": "2026-06-30T06:00:00+00:00"}
        | {name: record[name] for name in ARTICLE_FIELDS if name in record}
        for record in records.values()
    ]


def fill(folder: Path, records: list[dict[str, Any]], *, indexed: bool = True) -> None:
    """Make a data dir with some records; with ``indexed`` they can be found."""
    prepare_folder(folder)
    connection = connect(folder)
    with transaction(connection):
        for record in records:
            insert(connection, Article(**record), bodies=True)
    if indexed:
        update(connection)
    connection.close()


def whole_text(record: dict[str, Any]) -> str:
    """All that is searched of a record."""
    names = [part["name"] for part in (*record["authors"], *record["tags"])]
    return "\n".join([record["title"] or "", record["lead"] or "", record["text"] or "", *names])
