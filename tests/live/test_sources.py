"""Feeds and sitemaps as sources, over real sockets."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import jsonschema
import pytest

from fixtures.model import encode
from fixtures.site import Answer
from newscrawl.syndication import read_feed, read_sitemap
from tests.crawling import ROOT, query, records, replay_settings, scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
FEED = (*FA, "-a", "sources=feed")
MAPS = (*FA, "-a", "sources=sitemap")
SHOW = "دفتر دانش"
RSS = ("Content-Type", "application/rss+xml; charset=UTF-8")


def feed_urls(live: LiveSite, path: str = "/fa/rss") -> list[str]:
    return [item.link for item in read_feed(live.site.answer(path).body)]


def stored(live: LiveSite, status: str = "full") -> set[str]:
    rows = live.rows("SELECT url FROM articles WHERE body_status = ?", status)
    return {url for (url,) in rows}


def asked_pages(live: LiveSite) -> list[str]:
    """Paths asked for that are neither feeds, sitemaps nor robots.txt."""
    return [path for path in live.asked() if not re.search(r"/rss$|^/sitemaps/|^/robots", path)]


def change(live: LiveSite, sql: str) -> None:
    with closing(sqlite3.connect(live.data / "newscrawl.db")) as connection, connection:
        connection.execute(sql)


#: The edition has four columns: so many refusals in a row come before all of them are cut.
REFUSED = (*FA, "-s", "NEWSCRAWL_REFUSALS=3")


def refuse_pages(live: LiveSite) -> None:
    """Pages answer 403; robots.txt and feeds answer as ever."""

    def answer(asked: Any) -> Answer | None:
        return None if re.search(r"/rss$|/robots\.txt$", asked.path) else Answer(403)

    live.override("*", answer)


def test_a_feed_is_a_fast_look_for_what_is_new(live: LiveSite) -> None:
    live.crawl(*FEED)
    assert len(live.asked()) == 2 + 20  # robots.txt, the feed, its articles
    assert stored(live) == set(feed_urls(live))
    assert {record["source"] for record in live.records} == {"feed"}

    live.crawl(*FEED)
    assert live.asked() == ["/robots.txt", "/fa/rss"]
    assert live.run["asked"] == 0
    log = (live.data / "logs" / "2.log").read_text()
    assert "'newscrawl/feed/unchanged': 1" in log

    (new,) = live.site.publish("fa", SHOW)
    live.crawl(*FEED)
    assert asked_pages(live) == [live.site.article(new).path]


def test_what_the_feed_saw_first_does_not_stop_a_walk(live: LiveSite) -> None:
    live.crawl(*FEED)
    live.asked()
    live.crawl(*FA)
    everything = {article.url for article in live.site.articles("fa")}
    assert stored(live) == everything
    by_source = {record["url"]: record["source"] for record in live.records}
    assert {url for url, source in by_source.items() if source == "feed"} == set(feed_urls(live))


def test_columns_and_feed_together_ask_for_nothing_twice(live: LiveSite) -> None:
    live.crawl(*FA, "-a", "sources=columns,feed,sitemap")
    pages = [path for path in asked_pages(live) if live.site.answer(encode(path)).status == 200]
    articles = {article.path for article in live.site.articles("fa")}
    assert stored(live) == {article.url for article in live.site.articles("fa")}
    assert max(pages.count(path) for path in articles) == 1


def test_a_feed_can_be_replayed(live: LiveSite) -> None:
    done = scrapy("crawl", "rfi", *replay_settings(live.data), *FEED)
    assert done.returncode == 0, done.stderr
    assert "feed of fa: 20 articles, 20 of them unknown" in done.stderr
    assert {record["source"] for record in records(live.data)} == {"feed"}


def test_while_pages_are_refused_the_feed_gives_summaries(live: LiveSite) -> None:
    refuse_pages(live)
    done = live.crawl(*REFUSED, code=1)
    assert "refused: www.rfi.fr answered 403 3 times in a row" in done.stderr
    assert "20 summaries kept from feeds" in done.stderr
    paths = live.asked()
    assert paths.count("/fa/rss") == 1
    # One request may be under way when the third refusal comes.
    assert len([path for path in paths if not re.search("rss$|robots", path)]) <= 4
    assert live.run["differences"] == []
    assert stored(live, "summary") == set(feed_urls(live))
    schema = json.loads((ROOT / "docs/json/article.schema.json").read_text("utf-8"))
    for record in live.records:
        jsonschema.Draft202012Validator(schema).validate(record)
        article = live.site.article(record["url"])
        assert (record["title"], record["text"]) == (article.title, None)
        assert record["published_at"] == article.published_at.isoformat()
        assert [author["name"] for author in record["authors"]] == [a.name for a in article.authors]
        assert (record["source"], record["version"]) == ("feed", 1)
    owed = live.rows("SELECT count(*) FROM links WHERE url IS NOT NULL AND source = 'feed'")
    assert owed == [(20,)]

    # Within the hour: the feed again, and no page.
    (new,) = live.site.publish("fa", SHOW)
    done = live.crawl(*FA, code=1)
    assert "an earlier run left the pages of www.rfi.fr alone until" in done.stderr
    assert live.asked() == ["/robots.txt", "/fa/rss"]
    assert new in stored(live, "summary")
    assert len(live.records) == 21

    # The pages are there again: the full record takes the summary's place.
    live.server.overrides.clear()
    change(live, "UPDATE hosts SET pages_not_before = '2000-01-01T00:00:00+00:00'")
    live.crawl(*FA)
    assert stored(live, "summary") == set()
    assert stored(live) == {article.url for article in live.site.articles("fa")}
    versions = {record["url"]: record["version"] for record in live.records}
    assert {url for url, version in versions.items() if version == 2} == {*feed_urls(live), new} | (
        set(versions) & {url for (url,) in live.rows("SELECT url FROM article_versions")}
    )
    assert live.rows("SELECT DISTINCT cause FROM article_state") == [("full",)]
    told = scrapy("history", new, "-s", f"NEWSCRAWL_DATA_DIR={live.data}").stdout
    assert "seen in a feed, without its text" in told
    assert "seen whole" in told


def test_a_feed_that_had_nothing_new_is_read_again_once_pages_are_refused(live: LiveSite) -> None:
    first = feed_urls(live)[0]
    live.override(live.site.article(first).path, Answer(500))
    live.crawl(*FEED)
    live.asked()
    refuse_pages(live)
    live.crawl(*REFUSED, "-a", "sources=columns,feed", code=1)
    assert live.asked().count("/fa/rss") == 2
    assert stored(live, "summary") == {first}


def test_a_summary_may_change_and_never_takes_the_place_of_the_page(live: LiveSite) -> None:
    live.crawl(*FEED)
    full = stored(live)
    refuse_pages(live)
    (new,) = live.site.publish("fa", SHOW)
    live.crawl(*FEED, code=1)  # one 403 is no refusal: the article is owed, and all there was
    assert stored(live) == full
    live.site.publish("fa", SHOW, 6)
    live.crawl(*FEED, code=1)
    assert new in stored(live, "summary")
    live.site.edit(new, lead="یک خط تازه")
    live.crawl(*FEED, code=1)
    assert stored(live) == full, "the page that was read stands"
    rows = live.rows("SELECT version, lead FROM articles WHERE url = ?", new)
    assert rows == [(2, "یک خط تازه")]
    live.server.overrides.clear()
    change(live, "UPDATE hosts SET pages_not_before = NULL")
    change(live, "UPDATE links SET next_try = NULL WHERE url IS NOT NULL")
    live.crawl(*FEED)
    rows = live.rows("SELECT version, body_status FROM articles WHERE url = ?", new)
    assert rows == [(3, "full")]


def test_the_full_record_stays_under_the_address_that_the_feed_named(live: LiveSite) -> None:
    refuse_pages(live)
    article = next(a for a in live.site.articles("fa") if a.other_paths)
    other = "https://www.rfi.fr" + encode(article.other_paths[0])
    item = f"<item><title>t</title><link>{other}</link></item>"
    body = f"<rss><channel>{item}</channel></rss>".encode()
    live.override("/fa/rss", Answer(200, [RSS], body))
    live.crawl(*REFUSED, code=1)
    assert stored(live, "summary") == {other}
    live.server.overrides.clear()
    change(live, "DELETE FROM hosts")
    live.crawl("-a", f"urls={article.url}")  # nobody has said yet that both are one
    live.crawl(*FA)
    rows = live.rows(
        "SELECT url, version, body_status FROM articles WHERE content_id = ?",
        live.rows("SELECT content_id FROM articles WHERE url = ?", article.url)[0][0],
    )
    assert [row[0] for row in rows] == [article.url]


def test_a_missing_page_of_a_summary_is_gone_and_the_summary_kept(live: LiveSite) -> None:
    refuse_pages(live)
    live.crawl(*REFUSED, code=1)
    gone = feed_urls(live)[0]
    live.server.overrides.clear()
    live.override(live.site.article(gone).path, Answer(404))
    for _ in range(2):
        change(live, "DELETE FROM hosts")
        change(live, "UPDATE links SET next_try = NULL WHERE reason = 'http_403'")
        change(live, "UPDATE links SET next_try = '2000-01-01' WHERE reason = 'http_404'")
        live.crawl(*FEED)
    assert stored(live, "summary") == {gone}
    assert live.rows("SELECT gone_at IS NULL FROM articles WHERE url = ?", gone) == [(0,)]


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("no whole XML", Answer(200, [RSS], b"<rss><channel><item><title>x")),
        ("not the root", Answer(200, [RSS], b"<html><body>captcha</body></html>")),
        ("declares entities", Answer(200, [RSS], b'<!DOCTYPE x [<!ENTITY a "b">]><rss>&a;</rss>')),
        ("http_404", Answer(404)),
    ],
)
def test_a_feed_that_is_none_costs_only_itself(live: LiveSite, what: str, answer: Answer) -> None:
    live.override("/fa/rss", answer)
    done = live.crawl(*FEED, code=1)
    assert f"all failed: none of 1 sources could be read ({what}" in done.stderr or (
        what in done.stderr
    )
    live.crawl(*FA, "-a", "sources=columns,feed")
    assert stored(live) == {article.url for article in live.site.articles("fa")}
    log = (live.data / "logs" / "2.log").read_text()
    assert "'newscrawl/feed/failed': 1" in log


def test_what_a_feed_names_besides_is_left_out_and_counted(live: LiveSite) -> None:
    good = live.site.articles("fa", SHOW)[1].url
    links = [
        good,
        good + "?utm_source=rss",
        "https://www.example.org/fa/x/20240101-y",
        "file:///etc/hostname",
        "http://169.254.169.254/fa/x/20240101-y",
        "https://www.rfi.fr/cn/x/20240101-y",
        "https://www.rfi.fr/fa/",
    ]
    items = "".join(f"<item><title>t</title><link>{link}</link></item>" for link in links)
    body = f"<rss><channel>{items}</channel></rss>".encode()
    live.override("/fa/rss", Answer(200, [RSS], body))
    live.crawl(*FEED)
    assert stored(live) == {good}
    log = (live.data / "logs" / "1.log").read_text()
    assert "'newscrawl/feed/left_out/not_article': 4" in log
    assert "'newscrawl/feed/left_out/other_edition': 1" in log


def test_a_column_or_a_span_narrows_a_feed(live: LiveSite) -> None:
    path = live.site.articles("fa", SHOW)[0].column.path
    live.crawl("-a", f"columns={SHOW}", "-a", "sources=feed")
    below = {url for url in feed_urls(live) if url.startswith("https://www.rfi.fr" + encode(path))}
    assert stored(live) == below
    assert below
    live.crawl(*FEED)  # the feed was not all read: it is read again
    assert stored(live) == set(feed_urls(live))


def test_sitemaps_fill_back_a_span(live: LiveSite) -> None:
    live.crawl(*MAPS, "-a", "since=2023-09-10", "-a", "until=2024-01-26")
    wanted = {
        article.url
        for article in live.site.articles("fa")
        if "2023-09-10" <= article.published_at.date().isoformat() <= "2024-01-26"
    }
    assert stored(live) == wanted
    maps = [path for path in live.asked() if path.startswith("/sitemaps")]
    months = {f"{article.published_at:%Y%m}" for article in live.site.articles("fa")}
    spanned = sorted((month for month in months if "202309" <= month <= "202401"), reverse=True)
    assert len(spanned) >= 2
    # Two are asked for at once, so that only about the newest come first.
    assert maps[0] == "/sitemaps/fa/index.xml"
    assert sorted(maps[1:], reverse=True) == [
        f"/sitemaps/fa/contents_{month}.xml" for month in spanned
    ]
    assert maps[-1] != f"/sitemaps/fa/contents_{spanned[0]}.xml"
    assert {record["source"] for record in live.records} == {"sitemap"}


def test_months_that_are_over_are_asked_for_once(live: LiveSite) -> None:
    live.crawl(*MAPS)
    assert stored(live) == {article.url for article in live.site.articles("fa")}
    live.asked()
    live.crawl(*MAPS)
    assert live.asked() == ["/robots.txt", "/sitemaps/fa/index.xml"]
    live.crawl(*MAPS, "-a", "mode=full")
    months = len(read_sitemap(live.site.answer("/sitemaps/fa/index.xml").body).maps) - 2
    assert len(live.asked()) == 2 + months


def test_lastmod_tells_what_has_changed(live: LiveSite) -> None:
    live.crawl(*MAPS, "-a", "since=2026-05-01")
    live.asked()
    for table in ("articles SET fetched_at", "article_state SET checked_at"):
        change(live, f"UPDATE {table} = '2026-06-01T00:00:00+00:00'")
    later = {
        article.url: article
        for article in live.site.articles("fa")
        if max(article.modified_at or article.published_at, article.published_at).isoformat()
        > "2026-06-01T00:00:00"
    }
    edited = next(iter(later))
    live.site.edit(edited, lead="یک خط تازه")
    live.crawl(*MAPS, "-a", "since=2026-05-01")
    assert sorted(asked_pages(live)) == sorted(article.path for article in later.values())
    assert (live.run["changed"], live.run["known"]) == (1, len(later) - 1)
    live.crawl(*MAPS, "-a", "since=2026-05-01")
    assert asked_pages(live) == []

    change(live, "UPDATE articles SET fetched_at = '2026-06-01T00:00:00+00:00'")
    change(live, "UPDATE article_state SET checked_at = '2026-06-01T00:00:00+00:00'")
    live.crawl(*MAPS, "-a", "since=2026-05-01", "-s", "NEWSCRAWL_RELOOK_BUDGET=1")
    assert len(asked_pages(live)) == 1


def test_an_index_that_is_refused_and_a_map_that_is_broken(live: LiveSite) -> None:
    live.override("/sitemaps/fa/contents_202401.xml", Answer(200, [], b"<urlset><url>"))
    done = live.crawl(*MAPS, "-a", "since=2023-10-01", "-a", "until=2024-01-31")
    assert "sitemap of fa: 2 articles, 2 of them unknown; it is no whole XML" in done.stderr
    assert [record["published_at"][:7] for record in live.records] == ["2023-11", "2023-10"]
    live.override("/sitemaps/fa/index.xml", Answer(403))
    done = live.crawl(*MAPS, code=1)
    assert "all failed: none of 1 sources could be read" in done.stderr


def test_an_unknown_source_is_named(live: LiveSite) -> None:
    done = live.crawl("-a", "sources=columns,feeds", code=2)
    assert "unknown source 'feeds'" in done.stderr
    assert "feed" in done.stderr
    assert not (live.data / "newscrawl.db").exists() or query(live.data, "SELECT 1") == [(1,)]
