"""From archives, or one saved page, into the store: a run of its own, without a crawl.

Reading needs nothing of the store, so a crawl may go on meanwhile. Storing keeps crawls, replays
and comparisons away, and takes one transaction a record, as a crawl does: after a death the same
command ends with the same set.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from newscrawl import ExtractionError
from newscrawl.archives.answer import Answer
from newscrawl.archives.holdings import Piece
from newscrawl.clock import iso, now
from newscrawl.crawl.conf import Conf
from newscrawl.crawl.tally import Tally
from newscrawl.errors import CrawlError
from newscrawl.extracting.dated import Dated
from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.gathering import read_answer
from newscrawl.extracting.jobs import run_tasks
from newscrawl.extracting.pages import ERROR, isolated, said_of_errors
from newscrawl.extracting.parts import End, PartWriter
from newscrawl.extracting.plan import Task, plan
from newscrawl.extracting.report import Report
from newscrawl.extracting.showing import showing
from newscrawl.extracting.surveying import survey
from newscrawl.extracting.to_file import say_resumed, stopped
from newscrawl.extracting.work import work_folder
from newscrawl.site import Site
from newscrawl.store import Capture, Placed, Store, placing
from newscrawl.store.folder import LOCKS, prepare_folder
from newscrawl.store.health import ARCHIVE
from newscrawl.store.locks import REPLAY, Lock, acquire, acquired

logger = logging.getLogger(__name__)

#: Folder of a data dir, while archives are read into it.
WORK = "extracting"
SPIDER = "extract"
#: Articles and seconds spent on the search index at the end; the rest is for the next run.
_INDEXED, _INDEX_SECONDS = 1000, 10.0


def archives_to_store(
    site: Site, conf: Conf, files: Sequence[Path], jobs: int, *, apply: bool
) -> Report:
    """Put the records of some archives into the store."""
    with _working(site, conf) as work:
        tasks = plan(files, work, site.extractor)
        say_resumed([task.part for task in tasks])
        with showing(len(tasks)) as shown, closing(Gathered(site, work)) as gathered:
            _go_through(gathered, run_tasks(site, tasks, jobs, shown))
            return _store(conf, gathered, [str(file) for file in files], apply=apply)


def page_to_store(site: Site, conf: Conf, page: Answer, *, apply: bool) -> Report:
    """Put the record of a saved page into the store."""
    with _working(site, conf) as work, closing(Gathered(site, work)) as gathered:
        part = work / "page.part"
        with PartWriter(part) as out:
            out.write(*read_answer(site, page, source="url"))
            out.end(End())
        _go_through(gathered, [Task(Piece(Path()), part)])
        return _store(conf, gathered, [page.url], apply=apply)


@contextmanager
def _working(site: Site, conf: Conf) -> Iterator[Path]:
    """The folder of the work; refuses at once where the store could not be written in the end."""
    prepare_folder(conf.data_dir, conf.mode)
    with _leases(site, conf):
        pass
    folder = conf.data_dir / WORK
    with work_folder(folder) as work:
        try:
            yield work
        except KeyboardInterrupt:
            raise CrawlError(stopped(folder)) from None


def _go_through(gathered: Gathered, done: Iterable[Task]) -> None:
    """Learn of all captures: their order in time is known only then."""
    for _ in gathered.captures(done):
        pass


def _store(conf: Conf, gathered: Gathered, names: Sequence[str], *, apply: bool) -> Report:
    """Look first: where stored versions would change, that is asked for."""
    site = gathered.site
    with _leases(site, conf) as leases:
        report = Report(str(conf.data_dir), site.extractor)
        bodies = "sqlite" in conf.outputs
        captures = Dated(gathered, site.extractor)
        surveyed = survey(conf.data_dir, captures, report, bodies=bodies)
        if surveyed and report.ends["remade"] and not apply:
            report.applied = False
            report.left_out += gathered.left_out
            return report
        return _Run(site, conf, leases).write(captures, names, gathered.left_out)


@contextmanager
def _leases(site: Site, conf: Conf) -> Iterator[list[Lock]]:
    names = (site.host, REPLAY)
    with acquired(conf.data_dir / LOCKS, names, _holder(SPIDER), conf.lease_wait_s) as leases:
        yield leases


def _holder(run: int | str, since: datetime | None = None) -> dict[str, Any]:
    return {"run": run, "pid": os.getpid(), "since": iso(since or now())}


class _Run:
    """The run that writes."""

    def __init__(self, site: Site, conf: Conf, leases: Sequence[Lock]) -> None:
        self._site = site
        self._conf = conf
        self._leases = leases
        self._tally = Tally()

    def write(self, captures: Dated, names: Sequence[str], left_out: Counter[str]) -> Report:
        """Store all captures; ``left_out`` counts those that gave no record."""
        conf, started = self._conf, now()
        report = Report(str(conf.data_dir), self._site.extractor, left_out=Counter(left_out))
        with closing(Store(conf.data_dir, conf.outputs)) as store, store.patient():
            store.mend()
            report.run = number = store.begin_run(
                spider=SPIDER,
                started=started,
                mode=ARCHIVE,
                arguments={"files": list(names)},
                extractor=self._site.extractor,
                rotate=(conf.rotate_s, conf.rotate_lines),
            )
            with self._alive(number, started):
                for capture in captures:
                    try:
                        with isolated(capture.article.url):
                            self._place(store, capture, captures.is_followed, report)
                    except ExtractionError as error:
                        logger.warning("%s", error)
                        report.left_out[error.reason] += 1
                store.publish()
                self._end(store, report)
        return report

    def _place(
        self, store: Store, capture: Capture, is_followed: placing.Followed, report: Report
    ) -> None:
        placed = store.place(capture, is_followed)
        url = capture.article.url
        report.take(url, _end_of(placed), placed.fields)
        self._tally.ask(capture.asked, url, None)
        self._tally.settle(capture.asked, placed.outcome)

    def _end(self, store: Store, report: Report) -> None:
        errors = report.left_out[ERROR]
        summary = {
            **self._tally.summary(),
            "answers": {},
            "replay": True,
            "finish_reason": "finished",
            "problems": [said_of_errors(errors)] if errors else [],
            "warnings": [],
        }
        code = 0 if report.is_healthy else 1
        verdict = f"{report.records} records from archives"
        assert report.run is not None
        store.end_run(report.run, now(), code, verdict, summary, ())
        store.update_search(most=_INDEXED, seconds=_INDEX_SECONDS)

    @contextmanager
    def _alive(self, number: int, started: datetime) -> Iterator[None]:
        """The sign of life of a run: where it is free, the run is dead."""
        for lease in self._leases:
            lease.note(_holder(number, started))
        sign = acquire(self._conf.data_dir / LOCKS / str(number), _holder(number, started))
        try:
            yield
            sign.path.unlink(missing_ok=True)
        finally:
            sign.release()


def _end_of(placed: Placed) -> str:
    """How a capture ended, in the words of the report."""
    if placed.outcome == "left out":
        return "forgotten"
    if placed.what == placing.REMADE:
        return "remade" if placed.fields else "unchanged"
    if placed.what in (placing.EARLIER, placing.BETWEEN):
        return "earlier"
    if placed.outcome == "changed":
        return "changed_by_rules" if placed.cause == "rules" else "changed_story"
    return {"known": "unchanged"}.get(placed.outcome, placed.outcome)
