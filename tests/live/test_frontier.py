"""Where a walk stops: each case in which "stop at the first known article" loses some."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.model import Article, Column, encode
from fixtures.site import Answer
from newscrawl.store.columns import BOTTOM
from tests.live.conftest import LiveSite
from tests.tampering import other_rules

SHOW, OTHER, CARDS, SECTION = "دفتر دانش", "شهر و مردم", "محیط زیست", "فرهنگ"
FA = ("-a", "editions=fa")
ONE = ("-a", f"columns={SHOW}")


def column(live: LiveSite, name: str) -> Column:
    return next(found for found in live.site.columns() if found.name == name)


def page(live: LiveSite, number: int, name: str = SHOW) -> str:
    """Decoded path of a column's page."""
    path = column(live, name).path
    return path if number == 1 else f"{path}{number}/"


def listings(live: LiveSite) -> list[str]:
    """Listing pages asked for since the last call."""
    return [path for path in live.asked() if path.endswith("/")]


def true(live: LiveSite, edition: str = "fa") -> set[str]:
    return {article.url for article in live.site.articles(edition)}


def floor(live: LiveSite, name: str = SHOW) -> Any:
    return live.rows("SELECT floor FROM columns WHERE name = ?", name)[0][0]


def listed_as(live: LiveSite, lists: dict[str, list[Article]]) -> None:
    """Let columns list just these articles."""
    usual = live.site.listed
    live.site.listed = lambda of: lists.get(of.name, usual(of))


def once_asked(live: LiveSite, path: str, act: Any) -> None:
    """Do something to the site when a page is asked for, before it is answered."""
    todo = [act]

    def answer(_: Any) -> None:
        if todo:
            todo.pop()()

    live.override(path, answer)


@pytest.mark.parametrize("number", [2, 3])
def test_killed_amid_three_pages_of_news(live: LiveSite, number: int) -> None:
    live.crawled(*ONE)
    new = live.site.publish("fa", SHOW, 30)
    live.crawl_killed_at(page(live, number), *ONE)
    assert live.rows("SELECT count(*) FROM article_columns WHERE floor IS NULL") != [(0,)]
    assert not set(new) <= live.stored
    live.asked()
    live.crawl(*ONE)
    assert set(new) <= live.stored
    assert listings(live) == [page(live, n) for n in (1, 2, 3)], "no less and no more"
    assert len(live.records) == len(live.stored)


def test_killed_amid_the_articles_of_three_pages_of_news(live: LiveSite) -> None:
    live.crawled(*ONE)
    new = live.site.publish("fa", SHOW, 30)
    live.crawl_killed_at(live.site.article(new[4]).path, *ONE)
    live.crawl(*ONE)
    assert set(new) <= live.stored
    assert len(live.records) == len(live.stored)


def test_known_through_another_column_does_not_stop_a_walk(live: LiveSite) -> None:
    """What another column has brought lies on top; news of this one lie below it."""
    live.crawled(*FA)
    new = live.site.publish("fa", SHOW, 5)
    own, guests = live.site.articles("fa", SHOW), live.site.articles("fa", OTHER)[:14]
    listed_as(live, {SHOW: [*guests, *own]})
    live.asked()
    live.crawl(*ONE)
    assert set(new) <= live.stored
    assert len(listings(live)) >= 2


def test_an_article_in_four_columns_is_one_record_and_hides_nothing(live: LiveSite) -> None:
    live.crawled(*FA)
    names = (SHOW, OTHER, CARDS, SECTION)
    new = {name: live.site.publish("fa", name, 3) for name in names}
    shared = live.site.article(new[SHOW][0])
    lists = {name: live.site.listed(column(live, name)) for name in names}
    listed_as(
        live,
        {name: [shared, *(a for a in found if a is not shared)] for name, found in lists.items()},
    )
    live.asked()
    live.crawl(*FA)
    assert live.asked().count(shared.path) == 1
    assert live.stored == true(live)
    assert [record["url"] for record in live.records].count(shared.url) == 1
    places = live.rows("SELECT listed_in FROM column_articles WHERE url = ?", shared.url)
    assert sorted(name for (name,) in places) == sorted(names)


def test_a_debt_of_several_columns_is_paid_by_a_walk_of_any(live: LiveSite) -> None:
    """The column that it was first seen in may never be walked again."""
    guest = live.site.articles("fa", SHOW)[3]
    usual = live.site.listed(column(live, OTHER))
    listed_as(live, {OTHER: [*usual[:2], guest, *usual[2:]]})
    live.override(guest.path, Answer(500))
    live.crawl(*FA)
    assert live.owed == {guest.url: "http_500"}
    live.server.overrides.clear()
    live.let_debts_be_due()
    live.crawl("-a", f"columns={OTHER}")
    assert live.run["columns"][0]["over"] == "unchanged"
    assert guest.url in live.stored


def test_rows_that_slide_down_during_a_walk_are_neither_lost_nor_doubled(live: LiveSite) -> None:
    late: list[str] = []
    once_asked(live, page(live, 2), lambda: late.extend(live.site.publish("fa", SHOW, 3)))
    live.crawl(*ONE)
    assert late
    assert live.stored == live.articles(SHOW) - set(late)
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    assert len(live.records) == len(live.stored)


def test_news_during_an_update_walk_are_found_by_the_next(live: LiveSite) -> None:
    live.crawled(*ONE)
    live.site.publish("fa", SHOW, 14)
    once_asked(live, page(live, 2), lambda: live.site.publish("fa", SHOW, 14))
    live.crawl(*ONE)
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    assert len(live.records) == len(live.stored)


def test_rows_that_slid_past_a_walk_are_found_by_the_next_full_one(live: LiveSite) -> None:
    """An article is taken away between page 2 and 3: one row of page 3 moves up unseen."""
    slid = live.site.articles("fa", SHOW)[24].url
    away = live.site.articles("fa", SHOW)[2].url
    once_asked(live, page(live, 3), lambda: live.site.unpublish(away))
    live.crawl(*ONE)
    assert live.stored == {away} | live.articles(SHOW) - {slid}
    live.crawl(*ONE)
    assert slid not in live.stored, "page 1 has changed, but known rows stop the walk"
    live.change("UPDATE columns SET full_at = '2020-01-01T00:00:00+00:00'")
    live.crawl(*ONE)
    assert live.stored == {away} | live.articles(SHOW)


def test_full_walks_come_one_a_run_in_turn(live: LiveSite) -> None:
    live.crawled(*FA)
    for year, name in enumerate((OTHER, SHOW, CARDS, SECTION), start=2020):
        live.change(
            "UPDATE columns SET full_at = ? WHERE name = ?", f"{year}-01-01T00:00:00+00:00", name
        )
    live.change("UPDATE columns SET full_at = NULL WHERE name = ?", CARDS)
    walked = []
    for _ in range(4):
        live.crawl(*FA)
        walked.append([one["column"] for one in live.run["columns"] if one["over"] == "end"])
    assert sorted(walked) == sorted([[OTHER], [SHOW], [CARDS], [SECTION]])
    live.crawl(*FA, "-s", "NEWSCRAWL_FULL_EVERY=3650d")
    assert {entry["over"] for entry in live.run["columns"]} == {"unchanged"}


def test_runs_that_cannot_reach_the_end_do_not_try_for_ever(live: LiveSite) -> None:
    """A full walk is left to a run that may finish it: others stop at what is known."""
    live.crawled(*FA)
    live.change("UPDATE columns SET full_at = '2020-01-01T00:00:00+00:00' WHERE name = ?", SHOW)
    live.asked()
    live.crawl(*FA, "-a", "max_pages=1")
    live.crawl(*FA, "-a", "since=2026-06-01")
    assert page(live, 2) not in live.asked()
    assert {entry["over"] for entry in live.run["columns"]} == {"unchanged"}


def test_a_pinned_old_row_does_not_stop_a_walk(live: LiveSite) -> None:
    """The oldest rows stand on top of the page, marked as highlights; the news follow."""
    live.crawled(*ONE)
    new = live.site.publish("fa", SHOW, 30)

    def highlighted(_: Any) -> Answer:
        own = live.site.listed(column(live, SHOW))
        body = live.site.answer(encode(page(live, 1))).body
        box = "".join(
            '<div class="m-item-list-article m-item-list-article--highlighted-main">'
            f'<a href="{encode(old.path)}">{old.title}</a></div>'
            for old in own[-6:]
        )
        marked = body.replace(b"<h1", f'<div class="o-layout-list">{box}</div><h1'.encode(), 1)
        assert marked != body
        return Answer(200, [("Content-Type", "text/html; charset=UTF-8")], marked)

    live.override(page(live, 1), highlighted)
    live.crawl(*ONE)
    assert set(new) <= live.stored


def test_an_old_row_kept_on_top_does_not_stop_a_walk(live: LiveSite) -> None:
    """The column of the site that keeps an old row above its newest one."""
    name = "科技时空"
    live.crawl("-a", f"columns={name}")
    new = live.site.publish("cn", name, 30)
    live.crawl("-a", f"columns={name}", "-s", "NEWSCRAWL_DRIFT=1")
    assert set(new) <= live.stored


def test_since_growing_backwards_over_kills_finds_everything(live: LiveSite) -> None:
    for since in ("2025-06-01", "2024-01-01", "2022-06-01"):
        live.crawl_killed_at(page(live, 1, OTHER), *FA, "-a", f"since={since}")
        live.crawl(*FA, "-a", f"since={since}")
        wanted = {a.url for a in live.site.articles("fa") if a.published_at.isoformat() > since}
        assert wanted <= live.stored
    live.crawl(*FA)
    assert live.stored == true(live)
    assert live.rows("SELECT DISTINCT floor FROM columns") == [(BOTTOM,)]
    assert len(live.records) == len(live.stored)


@pytest.mark.parametrize("cut", ["max_pages", "kill", "error"])
def test_a_cut_walk_and_one_with_since_hide_nothing_from_the_next(live: LiveSite, cut: str) -> None:
    """Rows that only the cut walk showed are not known, however far later walks have come."""
    if cut == "max_pages":
        live.crawl(*ONE, "-a", "max_pages=1")
    elif cut == "kill":
        live.crawl_killed_at(page(live, 2), *ONE)
    else:
        live.override(page(live, 2), Answer(503))
        live.crawl(*ONE)
        live.server.overrides.clear()
    live.crawl(*ONE, "-a", "since=2026-06-01")
    live.crawl(*ONE, "-s", "NEWSCRAWL_FULL_EVERY=3650d")
    assert live.stored == live.articles(SHOW)


def test_a_page_that_repeats_an_earlier_one_ends_the_listing(live: LiveSite) -> None:
    second = live.site.answer(encode(page(live, 2)))
    third = replace(second, body=second.body.replace(b"</main>", b"<p>3</p></main>"))
    live.override(page(live, 3), third)
    check_end(live, page(live, 3))


def test_a_missing_page_ends_the_listing(live: LiveSite) -> None:
    live.override(page(live, 3), Answer(404))
    check_end(live, page(live, 3))


def test_a_page_without_rows_ends_the_listing(live: LiveSite) -> None:
    third = live.site.answer(encode(page(live, 3)))
    body = re.sub(rb'href="[^"]*/20\d{6}[^"]*"', b'href="#"', third.body)
    assert body != third.body
    live.override(page(live, 3), replace(third, body=body))
    check_end(live, page(live, 3))


def test_a_page_that_is_missing_for_a_moment_is_no_end(live: LiveSite) -> None:
    """Not on the first crawl, nor once rows are known that the walk has not come to."""
    live.override(page(live, 2), Answer(404))
    live.crawl(*ONE)
    assert live.run["columns"][0]["over"] == "unsure"
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    new = live.site.publish("fa", SHOW, 30)
    live.override(page(live, 3), Answer(410))
    live.crawl(*ONE)
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert set(new) <= live.stored


def check_end(live: LiveSite, missing: str) -> None:
    """The listing has ended once two walks in a row have found nothing on the page."""
    for over in ("unsure", "end", "unchanged"):
        live.crawl(*ONE)
        assert live.run["columns"][0]["over"] == over
        assert (live.asked().count(missing) > 0) == (over != "unchanged")
    assert floor(live) == BOTTOM
    assert len(live.stored) == 24
    assert live.rows("SELECT gone_at, full_at IS NULL FROM columns") == [(None, 0)]


@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_first_page_is_a_column_that_is_gone(live: LiveSite, status: int) -> None:
    live.crawled(*ONE)
    live.override(page(live, 1), Answer(status))
    done = live.crawl(*ONE, code=1)
    assert f"column {SHOW}" in done.stderr
    assert "is gone: mend its seed" in done.stderr
    assert live.stored == live.articles(SHOW), "what was stored stays"
    assert live.rows("SELECT gone_at IS NULL FROM columns") == [(0,)]
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert live.run["columns"][0]["over"] == "unchanged"
    assert live.rows("SELECT gone_at FROM columns") == [(None,)], "it is back"


def test_validators_are_kept_only_from_walks_that_ended(live: LiveSite) -> None:
    live.crawl(*ONE, "-a", "max_pages=1")
    assert live.rows("SELECT etag, last_modified FROM columns") == [(None, None)]
    live.override(page(live, 2), Answer(500))
    live.crawl(*ONE, code=1)
    assert live.rows("SELECT etag, last_modified FROM columns") == [(None, None)]
    live.server.overrides.clear()
    live.crawl(*ONE)
    ((etag, modified),) = live.rows("SELECT etag, last_modified FROM columns")
    assert etag is not None
    assert modified is not None
    assert live.stored == live.articles(SHOW)


def test_a_cut_walk_leaves_the_validator_of_the_last_that_ended(live: LiveSite) -> None:
    """Page 1 goes back to what it was: nothing is lost by the answer that nothing changed."""
    live.crawled(*ONE)
    before = live.rows("SELECT etag FROM columns")
    new = live.site.publish("fa", SHOW, 14)
    live.override(page(live, 2), Answer(500))
    live.crawl(*ONE)
    assert live.rows("SELECT etag FROM columns") == before
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert set(new) <= live.stored


def test_validators_are_not_sent_under_other_rules(live: LiveSite, tmp_path: Path) -> None:
    live.crawled(*ONE)
    others = other_rules(tmp_path / "rules")
    for over in ("known", "unchanged"):
        live.server.requests.clear()
        live.crawl(*ONE, **others)
        first = next(a for a in live.server.requests if a.path == encode(page(live, 1)))
        assert ("If-None-Match" in first.headers) == (over == "unchanged")
        assert live.run["columns"][0]["over"] == over
        assert live.run["asked"] == 0
    live.crawl(*ONE)
    assert live.run["columns"][0]["over"] == "known", "nor back under the old ones"
