"""Running the stages one after the other: in processes of this machine, or on Ray."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from datatrove.executor.base import PipelineExecutor

from newscrawl.errors import CrawlError
from newscrawl.groups import need
from newscrawl.scale.account import counts
from newscrawl.scale.executors import LocalExecutor, RayExecutor
from newscrawl.scale.stages import Stage

#: Bytes of the object store of a Ray that is started here: no record goes through it.
_OBJECTS = 80 * 1024 * 1024
#: What Ray sets aside for a task. It starts none where there is less, and says nothing.
_MEMORY_GB = 1


def run(
    stages: Sequence[Stage], logs: str, workers: int, *, on_ray: bool = False
) -> dict[str, list[Counter[str]]]:
    """Run what is not done yet; gives the counts of each stage's steps.

    Raises :class:`CrawlError` when tasks of a stage failed: the later ones would lack their records
    (``depends=`` of datatrove waits for them for ever).
    """
    found = {}
    with ray(workers) if on_ray else nullcontext():
        for stage in stages:
            executor = _executor(stage, f"{logs}/{stage.name}", workers, on_ray=on_ray)
            _finish(executor, stage.name)
            found[stage.name] = counts(executor.logging_dir)
    return found


def _executor(stage: Stage, logs: str, workers: int, *, on_ray: bool) -> PipelineExecutor:
    shared = {"tasks": stage.tasks, "workers": min(workers, stage.tasks), "logging_dir": logs}
    if on_ray:
        jobs = {"tasks_per_job": stage.together, "mem_per_cpu_gb": _MEMORY_GB}
        return RayExecutor(list(stage.steps), **jobs, **shared)
    return LocalExecutor(list(stage.steps), **shared)


def _finish(executor: PipelineExecutor, name: str) -> None:
    folder = executor.logging_dir.path
    try:
        executor.run()
    except OSError as error:
        raise CrawlError(f"stage {name} failed ({error}): mend it and start again") from None
    missing = executor.get_incomplete_ranks(skip_completed=True)
    if missing:
        raise CrawlError(
            f"stage {name}: {len(missing)} of {executor.world_size} tasks failed;"
            f" see {folder}/logs, and start again"
        )


@contextmanager
def ray(workers: int) -> Iterator[None]:
    """The Ray that ``RAY_ADDRESS`` names; without it one of this machine, stopped at the end."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    elsewhere = bool(os.environ.get("RAY_ADDRESS"))
    if not elsewhere:
        # Ray listens on all addresses, even when it is told 127.0.0.1, unless it thinks that it
        # cannot have other machines.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    engine = need("ray", "scale", "the executor ray")
    if elsewhere:
        engine.init()
        try:
            yield
        finally:
            engine.shutdown()
        return
    with (
        tempfile.TemporaryDirectory(prefix=f"newscrawl-ray-{os.getpid()}-") as place,
        _temporary(place),
    ):
        engine.init(
            address="local",
            num_cpus=workers,
            object_store_memory=_OBJECTS,
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=place,
        )
        try:
            yield
        finally:
            engine.shutdown()


@contextmanager
def _temporary(place: str) -> Iterator[None]:
    """Where workers put what passes: a task's log of datatrove has one name in all runs."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = place
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
