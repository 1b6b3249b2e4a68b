"""Another program holds the database: the crawl rests, and goes on once it is free."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.model import encode
from fixtures.site import Answer
from newscrawl.store.columns import BOTTOM
from tests.crawling import ROOT, start_scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"

#: Scrapy's command line with less patience than the real one.
_HASTY = """
import sys
from scrapy.cmdline import execute
from newscrawl.spiders import patience
from newscrawl.store import database
patience.LONGEST_S = 3.0
database._BUSY_MS = 500
execute(["scrapy", *sys.argv[1:]])
"""


def hold_for(live: LiveSite, seconds: float) -> Callable[[Any], Answer | None]:
    """Take the write lock when something is asked for, once, and keep it for a while."""
    held = threading.Event()

    def answer(_: Any) -> Answer | None:
        if not held.is_set():
            held.set()
            connection = sqlite3.connect(
                live.data / "newscrawl.db", isolation_level=None, check_same_thread=False
            )
            connection.execute("BEGIN IMMEDIATE")

            def let_go() -> None:
                time.sleep(seconds)
                connection.execute("ROLLBACK")
                connection.close()

            threading.Thread(target=let_go, daemon=True).start()
        return None

    return answer


@pytest.mark.parametrize("place", ["article", "first page", "last page", "feed", "rejected"])
def test_the_crawl_rests_and_then_stores_everything(live: LiveSite, place: str) -> None:
    column = live.site.articles("fa", SHOW)[0].column.path
    article = live.site.articles("fa", SHOW)[3]
    paths = {
        "article": article.path,
        "first page": column,
        "last page": f"{column}3/",
        "feed": "/fa/rss",
        "rejected": article.path,
    }
    hold = hold_for(live, 7)

    def answer(asked: Any) -> Answer | None:
        hold(asked)
        return live.site.answer(encode(column)) if place == "rejected" else None

    live.override(paths[place], answer)
    live.crawl(*FA, "-a", "sources=columns,feed")
    assert live.run["differences"] == []
    stored = {url for (url,) in live.rows("SELECT url FROM articles")}
    everything = {found.url for found in live.site.articles("fa")}
    assert stored == everything - ({article.url} if place == "rejected" else set())
    assert sorted(record["url"] for record in live.records) == sorted(stored)
    log = (live.data / "logs" / "1.log").read_text()
    assert "another program holds the database: resting" in log
    assert "'newscrawl/store/waits': 1" in log
    how = live.rows("SELECT DISTINCT full_at IS NOT NULL, floor FROM columns WHERE walked_at")
    assert how == [(1, BOTTOM)]

    assert live.run["rejected"] == (place == "rejected")


def test_a_run_begins_and_ends_with_patience(live: LiveSite) -> None:
    live.crawl(*FA)
    hold_for(live, 6)(None)
    live.crawl(*FA)
    assert live.run["asked"] == 0


def test_a_database_that_is_never_given_back_ends_the_run(live: LiveSite) -> None:
    article = live.site.articles("fa", SHOW)[3]
    hold = hold_for(live, 20)
    live.override(article.path, hold)
    crawl = subprocess.run(
        [sys.executable, "-c", _HASTY, *live.arguments(*FA)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert crawl.returncode == 1
    assert "Traceback" not in crawl.stderr
    assert "another program has held the database for 3 s" in crawl.stderr
    live.server.overrides.clear()
    live.crawl(*FA)
    assert len(live.records) == len(live.site.articles("fa"))


def test_ctrl_c_while_it_rests(live: LiveSite) -> None:
    article = live.site.articles("fa", SHOW)[3]
    live.override(article.path, hold_for(live, 12))
    crawl = start_scrapy(*live.arguments(*FA))
    log = live.data / "logs" / "1.log"
    while not (log.exists() and "resting" in log.read_text()):
        time.sleep(0.05)
    crawl.terminate()
    _, stderr = crawl.communicate(timeout=60)
    assert "Traceback" not in stderr
    assert crawl.returncode == 0
    live.server.overrides.clear()
    live.crawl(*FA)
    assert len(live.records) == len(live.site.articles("fa"))
