"""The soak in small: everything but memory is judged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from newscrawl.store.database import FILE
from tests.soak.crawl import soak
from tests.soak.faults import FAULTS
from tests.soak.judging import problems
from tests.soak.run import document


def test_every_article_of_a_faulty_site_is_stored_once(tmp_path: Path) -> None:
    found = soak(tmp_path, articles=300, share=0.05, weight=0)
    assert problems(tmp_path, found) == []
    assert set(found.played) == set(FAULTS), "every fault was met"
    log = next((tmp_path / "data" / "logs").glob("*.log")).read_text("utf-8")
    assert "'newscrawl/fault/cut'" in log
    assert "'newscrawl/fault/empty'" in log
    text = document(found, [])
    assert "| exit code | 0 | 0 |" in text
    assert "| 300 | 300 |" in text
    _spoil(tmp_path / "data")
    assert len(problems(tmp_path, found)) == 3, "a lost row, a line twice and a debt are noticed"


def _spoil(data: Path) -> None:
    with closing(sqlite3.connect(data / FILE)) as connection, connection:
        connection.execute("DELETE FROM articles WHERE rowid = 7")
        connection.execute("UPDATE links SET url = 'x' WHERE hash = (SELECT min(hash) FROM links)")
    lines = next((data / "articles").glob("*.jsonl"))
    first = lines.read_bytes().partition(b"\n")[0]
    (lines.parent / "again.jsonl").write_bytes(first + b"\n")
