"""Crawls over real sockets: what is asked for, what is stored, what the next run does."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import Any

import pytest

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import ROOT, scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"


def fa_columns(live: LiveSite) -> list[str]:
    return [column.path for column in live.site.columns() if column.edition.prefix == "fa"]


def fa_urls(live: LiveSite) -> set[str]:
    return {article.url for article in live.site.articles("fa")}


def show_path(live: LiveSite) -> str:
    return next(path for path in fa_columns(live) if path.endswith("/دفتر-دانش/"))


def stored(live: LiveSite) -> set[str]:
    return {url for (url,) in live.rows("SELECT url FROM articles")}


def test_everything_is_stored_once_and_a_second_run_asks_once_a_column(live: LiveSite) -> None:
    live.crawl()
    true = {article.url for article in live.site.articles()}
    assert stored(live) == true
    assert Counter(record["url"] for record in live.records) == Counter(dict.fromkeys(true, 1))
    asked = live.asked()
    assert len(asked) == len(set(asked)), "an address was asked for twice"

    done = live.crawl()
    columns = {column.path for column in live.site.columns()}
    empty = {column.path for column in live.site.columns() if not live.site.listed(column)}
    asked = live.asked()
    assert sorted(asked) == sorted(["/robots.txt", *columns])
    assert "nothing new" in done.stderr
    assert live.run["asked"] == 0
    unchanged = [column for column in live.run["columns"] if column["over"] == "unchanged"]
    assert len(unchanged) == len(columns - empty)


def test_three_pages_of_news_are_all_found(live: LiveSite) -> None:
    live.crawl(*FA)
    new = live.site.publish("fa", SHOW, 30)
    live.asked()
    live.crawl(*FA)
    assert set(new) <= stored(live)
    listing = [path for path in live.asked() if path.startswith(show_path(live))]
    pages = [path for path in listing if path.removeprefix(show_path(live)).strip("/").isdigit()]
    assert len(pages) == 2  # page 3 shows what an ended walk has seen, page 1 has no number


def test_a_column_listed_in_several_places_is_remembered_in_all(live: LiveSite) -> None:
    live.crawl(*FA)
    shown = live.rows("SELECT listed_in, count(*) FROM column_articles GROUP BY 1")
    columns = [column for column in live.site.columns() if column.edition.prefix == "fa"]
    section = next(column for column in columns if column.kind == "section")
    assert dict(shown)[section.name] == len(live.site.listed(section))
    aliases = live.rows("SELECT count(*) FROM links WHERE article IS NOT NULL")
    assert aliases[0][0] >= 1


def test_full_asks_for_every_listing_page_and_no_known_article(live: LiveSite) -> None:
    live.crawl(*FA)
    first = [path for path in live.asked() if path.endswith("/")]
    live.crawl(*FA, "-a", "mode=full")
    again = live.asked()
    assert sorted(again) == sorted([*first, "/robots.txt"])


def test_max_pages_cuts_a_walk_and_the_next_one_goes_on(live: LiveSite) -> None:
    live.crawl(*FA, "-a", "max_pages=1")
    assert len(stored(live)) < len(fa_urls(live))
    cut = live.rows("SELECT count(*) FROM columns WHERE floor IS NULL")
    assert cut[0][0] >= 1
    live.crawl(*FA)
    assert stored(live) == fa_urls(live)


def test_since_and_until_bound_what_is_stored(live: LiveSite) -> None:
    live.crawl(*FA, "-a", "since=2023-01-01", "-a", "until=2024-06-30")
    true = {
        article.url
        for article in live.site.articles("fa")
        if "2022-12-31T23" <= article.published_at.isoformat() < "2024-06-30T22"
    }
    assert stored(live) == true != set()


def test_given_urls_are_always_fetched_and_nothing_else(live: LiveSite) -> None:
    article = live.site.articles("fa", SHOW)[3]
    for expected in ("new", "refreshed"):
        live.crawl("-a", f"urls={article.url}?utm_source=x#pager", "-a", "editions=cn")
        assert live.run["asked"] == 1
        assert live.run[expected] + live.run["known"] == 1
        assert len(live.asked()) == 2  # robots.txt and the article
    assert [record["source"] for record in live.records] == ["url"]


def test_urls_from_a_file(live: LiveSite) -> None:
    wanted = [article.url for article in live.site.articles("fa", SHOW)[:3]]
    file = live.data.parent / "urls.txt"
    file.write_text("# three\n" + "\n".join(wanted) + "\n\n")
    live.crawl("-a", f"urls=@{file}")
    assert stored(live) == set(wanted)


def test_columns_by_name(live: LiveSite) -> None:
    live.crawl("-a", f"columns={SHOW}")
    assert stored(live) == live.articles(SHOW)


def _make_everything_due(live: LiveSite) -> None:
    with closing(sqlite3.connect(live.data / "newscrawl.db")) as connection, connection:
        connection.execute("UPDATE links SET next_try = '2000-01-01T00:00:00+00:00'")


def test_a_redirect_leads_to_one_record_and_is_remembered(live: LiveSite) -> None:
    article = live.site.articles("fa", SHOW)[0]
    old = "/fa/old/20200101-an-old-address"
    target = "https://www.rfi.fr" + encode(article.path)
    live.override(old, Answer(301, [("Location", target)]))
    live.crawl("-a", f"urls=https://www.rfi.fr{old}")
    assert stored(live) == {article.url}
    live.crawl(*FA)
    assert stored(live) == fa_urls(live)
    assert len(live.records) == len(fa_urls(live))


@pytest.mark.parametrize("outputs", ["jsonlines", "sqlite"])
def test_each_output_alone(live: LiveSite, outputs: str) -> None:
    for _ in range(2):
        live.crawl(*FA, outputs=outputs)
    lines = {record["url"] for record in live.records}
    texts = live.rows("SELECT count(*) FROM articles WHERE text IS NOT NULL")[0][0]
    assert stored(live) == fa_urls(live)
    assert lines == (fa_urls(live) if outputs == "jsonlines" else set())
    assert texts == (0 if outputs == "jsonlines" else len(fa_urls(live)))


def test_files_rotate_by_number_of_lines(live: LiveSite) -> None:
    live.crawl(*FA, "-s", "NEWSCRAWL_JSONL_ROTATE=1h,25")
    names = sorted(path.name for path in (live.data / "articles").iterdir())
    assert len(names) == 3
    assert all(name.endswith(f"-{n}.jsonl") for n, name in enumerate(names, 1))
    assert {record["url"] for record in live.records} == fa_urls(live)


def test_a_script_gets_the_same_checks_and_the_same_crawl(live: LiveSite) -> None:
    script = """
import sys
from scrapy.crawler import CrawlerProcess
from scrapy.utils.project import get_project_settings
settings = get_project_settings()
settings.setdict(dict(pair.split("=", 1) for pair in sys.argv[2:]), priority="cmdline")
process = CrawlerProcess(settings)
process.crawl("rfi", editions=sys.argv[1])
process.start()
"""
    given = [part for part in live.arguments() if "=" in part]
    for edition in ("fa", "zz"):
        done = subprocess.run(
            [sys.executable, "-c", script, edition, *given],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ("unknown edition 'zz'" in done.stderr) == (edition == "zz"), done.stderr
    assert stored(live) == fa_urls(live)


def test_the_header_names_a_person_and_the_host_stays_the_sites(live: LiveSite) -> None:
    live.crawl(*FA, "-a", "max_pages=1", "-s", "NEWSCRAWL_CONTACT=desk@example.org")
    headers: list[dict[str, Any]] = [asked.headers for asked in live.server.requests]
    assert all("desk@example.org" in given["User-Agent"] for given in headers)
    assert all(given["User-Agent"].startswith("newscrawl/") for given in headers)
    assert all(given["Host"] == "www.rfi.fr" for given in headers)


def test_scrapys_list_and_other_commands_still_work() -> None:
    assert scrapy("list").stdout.split() == ["rfi"]
    assert scrapy("version").returncode == 0
