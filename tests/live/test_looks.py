"""Looks again over real sockets: what is asked, and what a change becomes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

from newscrawl.clock import iso, now
from tests.live.conftest import LiveSite

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")


def as_if_published(live: LiveSite, url: str, hours: float, asked_hours: float) -> None:
    """Let an article have been published, and last asked for, so many hours ago."""
    published, asked = (iso(now() - timedelta(hours=h)) for h in (hours, asked_hours))
    with closing(sqlite3.connect(live.data / "newscrawl.db")) as connection, connection:
        connection.execute(
            "UPDATE articles SET published_at = ?, fetched_at = ? WHERE url = ?",
            (published, asked, url),
        )
        connection.execute(
            "UPDATE article_state SET checked_at = ? WHERE url_hash ="
            " (SELECT url_hash FROM articles WHERE url = ?)",
            (asked, url),
        )


def articles_asked(live: LiveSite) -> list[Any]:
    found = [asked for asked in live.server.requests if "/20" in asked.path]
    live.server.requests.clear()
    return found


def test_an_unchanged_article_costs_one_conditional_request_a_step(live: LiveSite) -> None:
    live.crawl(*ONE)
    url = live.site.articles("fa", SHOW)[1].url
    as_if_published(live, url, hours=2, asked_hours=1.5)
    articles_asked(live)
    live.crawl(*ONE)
    (asked,) = articles_asked(live)
    assert "https://www.rfi.fr" + asked.path == url
    assert "If-None-Match" in asked.headers
    assert live.run["known"] == 1
    live.crawl(*ONE)
    assert articles_asked(live) == []


def test_a_corrected_story_becomes_a_version(live: LiveSite) -> None:
    live.crawl(*ONE)
    url = live.site.articles("fa", SHOW)[1].url
    as_if_published(live, url, hours=30, asked_hours=25)
    live.site.edit(url, lead="یک خط تازه")
    live.crawl(*ONE)
    assert live.run["changed"] == 1
    assert [record["version"] for record in live.records if record["url"] == url] == [1, 2]


def test_no_look_without_steps_or_outside_the_columns_of_the_run(live: LiveSite) -> None:
    live.crawl("-a", "editions=fa")
    url = live.site.articles("fa", SHOW)[1].url
    as_if_published(live, url, hours=2, asked_hours=1.5)
    articles_asked(live)
    live.crawl("-a", "editions=fa", "-s", "NEWSCRAWL_RELOOK=")
    live.crawl("-a", "editions=fa", "-s", "NEWSCRAWL_RELOOK_BUDGET=0")
    other = next(c.name for c in live.site.columns() if c.edition.prefix == "fa" and c.name != SHOW)
    live.crawl("-a", f"columns={other}")
    assert articles_asked(live) == []
    live.crawl("-a", "editions=fa")
    assert len(articles_asked(live)) == 1
