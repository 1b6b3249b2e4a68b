"""datatrove's executors, with one process at a time for each task."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from math import inf
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor, RayPipelineExecutor, SlurmPipelineExecutor
from datatrove.executor.base import PipelineExecutor
from datatrove.utils.logging import logger

from newscrawl.clock import iso, now
from newscrawl.store.locks import acquire, describe, try_acquire


class _Alone(PipelineExecutor):
    """A task that another process is at waits for it, and then finds it done.

    Processes of a run that was killed finish what they are at. A run that resumes at once would
    write the same files beneath their hands. On folders that are not local nothing is held.
    """

    def _run_for_rank(self, rank: int, *more: Any, **named: Any) -> Any:
        local = self.logging_dir.is_local()
        with _held(Path(self.logging_dir.path), rank) if local else nullcontext():
            return super()._run_for_rank(rank, *more, **named)


class LocalExecutor(_Alone, LocalPipelineExecutor):
    """Processes of this machine."""


class RayExecutor(_Alone, RayPipelineExecutor):
    """Workers of a Ray that runs already.

    A worker forks a pool for its tasks and ends it with SIGTERM. The children would have Ray's
    handler of it, which does not reach them while they wait, and the run would wait for them.
    """

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        os.register_at_fork(after_in_child=_end_when_told)


class SlurmExecutor(_Alone, SlurmPipelineExecutor):
    """Jobs of a Slurm array: ``run`` hands them to ``sbatch`` and comes back."""


def _end_when_told() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def _held(folder: Path, rank: int) -> Iterator[None]:
    locks = folder / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    path = locks / f"{rank:05d}"
    holder = {"run": f"task {rank}", "pid": os.getpid(), "since": iso(now())}
    lock = try_acquire(path, holder)
    if lock is None:
        logger.info(f"waiting for {describe(path)}")
        lock = acquire(path, holder, inf)
    try:
        yield
    finally:
        lock.release()
