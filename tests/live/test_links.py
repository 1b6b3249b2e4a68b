"""What becomes of a link: debts, dead ends, rejections, and the addresses that lead to a record."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from fixtures.model import HOST, Article, encode
from fixtures.site import Answer
from tests.live.conftest import LiveSite
from tests.live.test_looks import as_if_published
from tests.tampering import other_rules

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
HTML = ("Content-Type", "text/html; charset=UTF-8")


@pytest.fixture
def article(live: LiveSite) -> Article:
    return live.site.articles("fa", SHOW)[3]


def body(live: LiveSite, path: str) -> bytes:
    return live.site.answer(encode(path)).body


def key(live: LiveSite, url: str) -> list[tuple[str | None, int]]:
    """Hash of the record that an address led to (``None``: its own), and its state."""
    from newscrawl.rfi import SITE

    return live.rows(
        "SELECT lower(hex(article)), state FROM links WHERE lower(hex(hash)) = ?",
        SITE.url_hash(url),
    )


def record_of(live: LiveSite, url: str) -> str:
    ((url_hash,),) = live.rows("SELECT url_hash FROM articles WHERE url = ?", url)
    return str(url_hash)


def test_a_dead_link_is_gone_after_two_answers_a_day_apart(
    live: LiveSite, article: Article
) -> None:
    live.override(article.path, Answer(404))
    live.crawl(*ONE)
    assert live.owed == {article.url: "http_404"}
    live.asked()
    live.crawl(*ONE)
    assert article.path not in live.asked(), "a day has not passed"
    live.crawl("-a", f"urls={article.url}", code=1)
    assert live.run["owed"] == 1, "asked for by name it is missing again, and still too soon"
    live.let_debts_be_due()
    live.override(article.path, Answer(410))
    live.crawl(*ONE)
    assert live.run["gone"] == 1
    assert live.owed == {}
    for mode in ("update", "full"):
        live.asked()
        live.crawl(*ONE, "-a", f"mode={mode}")
        assert article.path not in live.asked(), "listed as before, it has a day until the next try"


def test_a_gone_link_that_is_listed_again_is_asked_for_at_growing_intervals(
    live: LiveSite, article: Article
) -> None:
    live.override(article.path, Answer(404))
    for _ in range(2):
        live.crawl(*ONE)
        live.let_debts_be_due()
    assert live.rows("SELECT attempts FROM links WHERE state = 2") == [(2,)]
    live.crawl(*ONE)
    assert live.asked().count(article.path) == 2, "page 1 is unchanged: it is not listed again"
    for attempts in (3, 4):
        live.site.publish("fa", SHOW)
        live.crawl(*ONE)
        assert live.run["gone"] == 1
        assert live.rows("SELECT attempts FROM links WHERE state = 2") == [(attempts,)]
        live.site.publish("fa", SHOW)
        live.crawl(*ONE)
        assert live.asked().count(article.path) == 1, "its next try has not come"
        live.let_debts_be_due()
    live.server.overrides.clear()
    live.crawl_killed_at(article.path, *ONE, "-a", "mode=full")
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW), "listed and due, it was pending"


def test_a_stored_article_that_was_gone_and_is_listed_again_lives(
    live: LiveSite, article: Article
) -> None:
    live.crawl(*ONE)
    live.override(article.path, Answer(404))
    for code in (1, 0):
        live.crawl("-a", f"urls={article.url}", code=code)
        live.change("UPDATE links SET next_try = '2000-01-01T00:00:00+00:00' WHERE reason NOTNULL")
    assert live.rows("SELECT url FROM articles WHERE gone_at NOTNULL") == [(article.url,)]
    live.server.overrides.clear()
    live.site.publish("fa", SHOW)
    live.crawl(*ONE)
    assert live.rows("SELECT url FROM articles WHERE gone_at NOTNULL") == []


def test_an_article_lives_as_long_as_any_address_of_it_works(
    live: LiveSite, article: Article
) -> None:
    """A new slug: its old address is missing, the new one is listed."""
    live.crawl(*ONE)
    new = moved(live, article)
    listing = body(live, article.column.path)
    listing = listing.replace(encode(article.path).encode(), encode(new).encode())
    live.override(article.column.path, Answer(200, [HTML], listing))
    live.override(article.path, Answer(404))
    live.crawl(*ONE)
    for _ in range(2):
        live.crawl("-a", f"urls={article.url}")
        assert live.asked()[-2:] == [article.path, new], "the other address is asked for at once"
        live.change("UPDATE links SET next_try = '2000-01-01T00:00:00+00:00' WHERE reason NOTNULL")
    assert live.run["gone"] == 1
    assert key(live, article.url) == [("", 2)], "the old address is gone"
    assert live.rows("SELECT count(*) FROM articles WHERE gone_at NOTNULL") == [(0,)]
    as_if_published(live, article.url, hours=2, asked_hours=1.5)
    live.asked()
    live.crawl(*ONE)
    asked = live.asked()
    assert new in asked, "it is looked at again where it is"
    assert article.path not in asked


def test_an_article_whose_last_address_is_missing_is_asked_for_under_its_own_at_once(
    live: LiveSite, article: Article
) -> None:
    live.crawl(*ONE)
    path = moved(live, article)
    live.crawl("-a", f"urls={HOST + encode(path)}")
    live.override(path, Answer(404))
    as_if_published(live, article.url, hours=2, asked_hours=1.5)
    live.asked()
    live.crawl(*ONE)
    asked = [one for one in live.asked() if "/20" in one]
    assert asked == [path, article.path]
    assert (live.run["refreshed"], live.run["owed"]) == (1, 1)


def test_a_304_that_nobody_asked_for_is_a_fault(live: LiveSite, article: Article) -> None:
    live.override(article.path, Answer(304))
    live.crawl(*ONE)
    asked = [one for one in live.server.requests if one.path == encode(article.path)]
    assert [one.headers.get("Cache-Control") for one in asked] == [None, "no-cache", "no-cache"]
    assert live.owed == {article.url: "unasked_304"}
    listing = article.column.path
    live.override(listing, Answer(304))
    live.change("UPDATE columns SET etag = NULL, last_modified = NULL")
    done = live.crawl(*ONE, code=1)
    assert "unasked_304" in done.stderr
    live.server.overrides.clear()
    live.let_debts_be_due()
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)


def test_one_content_id_on_many_pages_folds_none_into_one(live: LiveSite) -> None:
    """The site's template bug, on every page of a column; then the site is mended."""

    def with_one_id(asked: Any) -> Answer | None:
        answer = live.site.answer(asked.path)
        one = re.sub(rb"WB[0-9A-F]{6}-RFI-(\w+)-\d{8}", rb"WB123456-RFI-\1-20230101", answer.body)
        return None if one == answer.body else Answer(answer.status, [HTML], one)

    live.override("*", with_one_id)
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    assert live.rows("SELECT count(DISTINCT content_id) FROM articles") == [(1,)]
    live.server.overrides.clear()
    live.crawl(*ONE, "-a", "mode=refresh")
    assert live.stored == live.articles(SHOW)
    ((ids,),) = live.rows("SELECT count(DISTINCT content_id) FROM articles")
    assert ids == len(live.stored)


def test_a_dead_link_that_comes_back_when_asked_for_by_name_is_stored(
    live: LiveSite, article: Article
) -> None:
    live.override(article.path, Answer(404))
    live.crawl(*ONE)
    live.let_debts_be_due()
    live.crawl(*ONE)
    live.server.overrides.clear()
    live.crawl("-a", f"urls={article.url}")
    assert live.stored == live.articles(SHOW)


def test_a_debt_under_an_unchanged_listing_is_paid_when_it_is_due(
    live: LiveSite, article: Article
) -> None:
    live.override(article.path, Answer(500))
    live.crawl(*ONE)
    for attempts in (2, 3):
        live.let_debts_be_due()
        live.crawl(*ONE, code=1)
        assert live.run["columns"][0]["over"] == "unchanged"
        assert live.rows("SELECT attempts FROM links WHERE url IS NOT NULL") == [(attempts,)]
    live.server.overrides.clear()
    live.let_debts_be_due()
    live.crawl(*ONE)
    assert live.run["columns"][0]["over"] == "unchanged"
    assert live.stored == live.articles(SHOW)
    assert live.owed == {}


def test_a_run_of_given_addresses_pays_no_other_debt(live: LiveSite, article: Article) -> None:
    live.override(article.path, Answer(500))
    live.crawl(*ONE)
    live.server.overrides.clear()
    live.let_debts_be_due()
    live.asked()
    other = live.site.articles("fa", SHOW)[5]
    live.crawl("-a", f"urls={other.url}")
    assert live.asked() == ["/robots.txt", other.path]


def without_headline(page: bytes, article: Article) -> bytes:
    page = page.replace(article.title.encode(), b"")
    page = page.replace(b'"headline"', b'"x"').replace(b'"content_title"', b'"y"')
    page = re.sub(rb"<title>.*?</title>", b"", page, flags=re.DOTALL)
    return re.sub(rb'<meta property="og:title"[^>]*>', b"", page)


def test_a_rejected_page_is_asked_for_again_under_other_rules(
    live: LiveSite, article: Article, tmp_path: Path
) -> None:
    page = without_headline(body(live, article.path), article)
    live.override(article.path, Answer(200, [HTML], page))
    live.crawl(*ONE)
    assert live.run["rejected"] == 1
    live.server.overrides.clear()
    live.asked()
    live.crawl(*ONE)
    assert article.path not in live.asked(), "the same rules would say the same"
    live.crawl(*ONE, **other_rules(tmp_path / "rules"))
    assert live.asked().count(article.path) == 1
    assert live.stored == live.articles(SHOW)
    assert live.owed == {}


def test_every_address_that_led_to_a_record_is_an_alias(live: LiveSite, article: Article) -> None:
    """A listing shows an old address; two redirects on, the page has another ``og:url``."""
    shown = f"{article.path}-old"
    hop = f"/fa/{article.day:%Y%m%d}-{article.slug}"
    og = HOST + encode(f"/fa/x/{article.day:%Y%m%d}-{article.slug}")
    listing = body(live, article.column.path).replace(
        encode(article.path).encode(), encode(shown).encode()
    )
    live.override(article.column.path, Answer(200, [HTML], listing))
    page = body(live, article.path)
    found = f'<meta property="og:url" content="{article.url}">'
    assert found.encode() in page
    page = page.replace(found.encode(), found.replace(article.url, og).encode())
    live.override(article.path, Answer(200, [HTML], page))
    live.override(shown, Answer(301, [("Location", HOST + encode(hop))]))
    live.override(hop, Answer(302, [("Location", article.url)]))
    live.crawl(*ONE)
    assert article.url in live.stored
    record = record_of(live, article.url)
    for alias in (HOST + encode(shown), HOST + encode(hop), og):
        assert key(live, alias) == [(record, 1)], alias
    live.server.overrides.clear()
    live.crawl(*ONE, "-a", "mode=full")
    assert live.run["asked"] == 0, "its own address is known too"
    assert live.stored == live.articles(SHOW)


def with_canonical(page: bytes, url: str) -> bytes:
    """The page calls itself by another address, everywhere."""
    page = re.sub(rb'(<link rel="canonical" href=")[^"]*', rb"\g<1>" + url.encode(), page)
    return re.sub(rb'(<meta property="og:url" content=")[^"]*', rb"\g<1>" + url.encode(), page)


def test_a_canonical_that_points_to_the_column_is_not_believed(
    live: LiveSite, article: Article
) -> None:
    column = HOST + encode(article.column.path)
    others = live.site.articles("fa", SHOW)[:6]
    for one in others:
        live.override(one.path, Answer(200, [HTML], with_canonical(body(live, one.path), column)))
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW), "each under its own address"
    assert f"'newscrawl/extract/canonical_refused': {len(others)}" in live.log
    assert key(live, column) == []
    live.asked()
    live.crawl(*ONE)
    assert live.asked() == ["/robots.txt", article.column.path]


def test_a_canonical_that_points_to_another_article_is_not_believed(
    live: LiveSite, article: Article
) -> None:
    other = live.site.articles("fa", SHOW)[8]
    page = with_canonical(body(live, article.path), other.url)
    live.override(article.path, Answer(200, [HTML], page))
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    titles = dict(live.rows("SELECT url, title FROM articles"))
    assert (titles[article.url], titles[other.url]) == (article.title, other.title)


def moved(live: LiveSite, article: Article) -> str:
    """The same page, content id and all, stands at an address in another section now."""
    path = f"/fa/فرهنگ/{article.day:%Y%m%d}-{article.slug}"
    page = body(live, article.path).replace(article.url.encode(), (HOST + encode(path)).encode())
    live.override(path, Answer(200, [HTML], page))
    return path


@pytest.mark.parametrize("redirects", [True, False])
def test_the_same_content_id_under_a_new_address_keeps_the_first(
    live: LiveSite, article: Article, redirects: bool
) -> None:
    live.crawled(*ONE)
    lines = len(live.records)
    path = moved(live, article)
    new: Any = HOST + encode(path)
    if redirects:
        live.override(article.path, Answer(301, [("Location", new)]))
    live.crawl("-a", f"urls={article.url if redirects else new}")
    assert live.run["new"] == live.run["changed"] == 0
    assert live.stored == live.articles(SHOW)
    assert len(live.records) == lines
    assert key(live, new) == [(record_of(live, article.url), 1)]
    live.asked()
    live.crawl(*ONE, "-a", "mode=full")
    assert live.run["asked"] == 0


def test_a_new_address_on_a_listing_is_the_same_article(live: LiveSite, article: Article) -> None:
    live.crawled(*ONE)
    path = moved(live, article)
    listing = body(live, article.column.path).replace(
        encode(article.path).encode(), encode(path).encode()
    )
    live.override(article.column.path, Answer(200, [HTML], listing))
    live.asked()
    live.crawl(*ONE)
    assert live.asked().count(path) == 1
    assert live.stored == live.articles(SHOW)
    live.crawl(*ONE)
    assert path not in live.asked(), "known from now on"
