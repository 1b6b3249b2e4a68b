"""What becomes of a stored article whose page changes, and how ``scrapy history`` tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.model import HOST, Article, Recording, encode
from fixtures.server import serve
from fixtures.site import Answer, StandInSite
from tests.crawling import scrapy
from tests.live.conftest import LiveSite
from tests.tampering import tampered

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
REFRESH = (*ONE, "-a", "mode=refresh")
HTML = ("Content-Type", "text/html; charset=UTF-8")


@pytest.fixture
def article(live: LiveSite) -> Article:
    """A stored article."""
    live.crawled(*ONE)
    return next(found for found in live.site.articles("fa", SHOW)[2:] if found.audio)


def history(live: LiveSite, url: str) -> str:
    done = scrapy("history", url, "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def causes(live: LiveSite, url: str) -> list[tuple[int, str]]:
    """Version and cause, oldest first."""
    done = scrapy("history", url, "--json", "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    found = json.loads(done.stdout)["versions"]
    return [(version["record"]["version"], version["cause"]) for version in found]


def lines(live: LiveSite, url: str) -> list[dict[str, Any]]:
    return [record for record in live.records if record["url"] == url]


def test_an_edited_title(live: LiveSite, article: Article) -> None:
    before = article.title
    live.site.edit(article.url, title="عنوان تازه")
    live.crawl(*REFRESH)
    assert (live.run["changed"], live.run["known"]) == (1, len(live.stored) - 1)
    assert [(line["version"], line["title"]) for line in lines(live, article.url)] == [
        (1, before),
        (2, "عنوان تازه"),
    ]
    assert live.rows("SELECT version, title FROM article_versions") == [(1, before)]
    assert causes(live, article.url) == [(1, "full"), (2, "story")]
    told = history(live, article.url)
    assert f"    - {before}\n" in told
    assert "    + عنوان تازه\n" in told
    assert "the story changed" in told


def test_a_corrected_paragraph(live: LiveSite, article: Article) -> None:
    (old,) = lines(live, article.url)
    wrong = old["text"].split("\n\n")[1]
    right = "جمله ای که درست شده است."
    page = live.site.answer(encode(article.path)).body
    assert page.count(wrong.encode()) >= 1
    live.override(article.path, Answer(200, [HTML], page.replace(wrong.encode(), right.encode())))
    live.crawl(*REFRESH)
    assert live.run["changed"] == 1
    first, second = lines(live, article.url)
    assert (first["text"], second["version"]) == (old["text"], 2)
    assert right in second["text"]
    assert wrong not in second["text"]
    assert first["content_hash"] != second["content_hash"]
    assert live.rows("SELECT version, text FROM article_versions") == [(1, old["text"])]
    assert causes(live, article.url) == [(1, "full"), (2, "story")]
    told = history(live, article.url)
    assert f"    - {wrong}\n" in told
    assert f"    + {right}\n" in told
    live.crawl(*REFRESH)
    assert live.run["changed"] == 0, "once"


def test_late_audio_and_new_tags_are_furniture(live: LiveSite, article: Article) -> None:
    count = len(live.records)
    late = Recording("late", "https://aod-rfi.akamaized.net/rfi/late.mp3", 99, "late", SHOW)
    tags = [*article.story.tags, "برچسب تازه"]
    live.site.edit(article.url, audio=[*article.audio, late], tags=tags)
    live.crawl(*REFRESH)
    assert (live.run["refreshed"], live.run["changed"]) == (1, 0)
    assert len(live.records) == count, "no line"
    ((version, updated, found, audio),) = live.rows(
        "SELECT version, updated_at, tags, audio FROM articles WHERE url = ?", article.url
    )
    assert version == 1
    assert updated is not None
    assert "برچسب تازه" in [tag["name"] for tag in json.loads(found)]
    assert late.url in audio
    assert live.rows("SELECT count(*) FROM article_versions") == [(0,)]
    assert causes(live, article.url) == [(1, "full")]
    assert "version 2" not in history(live, article.url)


def test_a_removed_article_is_kept_and_said_to_be_gone(live: LiveSite, article: Article) -> None:
    live.site.unpublish(article.url)
    live.override(article.path, Answer(404))
    urls = ("-a", f"urls={article.url}")
    live.crawl(*urls, code=1)
    assert live.rows("SELECT gone_at FROM articles WHERE url = ?", article.url) == [(None,)]
    live.crawl(*urls, code=1)
    assert live.rows("SELECT gone_at FROM articles WHERE url = ?", article.url) == [(None,)]
    live.let_debts_be_due()  # as if a day had passed
    live.crawl(*urls)
    assert live.run["gone"] == 1
    ((gone, text),) = live.rows("SELECT gone_at, text FROM articles WHERE url = ?", article.url)
    assert gone is not None
    assert text == lines(live, article.url)[0]["text"]
    assert f"gone from the site since {gone}; the record is kept" in history(live, article.url)
    live.server.overrides.clear()


def test_an_article_that_came_back_is_gone_no_more(live: LiveSite, article: Article) -> None:
    live.override(article.path, Answer(410))
    for _ in range(2):
        live.let_debts_be_due()
        live.crawl(*REFRESH)
    assert live.run["gone"] == 1
    live.server.overrides.clear()
    live.crawl("-a", f"urls={article.url}")
    assert live.rows("SELECT gone_at FROM articles WHERE url = ?", article.url) == [(None,)]
    assert "gone from the site" not in history(live, article.url)
    assert len(lines(live, article.url)) == 1


@pytest.mark.parametrize("redirects", [True, False])
def test_a_moved_article_keeps_its_first_address(
    live: LiveSite, article: Article, redirects: bool
) -> None:
    path = f"/fa/فرهنگ/{article.day:%Y%m%d}-{article.slug}"
    url = HOST + encode(path)
    page = live.site.answer(encode(article.path)).body
    page = page.replace(article.url.encode(), url.encode())
    page = page.replace(article.title.encode(), "عنوان تازه".encode())
    live.override(path, Answer(200, [HTML], page))
    if redirects:
        live.override(article.path, Answer(301, [("Location", url)]))
    live.crawl("-a", f"urls={article.url if redirects else url}")
    assert live.run["changed"] == 1
    assert [line["version"] for line in lines(live, article.url)] == [1, 2]
    assert lines(live, url) == []
    for address in (article.url, url, f"{url}?utm_source=x"):
        assert causes(live, address) == [(1, "full"), (2, "story")]
        told = history(live, address)
        assert told.startswith(article.url)
        assert "    + عنوان تازه\n" in told


#: Rules that lose the last paragraph of every other story.
_WORSE = """
from newscrawl.rfi import RfiSite, article
RfiSite.extractor = "worse"
usual = article._derive
def worse(found, page):
    usual(found, page)
    if found.text and int(found.url_hash, 16) % 2:
        found.text = found.text.rpartition("\\n\\n")[0]
article._derive = worse
"""


def test_better_rules_over_a_thousand_articles_are_no_news(tmp_path: Path) -> None:
    site = StandInSite.generated(articles=1000, weight=0)
    with serve(site) as server:
        live = LiveSite(site, server, tmp_path / "data")
        seeds = tmp_path / "seeds"
        seeds.mkdir()
        columns = "".join(
            f"  - {{name: {column.name}, path: {column.path}, kind: {column.kind}}}\n"
            for column in site.columns()
        )
        (seeds / "cn.yaml").write_text(f"edition: cn\ncolumns:\n{columns}")
        given = ("-s", f"NEWSCRAWL_SEEDS={seeds}", "-s", "NEWSCRAWL_RELOOK=")
        live.crawl(*given, **tampered(tmp_path / "worse", _WORSE))
        assert len(live.stored) == 1000
        hashes = [url_hash for (url_hash,) in live.rows("SELECT url_hash FROM articles")]
        worse = [url_hash for url_hash in hashes if int(url_hash, 16) % 2]

        # No page says that it is unchanged, so that the better rules read them all.
        live.override("*", lambda asked: site.answer(asked.path))
        done = live.crawl(*given, "-a", "mode=refresh")
        assert live.run["known"] + live.run["refreshed"] == 1000 - len(worse)
        assert f"'newscrawl/store/changed_by_rules': {len(worse)}" in live.log
        assert live.rows(
            "SELECT s.cause, a.version, count(*) FROM articles a JOIN article_state s"
            " USING (url_hash) GROUP BY 1, 2 ORDER BY 1"
        ) == [("full", 1, 1000 - len(worse)), ("rules", 2, len(worse))]
        assert "0 new, 0 changed" in done.stderr, "none is a change of the story"
        assert f"{len(worse)} read otherwise by newer rules" in done.stderr
        ((url,),) = live.rows("SELECT url FROM articles WHERE url_hash = ?", worse[0])
        assert "newer rules read it otherwise" in history(live, url)
