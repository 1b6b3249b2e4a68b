"""A clock that is set back, between runs or amid one: nothing is lost, doubled or waited for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.live.conftest import LiveSite
from tests.tampering import tampered

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
DAY = 86400
YEARS = 3652 * DAY

#: Seconds that the clock is off by stand in a file, and are read each time anew.
_CLOCK = """
import datetime, pathlib
from newscrawl import clock
class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        shift = float(pathlib.Path({file!r}).read_text())
        return datetime.datetime.now(tz) + datetime.timedelta(seconds=shift)
clock.datetime = Shifted
"""

Clock = Callable[[float], dict[str, str]]


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """``clock(seconds)`` sets the clock of crawls that get its result as environment."""
    file = tmp_path / "shift"

    def set_by(seconds: float) -> dict[str, str]:
        file.write_text(str(seconds))
        return tampered(tmp_path / "clock", _CLOCK.format(file=str(file)))

    return set_by


def whole(live: LiveSite) -> None:
    assert live.stored == live.articles(SHOW)
    assert sorted(record["url"] for record in live.records) == sorted(live.stored)
    assert live.owed == {}
    names = [path.name for path in (live.data / "articles").iterdir()]
    files = live.rows("SELECT name FROM line_files WHERE published_at IS NOT NULL ORDER BY name")
    assert [(name,) for name in sorted(names)] == files


@pytest.mark.parametrize("back", [DAY, YEARS])
def test_set_back_between_two_runs(live: LiveSite, clock: Clock, back: float) -> None:
    """The first run had the wrong clock, ahead of the true one."""
    failing = live.site.articles("fa", SHOW)[3]
    live.override(failing.path, Answer(500))
    live.crawl(*ONE, **clock(back))
    assert live.owed == {failing.url: "http_500"}
    live.server.overrides.clear()
    live.site.publish("fa", SHOW, 14)
    live.crawl(*ONE, **clock(0))
    if back == DAY:  # the hour of the debt is a day away, and comes
        assert live.owed == {failing.url: "http_500"}
        live.crawl(*ONE, **clock(DAY + 3700))
    whole(live)


@pytest.mark.parametrize("back", [DAY, YEARS])
def test_set_back_amid_a_run(live: LiveSite, clock: Clock, back: float) -> None:
    """Records from the future are refused until the clock is right, and then fetched."""

    def set_back(_: Any) -> None:
        clock(-back)

    environment = clock(0)
    live.override(live.site.articles("fa", SHOW)[6].path, set_back)
    live.crawl(*ONE, "-s", "NEWSCRAWL_JSONL_ROTATE=1h,5", **environment)
    assert len(live.records) == len(live.stored)
    live.server.overrides.clear()
    live.site.publish("fa", SHOW, 2)
    live.crawl(*ONE, **clock(0))
    whole(live)


def test_killed_with_one_clock_and_mended_with_another(live: LiveSite, clock: Clock) -> None:
    third = live.site.articles("fa", SHOW)[0].column.path + "3/"
    live.crawl_killed_at(live.site.articles("fa", SHOW)[4].path, *ONE, **clock(0))
    live.crawl_killed_at(third, *ONE, **clock(-DAY))
    live.crawl_killed_at(third, *ONE, **clock(-YEARS))
    live.crawl(*ONE, **clock(0))
    whole(live)


def test_two_runs_that_begin_in_the_same_second_have_files_of_their_own(
    live: LiveSite, tmp_path: Path
) -> None:
    """The clock stands still."""
    code = """
import datetime
from newscrawl import clock
class Still(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime(2026, 11, 1, 12, tzinfo=tz)
clock.datetime = Still
"""
    still = tampered(tmp_path / "clock", code)
    live.crawl(*ONE, "-a", "max_pages=1", **still)
    live.crawl(*ONE, **still)
    assert len(list((live.data / "articles").iterdir())) == 2
    whole(live)


def test_a_host_left_alone_by_a_wrong_clock_is_asked_again(live: LiveSite, clock: Clock) -> None:
    """A time that no wait leads to is no reason to stay away for years."""
    busy = live.site.articles("fa", SHOW)[3]
    live.override(busy.path, Answer(503, [("Retry-After", "5000")]))
    live.crawl(*ONE, code=1, **clock(YEARS))
    assert live.rows("SELECT count(*) FROM hosts WHERE not_before > '2030'") == [(1,)]
    live.server.overrides.clear()
    live.crawl(*ONE, **clock(0))
    whole(live)


def test_full_walks_and_looks_go_on_after_a_wrong_clock(live: LiveSite, clock: Clock) -> None:
    live.crawl(*ONE, **clock(YEARS))
    live.crawl(*ONE, **clock(0))
    assert live.run["columns"][0]["over"] == "end", "the last walk to the end is still to come"
    live.crawl(*ONE, **clock(0))
    assert live.run["columns"][0]["over"] == "unchanged"
