"""Mistakes of a user: one line each, and nothing is overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import ARCHIVE, ROOT
from tests.scale.planting import Planted
from tests.scale.runs import pipeline

pytestmark = pytest.mark.scale


def test_another_parting_cannot_resume(planted: Planted, alone: tuple[Path, Any]) -> None:
    ended = pipeline(planted.folder, alone[0], "--tasks", "2")
    assert ended.returncode == 2
    assert ended.stderr == (
        f"newscrawl: {alone[0]} cannot be resumed: it was begun with --tasks 8;"
        " name another --output\n"
    )
    ended = pipeline(ARCHIVE.parent, alone[0])
    assert ended.returncode == 2
    assert "its archives were others" in ended.stderr


def test_folders(planted: Planted, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = pipeline(empty, tmp_path / "out")
    assert (ended.returncode, ended.stderr) == (
        2,
        f"newscrawl: no archive below {empty}: name a folder of WARC, ARC or WACZ files\n",
    )
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.parquet").write_text("mine")
    ended = pipeline(planted.folder, tmp_path / "mine")
    assert ended.returncode == 2
    assert "mine holds other files: name an empty or new folder" in ended.stderr


def test_slurm_wants_its_options_and_sbatch(planted: Planted, tmp_path: Path) -> None:
    ended = pipeline(planted.folder, tmp_path / "out", "--executor", "slurm")
    assert ended.returncode == 2
    assert "--executor slurm needs --partition and --time" in ended.stderr
    more = ("--executor", "slurm", "--partition", "cpu", "--time", "01:00:00")
    ended = pipeline(planted.folder, tmp_path / "out", *more, PATH="/nowhere")
    assert ended.returncode == 2
    assert ended.stderr == (
        "newscrawl: there is no sbatch: run this where jobs are handed to Slurm\n"
    )


def test_a_missing_group_is_one_line(tmp_path: Path) -> None:
    """The same as a user without datatrove meets it."""
    program = "import sys; sys.modules['datatrove'] = None\n"
    program += "from newscrawl.scale.pipeline import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", program, "--input", str(tmp_path), "--output", str(tmp_path / "o")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (
        2,
        "newscrawl: the pipeline needs the group scale: pip install -r requirements-scale.txt\n",
    )
