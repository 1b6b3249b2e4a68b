"""Real crawls in processes of their own, and what they wrote."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
ARCHIVE = ROOT / "fixtures" / "site.warc.gz"
SEEDS = ROOT / "fixtures" / "seeds"


def replay_settings(data: Path, archive: Path = ARCHIVE, **more: str) -> tuple[str, ...]:
    """Options of a replay into a data dir."""
    settings = {
        "NEWSCRAWL_REPLAY": str(archive),
        "NEWSCRAWL_SEEDS": str(SEEDS),
        "NEWSCRAWL_DATA_DIR": str(data),
        **more,
    }
    return tuple(part for name, value in settings.items() for part in ("-s", f"{name}={value}"))


def scrapy(*arguments: str, timeout: float = 120, **environment: str) -> Any:
    """Run ``scrapy …`` in the checkout; gives the finished process with its text."""
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start_scrapy(
    *arguments: str, stderr: int | IO[str] = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """Begin ``scrapy …`` in the checkout."""
    return subprocess.Popen(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        env=_environment(environment),
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def records(folder: Path) -> list[dict[str, Any]]:
    """All lines of all published files of a data dir."""
    files = sorted((folder / "articles").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_bytes().split(b"\n") if line]


def query(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the database of a data dir."""
    connection = sqlite3.connect(folder / "newscrawl.db")
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def last_run(folder: Path) -> dict[str, Any]:
    """The sums of the last run."""
    ((summary,),) = query(folder, "SELECT summary FROM runs ORDER BY id DESC LIMIT 1")
    found: dict[str, Any] = json.loads(summary)
    return found
