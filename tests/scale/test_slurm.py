"""The jobs that Slurm gets: what they say, and what comes of them on a real one of one node."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import ARCHIVE
from tests.scale.planting import Planted
from tests.scale.runs import lines, pipeline
from tests.scale.slurm_server import slurm

pytestmark = pytest.mark.scale


@pytest.mark.debian
def test_jobs_of_slurm_give_the_same(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    jobs = ("--executor", "slurm", "--partition", "cpu", "--time", "00:10:00")
    with slurm(tmp_path / "slurm") as server:
        more = ("--tasks", "3", "--workers", "2", *jobs)
        handed = pipeline(planted.folder, output, *more, **server.variables)
        assert handed.returncode == 0, handed.stderr
        assert handed.stdout == f"handed to Slurm; logs in {output}/_logs\n"
        deadline = time.monotonic() + 120
        while server.waiting():
            assert time.monotonic() < deadline, server.waiting()
            time.sleep(0.5)
    assert lines(output) == lines(alone[0])
    ended = pipeline(planted.folder, output)
    assert ended.stdout == alone[1].stdout


def test_jobs_for_slurm_are_built(tmp_path: Path) -> None:
    import dill

    from newscrawl.scale.slurm import executors
    from newscrawl.scale.stages import stages

    todo = stages(str(ARCHIVE.parent), str(tmp_path / "out"), str(tmp_path / "work"), 40)
    asked = {"partition": "cpu", "time": "02:00:00", "workers": 16, "sbatch": ["account=news"]}
    made = executors(todo, str(tmp_path / "logs"), Namespace(**asked))
    assert [one.tasks for one in made] == [40, 30, 1, 40]
    assert [one.depends for one in made] == [None, *made[:-1]]
    script = made[1].get_launch_file_contents(made[1].get_sbatch_args(3), "launch")
    for line in ("partition=cpu", "time=02:00:00", "array=0-2%16", "account=news", "requeue"):
        assert f"#SBATCH --{line}\n" in script
    assert "#SBATCH --job-name=newscrawl-2-pairs\n" in script
    assert "bin/activate\n" in script
    again = dill.loads(dill.dumps(made[0], fmode=dill.CONTENTS_FMODE))  # what a job begins with
    assert [type(step) for step in again.pipeline] == [type(step) for step in made[0].pipeline]
