"""An origin acts in the download handler alone: every other part sees www.rfi.fr."""

from __future__ import annotations

import pytest

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import scrapy
from tests.live.conftest import LiveSite


def test_addresses_of_the_origin_come_back_as_the_sites(live: LiveSite) -> None:
    article = live.site.articles("fa")[0]
    old = "/fa/old/20200101-an-old-address"
    here = live.server.origin + encode(article.path)
    live.override(old, Answer(301, [("Location", here), ("Content-Location", here)]))
    live.crawl("-a", f"urls=https://www.rfi.fr{old}")
    (record,) = live.records
    assert record["url"] == article.url
    assert live.server.origin not in str(record)
    log = next((live.data / "logs").glob("*.log")).read_text()
    assert "127.0.0.1" not in log.replace(f"'NEWSCRAWL_ORIGIN': '{live.server.origin}'", "")


def test_relative_redirects_of_listings_are_followed(live: LiveSite) -> None:
    column = next(c for c in live.site.columns() if c.edition.prefix == "fa" and c.kind == "show")
    moved = column.path.replace("/fa/", "/fa/new/")
    page = live.site.answer(encode(column.path)).body
    live.override(column.path, Answer(301, [("Location", encode(moved))]))
    live.override(moved, Answer(200, [("Content-Type", "text/html; charset=utf-8")], page))
    live.crawl("-a", f"columns={column.name}")
    assert {record["url"] for record in live.records} <= live.articles(column.name)
    assert live.records


@pytest.mark.parametrize(
    "origin", ["127.0.0.1:8123", "http://127.0.0.1:x", "http://127.0.0.1/path", "ftp://x"]
)
def test_an_origin_that_is_none_is_refused(live: LiveSite, origin: str) -> None:
    done = scrapy(*live.arguments("-s", f"NEWSCRAWL_ORIGIN={origin}"))
    assert done.returncode == 2
    assert "NEWSCRAWL_ORIGIN is" in done.stderr


def test_an_origin_elsewhere_needs_a_contact(live: LiveSite) -> None:
    done = scrapy(*live.arguments("-s", "NEWSCRAWL_ORIGIN=https://mirror.example.org"))
    assert done.returncode == 2
    assert "NEWSCRAWL_CONTACT" in done.stderr
