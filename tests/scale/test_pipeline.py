"""From WARC files to Parquet: in one process, in several, on Ray, killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import ARTICLE_FIELDS
from newscrawl.lines import to_line
from newscrawl.store.locks import acquire
from tests.crawling import scrapy
from tests.scale.planting import Planted
from tests.scale.runs import STAGES, done, lines, pipeline, rows, start

pytestmark = pytest.mark.scale


def test_it_gives_the_records_of_extract_without_near_copies(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    out = tmp_path / "all.jsonl"
    assert scrapy("extract", str(planted.folder), "-o", str(out)).returncode == 0
    extracted = {_key(line): line for line in out.read_bytes().splitlines(keepends=True)}
    kept = {(row["url_hash"], row["version"]): to_line(row) for row in rows(alone[0])}
    gone = extracted.keys() - kept.keys()
    wanted = {key for key in extracted if key[0] in planted.copies} | planted.outdated
    print(f"near copies: {len(gone)} of {len(wanted)} planted ones found, no other one")
    assert gone <= wanted
    assert len(gone) >= 0.9 * len(wanted)
    assert len(wanted) == 40
    assert kept == {key: line for key, line in extracted.items() if key not in gone}
    both = {key for key in kept if key[0] in planted.rewritten}
    assert both == {(key, version) for key in planted.rewritten for version in (1, 2)}


def test_what_is_left_out_is_counted(alone: tuple[Path, Any]) -> None:
    output, process = alone
    said = process.stdout.strip()
    assert said.startswith(f"{len(rows(output))} records of 816 captures in 8 archives; left out: ")
    for part in ("foreign 1", "no article 80", "repeated 27", "status 404 10", "sitemap 235"):
        assert part in said
    assert said.endswith("; 1 warnings of broken archives: see the logs")
    logs = "".join(path.read_text() for path in (output / "_logs").rglob("task_*.log"))
    assert "part-6.warc.gz is truncated: read as far as it goes" in logs


def test_the_columns_are_those_of_the_record(alone: tuple[Path, Any]) -> None:
    import pyarrow.parquet

    from newscrawl.exports.parquet import schema

    for file in sorted(alone[0].glob("*.parquet")):
        assert pyarrow.parquet.read_schema(file).equals(schema())
    assert tuple(schema().names) == ARTICLE_FIELDS
    assert not (alone[0] / "00001.parquet").exists()  # that archive holds nothing of the site


def test_three_tasks_in_two_processes_give_the_same(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    ended = pipeline(planted.folder, output, "--tasks", "3", "--workers", "2")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == alone[1].stdout
    assert lines(output) == lines(alone[0])
    assert len(list(output.glob("*.parquet"))) == 3


@pytest.mark.parametrize(("executor", "tasks"), [("local", "8"), ("ray", "4")])
def test_killed_in_the_middle_and_resumed_it_gives_the_same(
    executor: str, tasks: str, planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    more = ("--workers", "2", "--tasks", tasks, "--executor", executor)
    process = start(planted.folder, output, *more)
    _await(lambda: done(output, STAGES[0]) >= 1, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert done(output, STAGES[-1]) == 0
    assert list(output.glob("*.parquet")) == []
    before = done(output, STAGES[0])
    ended = pipeline(planted.folder, output, *more)
    assert ended.returncode == 0, ended.stderr
    assert lines(output) == lines(alone[0])
    assert ended.stdout == alone[1].stdout  # the counts are those of all tasks, old and new
    print(f"{executor}: killed when {before} of {tasks} tasks of the first stage were done")


def test_two_workers_of_ray_give_the_same(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    more = ("--workers", "2", "--tasks", "4", "--executor", "ray")
    ended = pipeline(planted.folder, output, *more)
    assert ended.returncode == 0, ended.stderr
    assert lines(output) == lines(alone[0])
    assert ended.stdout == alone[1].stdout
    logs = (output / "_logs" / "1-records" / "executor.json").read_text()
    assert '"ray_remote_kwargs"' in logs


def test_what_is_done_is_not_done_again(alone: tuple[Path, Any], planted: Planted) -> None:
    output, process = alone
    before = {file: file.stat().st_mtime_ns for file in output.rglob("*.parquet")}
    again = pipeline(planted.folder, output)
    assert again.returncode == 0, again.stderr
    assert again.stdout == process.stdout
    assert {file: file.stat().st_mtime_ns for file in output.rglob("*.parquet")} == before


def test_a_task_that_another_process_is_at_is_waited_for(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    locks = output / "_logs" / STAGES[0] / "locks"
    locks.mkdir(parents=True)
    lock = acquire(locks / "00003", {"run": "task 3", "pid": os.getpid(), "since": "now"})
    process = start(planted.folder, output, "--workers", "2")
    _await(lambda: done(output, STAGES[0]) == 7, process)
    time.sleep(0.5)
    assert process.poll() is None
    assert done(output, STAGES[0]) == 7
    lock.release()
    assert process.wait(60) == 0
    assert lines(output) == lines(alone[0])


def _await(what: Any, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _key(line: bytes) -> tuple[str, int]:
    import orjson

    record = orjson.loads(line)
    return record["url_hash"], record["version"]
