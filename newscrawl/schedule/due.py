"""When editions are due: from their seeds and what is known of their walks, at a given moment.

Pure: no clock, no file, no network. ``docs/scrapyd.md`` tells the rules to operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newscrawl.crawl.seeds import Column, EditionSeeds
from newscrawl.store.walked import PastRun, Walked

#: Seconds after which a run that was killed, or never began, is sent again at the earliest.
RETRY_S = 900.0
#: The same for a run that ended unhealthy: what is wrong rarely mends itself in minutes, and a host
#: that refuses its pages is left for an hour from the refusal on.
FAILED_S = 4500.0
#: An edition goes along with one that is due when no more than this part of its time is left.
_ALONG = 0.1


@dataclass(frozen=True)
class Due:
    """When an edition is to be walked next."""

    edition: str
    at: datetime | None
    """``None``: its seeds do not say how often."""
    every_s: float | None

    def is_due(self, moment: datetime) -> bool:
        """Whether its time has come."""
        return self.at is not None and self.at <= moment

    def is_near(self, moment: datetime) -> bool:
        """Whether so little of its time is left that it goes along with others."""
        if self.at is None or self.every_s is None:
            return False
        return self.at <= moment + timedelta(seconds=self.every_s * _ALONG)


def due(seeds: EditionSeeds, known: Walked | None, sent: datetime | None, moment: datetime) -> Due:
    """When an edition is due; as soon as one of its columns is.

    ``known`` is what the store says (``None`` where it cannot be seen from here), ``sent`` when
    the edition was last sent to the server that it belongs to.
    """
    timed = [(column, column.every_s) for column in seeds.columns if column.every_s]
    if not timed:
        return Due(seeds.edition, None, None)
    at = min(_column_due(column, every_s, known, sent, moment) for column, every_s in timed)
    if known is not None and known.not_before is not None:
        at = max(at, known.not_before)
    return Due(seeds.edition, at, min(every_s for _, every_s in timed))


def to_send(dues: Iterable[Due], moment: datetime) -> list[str]:
    """Editions that one run takes: those that are due, and with them those that nearly are."""
    dues = list(dues)
    if not any(found.is_due(moment) for found in dues):
        return []
    return [found.edition for found in dues if found.is_near(moment)]


def left_no_run(edition: str, known: Walked | None, sent: datetime | None) -> bool:
    """Whether an edition was sent and the store, which can be seen, knows no run since."""
    if known is None or sent is None:
        return False
    last = _newest(known.runs, edition)
    return last is None or last.started < sent


def _column_due(
    column: Column, every_s: float, known: Walked | None, sent: datetime | None, moment: datetime
) -> datetime:
    looks = list(_looks(column, known, sent))
    # A clock that was put back must not keep a column waiting for its old future.
    after = min(max(looks), moment) + timedelta(seconds=every_s) if looks else moment
    return max([after, *_pauses(column, every_s, known, sent, moment)])


def _looks(column: Column, known: Walked | None, sent: datetime | None) -> Iterable[datetime]:
    """Times at which the column was looked at."""
    if known is None:
        return [sent] if sent is not None else []
    looks = []
    last = _newest(known.runs, column.edition)
    walked = known.columns.get(column.url)
    was_cut = last is not None and last.outcome == "killed"
    if walked is not None and not (was_cut and last is not None and walked >= last.started):
        looks.append(walked)
    done = _newest(
        [run for run in known.runs if run.outcome in ("done", "running")], column.edition
    )
    if done is not None:
        looks.append(done.started)
    return looks


def _pauses(
    column: Column, every_s: float, known: Walked | None, sent: datetime | None, moment: datetime
) -> Iterable[datetime]:
    """Times before which an attempt that failed is not made again."""
    if known is None:
        return
    last = _newest(known.runs, column.edition)
    if last is not None and last.outcome in ("failed", "killed"):
        pause_s = FAILED_S if last.outcome == "failed" else RETRY_S
        if last.outcome == "failed" and _was_walked_in(column, known, last):
            return
        yield min(last.started, moment) + timedelta(seconds=min(every_s, pause_s))
    if sent is not None and left_no_run(column.edition, known, sent):
        yield min(sent, moment) + timedelta(seconds=min(every_s, RETRY_S))


def _was_walked_in(column: Column, known: Walked, run: PastRun) -> bool:
    walked = known.columns.get(column.url)
    return walked is not None and walked >= run.started


def _newest(runs: Iterable[PastRun], edition: str) -> PastRun | None:
    return next((run for run in runs if run.covers(edition)), None)
