"""The sums of a run, on every way on which a request or an article may get lost.

``LiveSite.crawl`` checks after every crawl that the sums balance; here each crawl is disturbed, and
the next, undisturbed one must end with everything.
"""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.live.conftest import LiveSite
from tests.tampering import tampered

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")

_PIPELINES = """
from scrapy.exceptions import DropItem

class Dropping:
    def process_item(self, item):
        if item.link.url.endswith(WANTED):
            raise DropItem("not for us")
        return item

class Breaking:
    def process_item(self, item):
        if item.link.url.endswith(WANTED):
            raise ValueError("broken")
        return item

class Replacing:
    def process_item(self, item):
        return {"title": "no capture"} if item.link.url.endswith(WANTED) else item

class BreakingLate:
    def process_item(self, item):
        if item.url.endswith(WANTED):
            raise ValueError("broken")
        return item
"""


@pytest.fixture
def target(live: LiveSite) -> Any:
    return live.site.articles("fa", SHOW)[3]


def with_pipeline(folder: Path, name: str, place: int, target: Any) -> dict[str, str]:
    wanted = target.url.rpartition("/")[2]
    (folder / "tamper").mkdir()
    (folder / "tamper" / "foreign.py").write_text(f"WANTED = {wanted!r}\n{_PIPELINES}")
    pipelines = {
        "newscrawl.pipelines.validate.ValidatePipeline": 100,
        "newscrawl.pipelines.store.StorePipeline": 900,
        f"foreign.{name}": place,
    }
    code = f"""
import newscrawl.settings
newscrawl.settings.ITEM_PIPELINES = {json.dumps(pipelines)}
"""
    return tampered(folder / "tamper", code)


def the_next_run_has_all(live: LiveSite) -> None:
    live.let_debts_be_due()
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    full = [record for record in live.records if record["body_status"] == "full"]
    assert len(full) == len(live.stored)
    assert live.owed == {}


@pytest.mark.parametrize(
    ("pipeline", "reason", "code"),
    [
        ("Dropping", "item_dropped", 0),
        ("Breaking", "error_ValueError", 1),
        ("Replacing", "error_AttributeError", 1),
    ],
)
def test_a_foreign_pipeline_before_the_store(
    live: LiveSite, target: Any, tmp_path: Path, pipeline: str, reason: str, code: int
) -> None:
    live.crawl(*ONE, code=code, **with_pipeline(tmp_path, pipeline, 500, target))
    assert live.run["owed"] == 1
    assert live.owed == {target.url: reason}
    assert f"'newscrawl/failed/{reason}': 1" in live.log
    the_next_run_has_all(live)


def test_a_foreign_pipeline_that_breaks_behind_the_store(
    live: LiveSite, target: Any, tmp_path: Path
) -> None:
    done = live.crawl(*ONE, code=1, **with_pipeline(tmp_path, "BreakingLate", 950, target))
    assert "1 pages met an error of newscrawl, first error_ValueError" in done.stderr
    assert "ValueError: broken" in live.log
    assert live.run["owed"] == 0
    assert live.stored == live.articles(SHOW), "what is stored is stored"


def raising(module: str, name: str) -> str:
    """Code that lets a function of a module raise."""
    return f"""
import {module} as module
def broken(*_):
    raise ValueError("broken")
module.{name} = broken
"""


def test_an_article_callback_that_breaks(live: LiveSite, target: Any, tmp_path: Path) -> None:
    code = """
from newscrawl.rfi import RfiSite
usual = RfiSite.read_article
def broken(self, html, url, fetched_at):
    if url.endswith(WANTED):
        raise ValueError("broken")
    return usual(self, html, url, fetched_at)
RfiSite.read_article = broken
""".replace("WANTED", repr(target.url.rpartition("/")[2]))
    done = live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    assert "1 pages met an error of newscrawl, first error_ValueError" in done.stderr
    assert live.owed == {target.url: "error_ValueError"}
    the_next_run_has_all(live)


_LOOPS = """
from newscrawl import watchdog
from newscrawl.rfi import RfiSite
watchdog.watched.__wrapped__.__defaults__ = (0.5,)
def looping(usual):
    def read(self, html, url, *more):
        while url.endswith(WANTED):
            try:
                pass
            except Exception:
                pass
        return usual(self, html, url, *more)
    return read
RfiSite.read_article = looping(RfiSite.read_article)
RfiSite.read_listing = looping(RfiSite.read_listing)
"""


def test_an_article_that_takes_too_long_is_owed_and_the_crawl_goes_on(
    live: LiveSite, target: Any, tmp_path: Path
) -> None:
    code = _LOOPS.replace("WANTED", repr(target.url.rpartition("/")[2]))
    live.crawl(*ONE, **tampered(tmp_path / "tamper", code))
    assert live.owed == {target.url: "slow"}
    assert live.asked().count(target.path) == 1, "the same bytes would take as long"
    assert "'newscrawl/fault/slow': 1" in live.log
    the_next_run_has_all(live)


def test_a_listing_that_takes_too_long_cuts_its_walk(live: LiveSite, tmp_path: Path) -> None:
    code = _LOOPS.replace("WANTED", "'/2/'")
    live.crawl(*ONE, **tampered(tmp_path / "tamper", code))
    (walked,) = live.run["columns"]
    assert walked["over"] == "failed"
    assert walked["problem"].startswith("slow: reading it takes longer than 0.5 s")
    the_next_run_has_all(live)


def test_a_crawl_that_reads_a_slow_page_hears_that_it_is_to_stop(
    live: LiveSite, target: Any, tmp_path: Path
) -> None:
    code = _LOOPS.replace("WANTED", repr(target.url.rpartition("/")[2])).replace("0.5", "3")
    sent = threading.Event()

    def asked(_: Any) -> None:
        sent.set()

    live.override(target.path, asked)
    crawl = live.start(*ONE, **tampered(tmp_path / "tamper", code))
    assert sent.wait(60)
    time.sleep(1)
    crawl.terminate()
    crawl.communicate(timeout=60)
    assert crawl.returncode == 0
    assert live.run["finish_reason"] == "shutdown"
    the_next_run_has_all(live)


def test_an_article_errback_that_breaks(live: LiveSite, target: Any, tmp_path: Path) -> None:
    live.override(target.path, Answer(500))
    code = raising("newscrawl.spiders.article_pages", "reason")
    live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    assert live.owed == {target.url: "error_ValueError"}
    the_next_run_has_all(live)


@pytest.mark.parametrize("number", [1, 2])
def test_a_listing_callback_that_breaks_cuts_the_walk(
    live: LiveSite, tmp_path: Path, number: int
) -> None:
    code = f"""
from newscrawl.rfi import RfiSite
usual = RfiSite.read_listing
def broken(self, html, url):
    listing = usual(self, html, url)
    if listing.page == {number}:
        raise ValueError("broken")
    return listing
RfiSite.read_listing = broken
"""
    live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    (walked,) = live.run["columns"]
    assert (walked["over"], walked["problem"]) == ("failed", "error_ValueError")
    assert live.rows("SELECT floor FROM columns") == [(None,)]
    the_next_run_has_all(live)


def test_a_listing_errback_that_breaks_cuts_the_walk(live: LiveSite, tmp_path: Path) -> None:
    column = next(found for found in live.site.columns() if found.name == SHOW)
    live.override(column.path, Answer(500))
    code = raising("newscrawl.spiders.listing_pages", "reason")
    live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    (walked,) = live.run["columns"]
    assert (walked["over"], walked["problem"]) == ("failed", "error_ValueError")
    the_next_run_has_all(live)


_SCHEDULER = """
from scrapy.core.scheduler import Scheduler

class Dropping(Scheduler):
    dropped = 0
    def enqueue_request(self, request):
        if KIND in request.cb_kwargs and WANTED in request.url and not Dropping.dropped:
            Dropping.dropped += 1
            return False
        return super().enqueue_request(request)
"""


def dropping(folder: Path, kind: str, wanted: str) -> dict[str, str]:
    environment = tampered(folder, "")
    (folder / "dropping.py").write_text(f"KIND, WANTED = {kind!r}, {wanted!r}\n{_SCHEDULER}")
    return environment


def test_an_article_that_the_scheduler_drops(live: LiveSite, target: Any, tmp_path: Path) -> None:
    environment = dropping(tmp_path / "tamper", "link", target.url.rpartition("/")[2])
    live.crawl(*ONE, "-s", "SCHEDULER=dropping.Dropping", **environment)
    assert live.owed == {target.url: "dropped"}
    the_next_run_has_all(live)


def test_a_listing_that_the_scheduler_drops(live: LiveSite, tmp_path: Path) -> None:
    environment = dropping(tmp_path / "tamper", "walk", "/2/")
    live.crawl(*ONE, "-s", "SCHEDULER=dropping.Dropping", **environment)
    (walked,) = live.run["columns"]
    assert (walked["over"], walked["problem"]) == ("failed", "dropped")
    the_next_run_has_all(live)


def test_a_request_that_vanishes_fails_the_run_and_is_named(
    live: LiveSite, target: Any, tmp_path: Path
) -> None:
    """Neither a callback nor an errback nor a signal: the sums show it all the same."""
    live.balances = False
    code = """
from newscrawl.spiders.article_pages import ArticlePages
usual = ArticlePages.parse
def silent(self, response, link):
    if WANTED not in link.url:
        yield from usual(self, response, link)
ArticlePages.parse = silent
""".replace("WANTED", repr(target.url.rpartition("/")[2]))
    done = live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    assert "the sums do not balance (1)" in done.stderr
    assert live.run["differences"] == [f"{target.url} ended as nothing"]
    assert live.run["owed"] == 1
    the_next_run_has_all(live)


def test_a_walk_that_vanishes_fails_the_run_and_is_named(live: LiveSite, tmp_path: Path) -> None:
    live.balances = False
    code = """
from newscrawl.spiders.listing_pages import ListingPages
ListingPages._end = lambda *_: None
"""
    done = live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    assert "the sums do not balance (1)" in done.stderr
    the_next_run_has_all(live)


def test_a_spider_that_is_closed_while_requests_wait(live: LiveSite) -> None:
    done = live.crawl(*ONE, "-s", "CLOSESPIDER_ITEMCOUNT=3")
    assert "stopped (closespider_itemcount)" in done.stderr
    assert live.run["owed"] >= 1
    assert set(live.owed.values()) == {None}, "what was not asked is no failure"
    the_next_run_has_all(live)


def test_an_errback_that_meets_the_last_refusal(live: LiveSite) -> None:
    """What waits is not asked for any more; feeds are read in its stead."""
    refused = [article.path for article in live.site.articles("fa", SHOW)[4:10]]
    for path in refused:
        live.override(path, Answer(403))
    done = live.crawl(*ONE, "-s", "NEWSCRAWL_REFUSALS=3", code=1)
    assert "refused: www.rfi.fr answered 403 3 times in a row" in done.stderr
    assert live.run["owed"] >= 3
    live.change("DELETE FROM hosts")
    the_next_run_has_all(live)


def test_storing_that_fails_midway(live: LiveSite, tmp_path: Path) -> None:
    code = """
import sqlite3
from newscrawl.store.articles import Articles
usual, count = Articles.write, 0
def write(self, kept, capture):
    global count
    count += 1
    if count == 5:
        raise sqlite3.OperationalError("disk I/O error")
    usual(self, kept, capture)
Articles.write = write
"""
    done = live.crawl(*ONE, code=1, **tampered(tmp_path / "tamper", code))
    assert "storing failed: disk I/O error" in done.stderr
    assert len(live.records) == len(live.stored)
    assert set(live.owed.values()) == {None}
    the_next_run_has_all(live)
