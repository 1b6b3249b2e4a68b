"""Handing the stages to Slurm: each as an array of jobs that waits for the one before."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from newscrawl.errors import UsageProblem
from newscrawl.scale.executors import SlurmExecutor
from newscrawl.scale.stages import Stage


def executors(
    stages: Sequence[Stage], logs: str, options: argparse.Namespace
) -> list[SlurmExecutor]:
    """One executor for each stage, each waiting for the one before. Nothing is handed over yet."""
    more = dict(_pair(text) for text in options.sbatch)
    made: list[SlurmExecutor] = []
    for stage in stages:
        made.append(
            SlurmExecutor(
                list(stage.steps),
                tasks=stage.tasks,
                tasks_per_job=stage.together,
                workers=options.workers or -1,
                time=options.time,
                partition=options.partition,
                qos="",
                job_name=f"newscrawl-{stage.name}",
                venv_path=_activate(),
                sbatch_args=more,
                depends=made[-1] if made else None,
                logging_dir=f"{logs}/{stage.name}",
                mail_type="NONE",
            )
        )
    return made


def submit(stages: Sequence[Stage], logs: str, options: argparse.Namespace) -> None:
    """Hand over what is not done yet; the last stage brings those that it waits for."""
    if shutil.which("sbatch") is None:
        raise UsageProblem("there is no sbatch: run this where jobs are handed to Slurm")
    executors(stages, logs, options)[-1].run()


def _activate() -> str | None:
    """The script that enters the environment that runs this; tasks need the same."""
    script = Path(sys.prefix) / "bin" / "activate"
    return str(script) if script.exists() else None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageProblem(f"--sbatch {text!r}: give NAME=VALUE, as account=news")
    return name.lstrip("-"), value
