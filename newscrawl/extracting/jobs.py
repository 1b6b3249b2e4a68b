"""Pieces read on many cores: parts come as they are done, and are handed on in order.

Workers are processes of their own that share nothing with this one (``spawn``): they write parts to
the disk and hand over nothing else, so memory does not grow with the archives. Whatever their
number, the parts are the same.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any, Protocol

from newscrawl.errors import CrawlError
from newscrawl.extracting.gathering import gather
from newscrawl.extracting.parts import disk_problems
from newscrawl.extracting.plan import Task
from newscrawl.site import Site

_TICK_S = 0.2
#: Pieces handed to the workers at once, for each of them.
_AHEAD = 4


class Shown(Protocol):
    """Who shows progress."""

    def read(self, number: int, pages: int) -> None:
        """So many bytes and pages more."""

    def done(self, pieces: int) -> None:
        """So many pieces are done."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(site: Site, tasks: Sequence[Task], jobs: int, shown: Shown) -> Iterator[Task]:
    """Read what has no part yet; gives every task in order, as soon as its part is there."""
    left = [task for task in tasks if not task.part.exists()]
    shown.done(len(tasks) - len(left))
    workers = min(jobs, len(left))
    yield from (
        _here(site, tasks, shown) if workers <= 1 else _spread(site, tasks, left, workers, shown)
    )


def _here(site: Site, tasks: Sequence[Task], shown: Shown) -> Iterator[Task]:
    """In this process."""
    for task in tasks:
        if not task.part.exists():
            with disk_problems(task.part.parent):
                gather(site, task.piece, task.part, shown.read)
            shown.done(1)
        yield task


def _spread(
    site: Site, tasks: Sequence[Task], left: Sequence[Task], workers: int, shown: Shown
) -> Iterator[Task]:
    """On workers."""
    context = multiprocessing.get_context("spawn")
    counts = context.Array("q", 2)
    waiting = iter(left)
    running: set[Future[None]] = set()
    with _pool(context, workers, (site, counts)) as pool, disk_problems(tasks[0].part.parent):
        for task in tasks:
            while not task.part.exists():
                while len(running) < workers * _AHEAD and (new := next(waiting, None)):
                    running.add(pool.submit(_work, new))
                if not running:
                    raise CrawlError(f"{task.part} was removed meanwhile: run the command again")
                done, running = wait(running, _TICK_S, "FIRST_COMPLETED")
                shown.read(*_taken(counts))
                for future in done:
                    future.result()
                shown.done(len(done))
            yield task


@contextmanager
def _pool(context: Any, workers: int, given: tuple[Any, ...]) -> Iterator[ProcessPoolExecutor]:
    """Workers that are gone when this is left, however it is left."""
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=given)
    try:
        yield pool
    except BaseException as error:
        for worker in list((pool._processes or {}).values()):
            worker.terminate()
        if isinstance(error, BrokenProcessPool):
            raise CrawlError(
                "a worker was killed (out of memory?): run the same command again, it goes on where"
                " it was; fewer --jobs need less memory"
            ) from None
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _taken(counts: Any) -> tuple[int, int]:
    """What the workers have told since the last call."""
    with counts.get_lock():
        number, pages = counts
        counts[:] = (0, 0)
    return number, pages


_site: Site
_counts: Any


def _begin(site: Site, counts: Any) -> None:
    """A worker begins. It stops when told by its parent, and when that dies."""
    global _site, _counts
    _site, _counts = site, counts
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)


def _work(task: Task) -> None:
    gather(_site, task.piece, task.part, _tell)


def _tell(number: int, pages: int) -> None:
    with _counts.get_lock():
        _counts[0] += number
        _counts[1] += pages
