"""What the monitors are given to judge."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scrapy.settings import Settings

import newscrawl.settings
from newscrawl.crawl.prepare import prepare
from newscrawl.monitors.evidence import Freshness, _weeks, gather
from newscrawl.rfi import SITE
from newscrawl.store.health import PastRun
from tests.crawling import SEEDS

MOMENT = datetime(2024, 5, 1, 12, tzinfo=UTC)


def run(days: float, **new: int) -> PastRun:
    return PastRun(MOMENT - timedelta(days=days), 60, 10, new)


def test_whole_weeks_only() -> None:
    runs = [run(0, fa=1), run(3, fa=2, cn=5), run(8, fa=4), run(16, fa=90)]
    assert _weeks(runs, MOMENT) == {"cn": (5, 0), "fa": (3, 4)}


def test_a_crawl_of_a_few_days_has_none() -> None:
    assert _weeks([run(0, fa=1), run(6, fa=9)], MOMENT) == {}


def test_what_the_seeds_expect_of_the_newest_article(tmp_path: Path) -> None:
    """A run against the site that is prepared, and asks nothing."""
    seeds = tmp_path / "seeds"
    shutil.copytree(SEEDS, seeds)
    file = seeds / "fa.yaml"
    file.write_text(file.read_text("utf-8").replace("columns:", "newest: 2d\ncolumns:"), "utf-8")
    settings = Settings(vars(newscrawl.settings))
    given = {"DATA_DIR": tmp_path / "data", "SEEDS": seeds, "CONTACT": "crawl@example.org"}
    for name, value in given.items():
        settings.set(f"NEWSCRAWL_{name}", str(value))
    run = prepare(settings, SITE, "rfi", {"editions": "fa,en"})
    try:
        run.enter_columns()
        stats = {"downloader/response_status_count/503": 2, "downloader/exception_count": 1}
        seen = gather(run, stats, live=True)
        assert seen.freshness == (Freshness("fa", None, 2 * 86400),)
        assert seen.every_s == 86400
        assert seen.statuses == {503: 2}
        assert seen.broken == 1
        assert seen.free > 0
        assert gather(run, {}, live=False).freshness == ()
    finally:
        run.release()
