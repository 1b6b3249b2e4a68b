"""The monitors: what is worth a warning. They run in Spidermon, on plain numbers.

Spidermon's own monitors are not used: its coverage counts ``None`` as covered and does not look
into lists, and a missing setting leaves out the monitors after it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from statistics import median

from spidermon import Monitor, MonitorSuite
from spidermon.runners import MonitorRunner

from newscrawl.durations import span
from newscrawl.monitors.evidence import WEEKS, Evidence

logger = logging.getLogger("newscrawl")

#: Numbers below which a share says nothing.
_SOME = 5
_MANY = 20
#: Runs before that a run's pace is compared with.
_RUNS = 5
#: Seconds below which nobody minds how long a run took.
_LONG_S = 60


class HealthMonitor(Monitor):
    """One question to the evidence; every answer is a warning."""

    def test_run(self) -> None:
        """Fails with the warnings, which are also collected."""
        found = list(self.warnings(self.data.evidence))
        self.data.warnings.extend(found)
        if found:
            self.fail("; ".join(found))

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Lines that say what is wrong, and what to look at."""
        raise NotImplementedError


class Newest(HealthMonitor):
    """No new articles for too long."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Editions whose newest article is older than their seed allows."""
        for found in seen.freshness:
            allowed = span(found.allowed_s)
            if found.newest is None:
                yield f"{found.edition} has no article, its seed allows {allowed} without one"
                continue
            age = (seen.moment - found.newest).total_seconds()
            if age > found.allowed_s:
                yield (
                    f"the newest article of {found.edition} is {span(age)} old, its seed allows"
                    f" {allowed}: see whether the site still publishes there"
                )


class Expected(HealthMonitor):
    """Yield of a column against its seed's ``expect``."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Columns that brought less than a quarter of what is expected."""
        for found in seen.yields:
            if found.found < found.expect * found.days / 7 / 4:
                yield (
                    f"column {found.column} brought {found.found} new in {found.days:.0f} days, its"
                    f" seed expects {found.expect:g} a week"
                )


class Weeks(HealthMonitor):
    """Yield of an edition against the weeks before."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Editions that brought less than a third of what they used to."""
        for edition, (this, *before) in seen.weeks.items():
            earlier = before[:WEEKS]
            usual = median(earlier) if len(earlier) >= WEEKS - 1 else 0
            if usual >= _MANY / 2 and this < usual / 3:
                yield f"{edition} brought {this} new in a week, {usual:g} in weeks before"


class CoverageFalls(HealthMonitor):
    """Fields and first rules that have become rarer."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Falls below those that make a run unhealthy."""
        yield from seen.falls


class Debts(HealthMonitor):
    """Links that are owed for ever, or rejected."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """When they are many beside the articles that are stored."""
        debts, most = seen.debts, seen.limits.debt
        kinds = (("owed and failed again and again", debts.stuck), ("rejected", debts.rejected))
        for what, number in kinds:
            if number >= _MANY and number > most * (debts.articles + number):
                yield (
                    f"{number} links are {what}, beside {debts.articles} articles: scrapy status"
                    " tells the reasons"
                )


class Refused(HealthMonitor):
    """Answers that say no."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Any: they come before the host shuts the door."""
        said = {code: seen.statuses.get(code, 0) for code in (401, 403, 429)}
        told = ", ".join(f"{code} ({number}x)" for code, number in said.items() if number)
        if told:
            yield f"the host answered {told}: slow down before it refuses everything"


class Failed(HealthMonitor):
    """Shares of errors."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Of the articles asked for, and of all answers."""
        most = seen.limits.failed
        if seen.failed >= _SOME and seen.failed > most * seen.asked:
            yield f"{seen.failed} of {seen.asked} articles asked for came to nothing this time"
        faults = sum(number for code, number in seen.statuses.items() if code >= 500) + seen.broken
        tries = sum(seen.statuses.values()) + seen.broken
        if faults >= _SOME and faults > most * tries:
            yield f"{faults} of {tries} requests met an error of the host or the network"


class Duration(HealthMonitor):
    """Time that the run took."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Much slower a request than before, or longer than its columns' schedule allows."""
        if seen.seconds <= _LONG_S:
            return
        comparable = [run for run in seen.past if run.requests >= _MANY][: 2 * _RUNS]
        if len(comparable) >= _RUNS and seen.requests >= _MANY:
            usual = median(run.seconds / run.requests for run in comparable)
            pace = seen.seconds / seen.requests
            if pace > 3 * usual:
                yield f"the run took {pace:.1f} s a request, {usual:.1f} s in runs before"
        if seen.every_s and seen.seconds > seen.every_s:
            yield (
                f"the run took {span(seen.seconds)}, its columns are due every"
                f" {span(seen.every_s)}: raise `every` in the seeds, or crawl fewer columns"
            )


class Disk(HealthMonitor):
    """Room on the disk."""

    def warnings(self, seen: Evidence) -> Iterator[str]:
        """Less than the setting wants."""
        if seen.free < seen.limits.disk:
            yield (
                f"{seen.free / 1e6:.0f} MB are free on the disk of the data dir, fewer than"
                f" {seen.limits.disk / 1e6:.0f}: scrapy prune removes what is old"
            )


class HealthSuite(MonitorSuite):
    """All of them, in the order in which their warnings are told."""

    monitors = (Newest, Expected, Weeks, CoverageFalls, Debts, Refused, Failed, Duration, Disk)


def judge(evidence: Evidence) -> list[str]:
    """The warnings; a monitor that breaks is one itself."""
    warnings: list[str] = []
    result = MonitorRunner().run(HealthSuite(), evidence=evidence, warnings=warnings)
    for monitor, trace in result.errors:
        logger.error("monitor %s broke:\n%s", monitor, trace)
        warnings.append(f"monitor {monitor} broke ({trace.strip().splitlines()[-1]})")
    return warnings
