"""What the monitors judge a run by: plain numbers, gathered when it has ended."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from newscrawl.clock import now
from newscrawl.crawl import answers
from newscrawl.crawl.run import Run
from newscrawl.store.health import Debts, PastRun

#: Weeks whose yield this week's is compared with.
WEEKS = 4
#: New articles that a column should have brought before it is judged by its seed's ``expect``.
_EXPECTED = 6
_WEEK_S = 7 * 86400
#: Records of an edition, now and before, from which on a smaller fall is more than chance.
_MANY = 30


@dataclass(frozen=True)
class Freshness:
    """The newest article of an edition, and the age that its seed allows."""

    edition: str
    newest: datetime | None
    allowed_s: float


@dataclass(frozen=True)
class Yield:
    """New articles that a column brought in some days, and a week that its seed expects."""

    column: str
    found: int
    days: float
    expect: float


@dataclass(frozen=True)
class Limits:
    """Thresholds that settings give."""

    failed: float
    """Share of what was asked for that may come to nothing."""
    debt: float
    """Share of links, beside the articles stored, that may never come or be rejected."""
    disk: int
    """Bytes that must be free."""


@dataclass(frozen=True)
class Evidence:
    """One run, seen from outside."""

    moment: datetime
    seconds: float
    requests: int
    """Listing pages and articles asked for."""
    asked: int
    """Articles asked for."""
    failed: int
    """Articles of them that are owed or rejected."""
    statuses: Mapping[int, int]
    """HTTP status to number of answers, each try."""
    broken: int
    """Tries without an answer."""
    debts: Debts
    free: int
    """Bytes free where the data dir is."""
    limits: Limits
    freshness: tuple[Freshness, ...] = ()
    yields: tuple[Yield, ...] = ()
    weeks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Edition to its new articles a week, this week first; only whole weeks that were watched."""
    past: tuple[PastRun, ...] = ()
    """Earlier runs, newest first."""
    every_s: float | None = None
    """How often the run's columns should be walked, the shortest."""
    falls: tuple[str, ...] = ()
    """Fields and rules that fell, by less than makes the run unhealthy."""


def gather(run: Run, stats: Mapping[str, Any], *, live: bool) -> Evidence:
    """Look at a run that has ended; raises :class:`newscrawl.errors.StorageFailed`.

    Where the answers do not come from the site itself (not ``live``) nothing is said of how fresh
    articles are.
    """
    moment = now()
    conf, tally, health = run.conf, run.tally, run.store.health
    watched = not conf.replay and not run.arguments.urls
    undated = not run.arguments.since and not run.arguments.until
    past = health.past(run.number, moment - timedelta(weeks=WEEKS + 1)) if watched else []
    seconds = (moment - run.started).total_seconds()
    return Evidence(
        moment=moment,
        seconds=seconds,
        requests=tally.asked + tally.listing_requests,
        asked=tally.asked,
        failed=tally.outcomes["owed"] + tally.outcomes["rejected"],
        statuses=_statuses(run, stats),
        broken=answers.broken(stats),
        debts=health.debts(),
        free=shutil.disk_usage(conf.data_dir).free,
        limits=Limits(conf.warn_failed, conf.warn_debt, conf.warn_disk),
        freshness=tuple(_freshness(run)) if live and watched and undated else (),
        yields=tuple(_yields(run, moment)) if watched and undated else (),
        weeks=_weeks([_this(run), *past], moment) if watched and undated else {},
        past=tuple(past),
        every_s=_every(run) if watched and undated else None,
        falls=tuple(_small_falls(run)),
    )


def _statuses(run: Run, stats: Mapping[str, Any]) -> dict[int, int]:
    found = answers.statuses(stats)
    if run.refused:
        found.pop(403, None)  # it is the verdict already
    return found


def _freshness(run: Run) -> Iterator[Freshness]:
    wanted = {name: seeds.newest_s for name, seeds in run.seeds.items()}
    newest = run.store.health.newest(name for name, allowed in wanted.items() if allowed)
    for edition, moment in newest.items():
        allowed = wanted[edition]
        assert allowed is not None
        yield Freshness(edition, moment, allowed)


def _yields(run: Run, moment: datetime) -> Iterator[Yield]:
    """Columns with ``expect`` that were watched for long enough to tell."""
    for number, (column, _) in run.memories.items():
        if not column.expect:
            continue
        span = timedelta(seconds=max(1.0, _EXPECTED / column.expect) * _WEEK_S)
        first = run.store.health.watched_since(number)
        if first is None or first > moment - span:
            continue
        found = run.store.health.joined(number, moment - span)
        name = f"{column.edition}: {column.name}"
        yield Yield(name, found, span.total_seconds() / 86400, column.expect)


def _this(run: Run) -> PastRun:
    return PastRun(run.started, 0, 0, dict(run.tally.fresh))


def _weeks(runs: Iterable[PastRun], moment: datetime) -> dict[str, tuple[int, ...]]:
    runs = list(runs)
    ages = [int((moment - run.started).total_seconds() // _WEEK_S) for run in runs]
    whole = max(ages)  # the oldest week may have been watched in part only
    if not whole:
        return {}
    editions = sorted({edition for run in runs for edition in run.new})
    sums: Counter[tuple[str, int]] = Counter()
    for run, age in zip(runs, ages, strict=True):
        for edition, number in run.new.items():
            sums[edition, age] += number
    return {name: tuple(sums[name, age] for age in range(whole)) for name in editions}


def _every(run: Run) -> float | None:
    return min((column.every_s for column in run.columns if column.every_s), default=None)


def _small_falls(run: Run) -> list[str]:
    before = run.store.coverage.before(run.number)
    found = run.coverage.falls(before, run.conf.drift / 2, _MANY)
    return [line for line in found if line not in run.falls]
