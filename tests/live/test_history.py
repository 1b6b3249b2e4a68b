"""The versions of an article as people read them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from fixtures.model import encode
from tests.crawling import ROOT, scrapy
from tests.live.conftest import LiveSite

SHOW = "دفتر دانش"


def history(live: LiveSite, url: str, *more: str, code: int = 0) -> Any:
    done = scrapy("history", url, "-s", f"NEWSCRAWL_DATA_DIR={live.data}", *more)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("outputs", ["jsonlines,sqlite", "jsonlines"])
def test_a_changed_story(live: LiveSite, outputs: str) -> None:
    live.crawl("-a", f"columns={SHOW}", outputs=outputs)
    article = live.site.articles("fa", SHOW)[1]
    told = history(live, article.url).stdout
    assert "version 1" in told
    assert article.title in told
    live.site.edit(article.url, lead="یک خط تازه", minutes=77)
    live.crawl("-a", f"urls={article.url}", outputs=outputs)
    told = history(live, article.url + "?utm_source=x#pager").stdout
    assert "version 2" in told
    assert "the story changed" in told
    assert "    + یک خط تازه" in told
    assert f"    - {article.lead}" in told
    assert "also: reading_minutes" in told
    assert ("line files only" in told) == (outputs == "jsonlines")


def test_an_alias_leads_to_the_article(live: LiveSite) -> None:
    live.crawl("-a", "editions=fa")
    article = next(found for found in live.site.articles("fa") if found.other_paths)
    other = "https://www.rfi.fr" + encode(article.other_paths[0])
    assert article.url in history(live, other).stdout


def test_as_json(live: LiveSite) -> None:
    live.crawl("-a", f"columns={SHOW}")
    url = live.site.articles("fa", SHOW)[1].url
    found = json.loads(history(live, url, "--json").stdout)
    schema = json.loads((ROOT / "docs/json/history.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    record = json.loads((ROOT / "docs/json/article.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(record).validate(found["versions"][0]["record"])


def test_what_is_not_stored_and_what_is_no_address(live: LiveSite) -> None:
    unknown = "https://www.rfi.fr/fa/x/20240101-unknown"
    assert "is not stored in" in history(live, unknown, code=1).stderr
    assert "name an article" in history(live, "https://www.example.org/", code=2).stderr
