"""The watch over a run that has ended: warnings, then notices and the sign of life.

Nothing here changes how the run ended: what fails is logged and counted.
"""

from __future__ import annotations

import logging
import socket
from http.client import HTTPException

from scrapy.crawler import Crawler

from newscrawl.clock import now
from newscrawl.crawl.origin import origin_is_loopback
from newscrawl.crawl.run import Run
from newscrawl.errors import StorageFailed
from newscrawl.groups import need
from newscrawl.monitors.alive import sign
from newscrawl.monitors.evidence import gather
from newscrawl.monitors.notice import Notice
from newscrawl.store.health import Standing

logger = logging.getLogger("newscrawl")


def warnings(run: Run, crawler: Crawler) -> list[str]:
    """What the monitors say; without Spidermon :class:`newscrawl.errors.UsageProblem`."""
    need("spidermon", "monitor", "warnings:")
    from newscrawl.monitors.suite import judge

    live = not run.conf.replay and not origin_is_loopback(crawler.settings)
    try:
        evidence = gather(run, crawler.stats.get_stats(), live=live)
    except (StorageFailed, OSError) as error:
        return [f"the monitors could not look at the run: {error}"]
    return judge(evidence)


def tell(run: Run, crawler: Crawler) -> None:
    """Give the sign of life; tell a change of state, each way once."""
    quiet = bool(run.conf.replay) and not run.conf.notify_replay
    if quiet:
        return
    if run.conf.alive:
        _sign(run, crawler)
    if not run.conf.notify or run.arguments.urls:
        return
    try:
        with run.store.patient():
            standing = run.store.health.standing(now(), replays=run.conf.notify_replay)
            _notify(run, crawler, standing)
    except StorageFailed as error:
        logger.error("notices: %s", error)


def _notify(run: Run, crawler: Crawler, standing: Standing) -> None:
    told = run.store.health.told()
    for way in run.conf.notify:
        before = told.get(way, "healthy")
        if before == standing.state:
            told[way] = before
            continue
        error = _send(way, before, run, crawler, standing)
        if error is None:
            told[way] = standing.state
            crawler.stats.inc_value(f"newscrawl/notify/sent/{way}")
        else:  # told again after the next run
            crawler.stats.inc_value(f"newscrawl/notify/failed/{way}")
            logger.error("the notice through %s failed: %s", way, error)
    run.store.health.note_told(run.number, told)


def _send(way: str, before: str, run: Run, crawler: Crawler, standing: Standing) -> str | None:
    from newscrawl.monitors.notices import send

    notice = Notice(
        standing.state,
        before,
        run.number,
        socket.gethostname(),
        str(run.conf.data_dir),
        standing.problems,
        standing.warnings,
    )
    return send(way, notice, crawler)


def _sign(run: Run, crawler: Crawler) -> None:
    try:
        sign(run.conf.alive, now(), run.exit_code)
    except (OSError, HTTPException) as error:
        crawler.stats.inc_value("newscrawl/alive/failed")
        logger.error("the sign of life could not be given: %s", error)
