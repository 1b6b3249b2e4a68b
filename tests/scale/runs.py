"""Runs of the pipeline in processes of their own, and what they wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet

from newscrawl.clock import iso
from newscrawl.exports import parquet
from newscrawl.lines import to_line
from tests.crawling import ROOT

MAPS = ("alternates", "rules")
STAGES = ("1-records", "2-pairs", "3-choice", "4-parquet")


def command(source: Path, output: Path, *more: str) -> list[str]:
    folders = ["--input", str(source), "--output", str(output)]
    return [sys.executable, "-m", "newscrawl.scale.pipeline", *folders, *more]


def pipeline(source: Path, output: Path, *more: str, **variables: str) -> Any:
    """Run it to its end; gives the finished process with its text."""
    return subprocess.run(
        command(source, output, *more),
        cwd=ROOT,
        env=_environment(variables),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def start(
    source: Path, output: Path, *more: str, stdout: int = subprocess.DEVNULL, **variables: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(source, output, *more),
        cwd=ROOT,
        env=_environment(variables),
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def done(output: Path, stage: str) -> int:
    """Tasks of a stage that have ended."""
    return len(list((output / "_logs" / stage / "completions").glob("*")))


def rows(output: Path) -> list[dict[str, Any]]:
    """Records, of the columns' types no more."""
    table = pyarrow.parquet.read_table(output)
    return [{name: _given(name, value) for name, value in row.items()} for row in table.to_pylist()]


def lines(output: Path) -> list[bytes]:
    """The records of all Parquet files as lines of JSON, sorted."""
    return sorted(to_line(row) for row in rows(output))


def _given(name: str, value: Any) -> Any:
    """A field as the record has it: times as text, pairs as a map."""
    if name in parquet.TIMES:
        return value and iso(value)
    if name in MAPS:
        return {pair["key"]: pair["value"] for pair in value}
    return value


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}
