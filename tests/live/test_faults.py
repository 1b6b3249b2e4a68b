"""Pages and answers that are wrong: each costs itself and nothing else. What only a hostile server
sends is in tests/faults."""

from __future__ import annotations

import gzip
import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import replay_settings, scrapy, start_scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"
HTML = ("Content-Type", "text/html; charset=UTF-8")


@pytest.fixture
def article(live: LiveSite) -> Any:
    return live.site.articles("fa", SHOW)[1]


def page(live: LiveSite, path: str) -> bytes:
    return live.site.answer(encode(path)).body


def stored(live: LiveSite) -> set[str]:
    return {url for (url,) in live.rows("SELECT url FROM articles")}


def all_urls(live: LiveSite) -> set[str]:
    return {article.url for article in live.site.articles("fa")}


def column_path(live: LiveSite, name: str = SHOW) -> str:
    return next(column.path for column in live.site.columns() if column.name == name)


def cut(body: bytes) -> bytes:
    return body[: body.index(b"</main>")]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("cut", lambda body: Answer(200, [HTML], cut(body))),
        ("no_frame", lambda body: Answer(200, [HTML], bytes(range(256)) * 40)),
        ("no_frame", lambda body: Answer(200, [("Content-Type", "image/png")], b"\x89PNG" * 99)),
    ],
)
def test_a_page_that_is_not_whole_is_tried_again_and_then_owed(
    live: LiveSite, article: Any, reason: str, change: Any
) -> None:
    answer = change(page(live, article.path))
    live.override(article.path, lambda _: answer)
    live.crawl(*FA)
    assert live.asked().count(article.path) == 3
    assert stored(live) == all_urls(live) - {article.url}
    assert live.rows("SELECT reason FROM links WHERE url IS NOT NULL") == [(reason,)]
    assert live.run["owed"] == 1


def test_a_page_that_comes_at_the_second_try_is_stored(live: LiveSite, article: Any) -> None:
    answers = [Answer(200, [HTML], cut(page(live, article.path))), Answer(502)]
    live.override(article.path, lambda _: answers.pop() if answers else None)
    live.crawl(*FA)
    assert stored(live) == all_urls(live)


def test_a_whole_page_without_a_headline_is_rejected_and_kept(live: LiveSite, article: Any) -> None:
    body = page(live, article.path).replace(article.title.encode(), b"")
    body = body.replace(b'"headline"', b'"x"').replace(b'"content_title"', b'"y"')
    body = re.sub(rb"<title>.*?</title>", b"", body, flags=re.DOTALL)
    body = re.sub(rb'<meta property="og:title"[^>]*>', b"", body)
    live.override(article.path, Answer(200, [HTML], body))
    live.crawl(*FA)
    assert live.run["rejected"] == 1
    assert stored(live) == all_urls(live) - {article.url}
    (file,) = (live.data / "rejected").glob("*.jsonl")
    assert '"reason":"no_title"' in file.read_text()
    (kept,) = (live.data / "rejected").glob("*.html.gz")
    assert gzip.decompress(kept.read_bytes()) == body


def test_broken_linked_data_falls_back_and_is_counted(live: LiveSite, article: Any) -> None:
    body = page(live, article.path).replace(b'"@context"', b'{"@context"')
    live.override(article.path, Answer(200, [HTML], body))
    live.crawl(*FA)
    assert stored(live) == all_urls(live)
    (rules,) = live.rows(
        "SELECT json_extract(rules, '$.published_at') FROM articles WHERE url = ?", article.url
    )
    assert rules == ("datalayer.publication",)
    log = next((live.data / "logs").glob("*.log")).read_text()
    assert "newscrawl/rules/fa/published_at/datalayer.publication': 1" in log


def test_an_article_where_a_listing_should_be_cuts_that_walk(live: LiveSite, article: Any) -> None:
    live.override(column_path(live), Answer(200, [HTML], page(live, article.path)))
    done = live.crawl(*FA, code=1)
    assert live.asked().count(column_path(live)) == 3
    assert len(stored(live)) > 20
    assert "not_a_listing" in done.stderr
    (floor,) = live.rows("SELECT floor FROM columns WHERE name = ?", SHOW)
    assert floor == (None,)


def test_a_cut_listing_page_is_no_end(live: LiveSite) -> None:
    second = column_path(live) + "2/"
    live.override(second, Answer(200, [HTML], cut(page(live, second))))
    live.crawl(*FA)
    assert live.rows("SELECT floor FROM columns WHERE name = ?", SHOW) == [(None,)]
    live.server.overrides.clear()
    live.crawl(*FA)
    assert stored(live) == all_urls(live)


def test_a_column_that_is_gone_makes_the_run_unhealthy(live: LiveSite) -> None:
    live.crawl(*FA)
    live.override(column_path(live), Answer(410))
    done = live.crawl(*FA, code=1)
    assert f"column {SHOW}" in done.stderr
    assert "is gone: mend its seed" in done.stderr
    assert live.rows("SELECT gone_at IS NULL FROM columns WHERE name = ?", SHOW) == [(0,)]


def test_fewer_rows_than_the_seed_wants_make_the_run_unhealthy(
    live: LiveSite, tmp_path: Path
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "fa.yaml").write_text(
        "edition: fa\ncolumns:\n"
        f"  - {{name: {SHOW}, path: {column_path(live)}, kind: show, least: 13}}\n"
    )
    given = (*FA, "-s", f"NEWSCRAWL_SEEDS={seeds}")
    for _ in range(2):  # the second time page 1 answers 304, and counts as last seen
        done = live.crawl(*given, code=1)
        assert "shows 12 rows, at least 13 were expected" in done.stderr
    live.crawl(*given, "-a", "since=2020-01-01")  # dates given: not judged


def test_refusals_stop_the_run_and_say_so(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    done = live.crawl(code=1)
    assert "refused: www.rfi.fr answered 403" in done.stderr
    asked = [path for path in live.asked() if path != "/robots.txt"]
    assert sum(not path.endswith("/rss") for path in asked) <= 5 + 2  # two were on their way
    ((answers,),) = live.rows("SELECT json_extract(summary, '$.answers') FROM runs")
    assert json.loads(answers)["403"] == len(asked)
    assert "refused" in scrapy("status", "-s", f"NEWSCRAWL_DATA_DIR={live.data}").stdout


def test_everything_failed_reads_differently(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(500))
    done = live.crawl(*FA, code=1)
    assert "all failed" in done.stderr


def test_nobody_answers(live: LiveSite) -> None:
    done = scrapy(*live.arguments(*FA, "-s", "NEWSCRAWL_ORIGIN=http://127.0.0.1:9"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "robots.txt" in done.stderr


def test_a_missing_robots_txt_allows_everything(live: LiveSite) -> None:
    live.override("/robots.txt", Answer(404))
    live.crawl(*FA)
    assert stored(live) == all_urls(live)


def test_robots_txt_is_obeyed(live: LiveSite) -> None:
    path = column_path(live)
    rules = f"User-agent: *\nDisallow: {encode(path)}\n".encode()
    live.override("/robots.txt", Answer(200, [("Content-Type", "text/plain")], rules))
    done = live.crawl(*FA, code=1)
    assert "robots.txt forbids" in done.stderr
    assert not [asked for asked in live.asked() if asked.startswith(path)]
    assert stored(live)


def test_a_second_run_at_once_leaves_with_3_and_one_that_waits_gets_its_turn(
    live: LiveSite,
) -> None:
    first = start_scrapy(*live.arguments(*FA, "-s", "DOWNLOAD_DELAY=0.05"))
    while len(live.server.requests) < 5:
        time.sleep(0.02)
    second = scrapy(*live.arguments(*FA))
    assert second.returncode == 3
    assert f"run {1}" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    third = scrapy(*live.arguments(*FA, "-s", "NEWSCRAWL_LEASE_WAIT=60s"))
    assert third.returncode == 0, third.stderr
    assert "nothing new" in third.stderr
    _, stderr = first.communicate(timeout=60)
    assert first.returncode == 0, stderr
    assert stored(live) == all_urls(live)


def test_two_replays_into_one_data_dir(tmp_path: Path) -> None:
    slow = ("-s", "DOWNLOAD_DELAY=0")
    first = start_scrapy("crawl", "rfi", *replay_settings(tmp_path), *slow)
    while not list(tmp_path.glob("locks/replay")):
        time.sleep(0.01)
    second = scrapy("crawl", "rfi", *replay_settings(tmp_path))
    assert second.returncode == 3, second.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_a_folder_that_becomes_read_only_while_crawling(live: LiveSite) -> None:
    if os.geteuid() == 0:
        # Root writes anywhere: a file where the folder of records should be stands in for it.
        live.data.mkdir()
        (live.data / "articles").write_text("in the way")
    else:
        live.data.mkdir()
        (live.data / "articles").mkdir(mode=0o500)
    done = scrapy(*live.arguments(*FA))
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert "articles" in done.stderr


def test_a_field_that_vanishes_makes_the_run_unhealthy_and_is_named(live: LiveSite) -> None:
    live.crawl(*FA)
    new = live.site.publish("fa", SHOW, 14)

    def without_tags(asked: Any) -> Answer | None:
        answer = live.site.answer(asked.path)
        body = re.sub(rb'<div class="t-content__tags">.*?</ul>', b"", answer.body, flags=re.DOTALL)
        body = body.replace(b'"tags"', b'"x"').replace(b'"supertag"', b'"x"')
        body = body.replace(b'"keywords"', b'"x"').replace(b'article:tag"', b'x"')
        return Answer(200, [HTML], body)

    for url in new:
        live.server.overrides[url.removeprefix("https://www.rfi.fr")] = without_tags
    done = live.crawl(*FA, code=1)
    assert "tags of fa is in 0% of 14 records, 100% before" in done.stderr
    assert "dom.tags" in done.stderr
    assert set(new) <= stored(live), "what was found is stored all the same"
