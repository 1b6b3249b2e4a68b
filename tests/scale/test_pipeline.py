"""From WARC files to Parquet: in one process, in several, on Ray, killed and resumed."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import ARTICLE_FIELDS
from newscrawl.lines import to_line
from newscrawl.store.locks import acquire
from tests.crawling import scrapy
from tests.scale import ray_processes
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


def test_killed_in_the_middle_and_resumed_it_gives_the_same(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    process = start(planted.folder, output, "--workers", "2")
    _await(lambda: done(output, STAGES[0]) >= 2, process)
    process.kill()
    process.wait()
    print(f"killed when {done(output, STAGES[0])} of 8 tasks of the first stage were done")
    assert done(output, STAGES[0]) < 8
    assert list(output.glob("*.parquet")) == []
    ended = pipeline(planted.folder, output, "--workers", "2")
    assert ended.returncode == 0, ended.stderr
    assert lines(output) == lines(alone[0])
    assert ended.stdout == alone[1].stdout  # the counts are those of all tasks, old and new


def test_two_workers_of_ray_killed_and_resumed_give_the_same(
    planted: Planted, alone: tuple[Path, Any], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    more = ("--workers", "2", "--tasks", "3", "--executor", "ray")
    even = {"RAY_worker_niceness": "0"}  # else whoever is busy beside the test holds it up
    process = start(planted.folder, output, *more, **even)
    workers: set[int] = set()

    def is_amid() -> bool:
        running = ray_processes.of_run(process.pid)
        workers.update(pid for pid, name in running.items() if "RankWorker" in name)
        return done(output, STAGES[0]) >= 1

    _await(is_amid, process)
    assert ray_processes.heard_from_outside(ray_processes.of_run(process.pid)) == set()
    process.kill()
    process.wait()
    assert done(output, STAGES[0]) < 3
    assert len(workers) >= 2
    ray_processes.end(process.pid)
    again = start(planted.folder, output, *more, stdout=subprocess.PIPE, **even)
    assert again.communicate(timeout=120)[0] == alone[1].stdout
    assert again.returncode == 0
    assert lines(output) == lines(alone[0])
    assert ray_processes.of_run(again.pid) == {}
    assert ray_processes.folders(again.pid) == []


def test_what_is_done_is_not_done_again(alone: tuple[Path, Any], planted: Planted) -> None:
    output, process = alone
    before = {file: file.stat().st_mtime_ns for file in output.rglob("*.parquet")}
    again = pipeline(planted.folder, output)
    assert again.returncode == 0, again.stderr
    assert again.stdout == process.stdout
    assert {file: file.stat().st_mtime_ns for file in output.rglob("*.parquet")} == before


def test_a_task_that_another_process_is_at_is_waited_for(planted: Planted, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for name in ("part-1b.warc.gz", "planted.warc.gz"):
        (few / name).symlink_to(planted.folder / name)
    output = tmp_path / "out"
    locks = output / "_logs" / STAGES[0] / "locks"
    locks.mkdir(parents=True)
    lock = acquire(locks / "00000", {"run": "task 0", "pid": os.getpid(), "since": "now"})
    process = start(few, output, "--workers", "2")
    _await(lambda: done(output, STAGES[0]) == 1, process)
    time.sleep(0.5)
    assert process.poll() is None
    assert done(output, STAGES[0]) == 1
    lock.release()
    assert process.wait(60) == 0
    assert [file.name for file in output.glob("*.parquet")] == ["00001.parquet"]


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
