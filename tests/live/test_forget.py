"""Forgetting as a process, and crawls after it."""

from __future__ import annotations

import json
import time
from typing import Any

import jsonschema

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import ROOT, scrapy, start_scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"


def forget(live: LiveSite, *arguments: str, code: int = 0) -> Any:
    done = scrapy("forget", *arguments, "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_forgotten_article_stays_away(live: LiveSite) -> None:
    live.crawl(*FA)
    article = next(found for found in live.site.articles("fa") if found.other_paths)
    other = "https://www.rfi.fr" + encode(article.other_paths[0])
    told = forget(live, other + "?utm_source=x").stdout
    assert "versions removed: 1, addresses: 2" in told
    (file,) = (live.data / "articles").glob("*.jsonl")
    lines = file.read_text("utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if json.loads(line)["url"] == article.url)
    assert f"still in articles/{file.name}, line {number}\n" in told
    assert live.rows("SELECT count(*) FROM articles WHERE url = ?", article.url) == [(0,)]
    text = json.loads(lines[number - 1])["text"].split("\n\n")[0].encode()
    held = b"".join(path.read_bytes() for path in live.data.glob("newscrawl.db*"))
    assert len(text) > 40
    assert text not in held

    live.asked()
    for mode in ("full", "refresh"):
        live.crawl(*FA, "-a", f"mode={mode}")
        asked = live.asked()
        assert len(asked) > 3
        assert article.path not in asked
        assert article.other_paths[0] not in asked
    for url in (article.url, other):
        done = live.crawl("-a", f"urls={url}", code=2)
        assert "was forgotten" in done.stderr
    assert live.asked() == []


def test_it_does_not_come_back_through_a_new_address(live: LiveSite) -> None:
    show = ("-a", f"columns={SHOW}")
    live.crawl(*show)
    article = live.site.articles("fa", SHOW)[1]
    forget(live, article.url)
    page = live.site.answer(article.path)
    (new,) = live.site.publish("fa", SHOW)
    live.override(live.site.article(new).path, Answer(301, [("Location", article.url)]))
    live.crawl(*show)
    assert live.run["left_out"] == 1
    assert live.run["new"] == 0
    (second,) = live.site.publish("fa", SHOW)
    answer = Answer(200, [("Content-Type", "text/html")], page.body)
    live.override(live.site.article(second).path, answer)
    live.crawl(*show)
    assert live.run["left_out"] == 1
    assert live.rows("SELECT count(*) FROM links WHERE state = 5") == [(3,)]
    assert live.rows("SELECT count(*) FROM articles WHERE url = ?", article.url) == [(0,)]


def test_while_a_crawl_runs(live: LiveSite) -> None:
    crawl = start_scrapy(*live.arguments(*FA, "-s", "DOWNLOAD_DELAY=0.05"))
    database = live.data / "newscrawl.db"
    while not database.exists() or not live.rows("SELECT 1 FROM sqlite_master"):
        time.sleep(0.02)
    while not (urls := [url for (url,) in live.rows("SELECT url FROM articles")]):
        time.sleep(0.02)
    told = forget(live, urls[0]).stdout
    assert "versions removed: 1" in told
    owed = next(url for url in (a.url for a in live.site.articles("fa")) if url not in urls)
    crawl.communicate(timeout=120)
    assert crawl.returncode == 0
    assert live.rows("SELECT count(*) FROM articles WHERE url = ?", urls[0]) == [(0,)]
    assert live.rows("SELECT count(*) FROM articles WHERE url = ?", owed) == [(1,)]
    assert live.run["differences"] == []


def test_several_addresses_and_mistakes(live: LiveSite) -> None:
    live.crawl("-a", f"columns={SHOW}")
    urls = [article.url for article in live.site.articles("fa", SHOW)[:2]]
    unknown = "https://www.rfi.fr/fa/x/20240101-unknown"
    done = forget(live, urls[0], unknown, urls[1], "--json", code=1)
    assert f"{unknown} is not stored" in done.stderr
    found = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs/json/forget.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert [one["url"] for one in found["forgotten"]] == urls
    assert found["not_stored"] == [unknown]
    assert "was forgotten before" in forget(live, urls[0]).stdout
    assert "name an article" in forget(live, code=2).stderr
    assert "nothing was forgotten" in forget(live, "https://www.example.org/", code=2).stderr
    live.data = live.data / "none"
    assert "no database" in forget(live, urls[0], code=2).stderr
    assert not live.data.exists()
    status = scrapy("status", "--json", "-s", f"NEWSCRAWL_DATA_DIR={live.data.parent}")
    assert json.loads(status.stdout)["links"]["forgotten"] == 2
