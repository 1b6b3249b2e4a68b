"""Pruning removes what is old and ours, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newscrawl.store.folder import LOCKS, prepare_folder
from newscrawl.store.locks import acquire
from newscrawl.upkeep.prune import Old, old_files, remove

NOW = 1_700_000_000.0
DAY = 86400.0

OURS = (
    "logs/1.log",
    "rejected/1.jsonl",
    "rejected/1-0123456789abcdef.html.gz",
    "warc/rfi-1-20240220T135300Z-1.warc.gz",
)
#: Old as well, and not to be touched.
OTHERS = (
    "newscrawl.db",
    "articles/rfi-20240220T135300Z-1-1.jsonl",
    "articles/rfi-20240220T135300Z-1-2.jsonl.part",
    "logs/notes.txt",
    "logs/mine.log",
    "rejected/readme",
    "warc/rfi-1-20240220T135300Z-2.warc.gz.open",
    "warc/rfi-1-20240220T135300Z-3.warc.gz.part",
    "warc/CC-NEWS-20240101-00001.warc.gz",
    "warc/mine.warc.gz",
    "locks/1",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare_folder(tmp_path)
    (tmp_path / "warc").mkdir()
    for name in (*OURS, *OTHERS):
        write(tmp_path, name, days=91)
    for name in OURS:
        write(tmp_path, name.replace("1", "2", 1), days=89)
    return tmp_path


def write(folder: Path, name: str, *, days: float) -> None:
    path = folder / name
    path.write_bytes(b"x" * 10)
    os.utime(path, (NOW - days * DAY,) * 2)


def old(folder: Path) -> list[Old]:
    return list(old_files(folder, folder / "warc", NOW - 90 * DAY))


def names(folder: Path, files: list[Old]) -> set[str]:
    return {str(file.path.relative_to(folder)) for file in files}


def test_what_is_old_and_ours_goes(folder: Path) -> None:
    before = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    files = old(folder)
    assert names(folder, files) == set(OURS)
    assert {file.kind for file in files} == {"log", "rejected", "archive"}
    assert sum(file.size for file in files) == 40
    remove(files, folder)
    after = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert before - after == set(OURS)
    remove(files, folder)  # gone already


def test_a_living_run_keeps_its_files(folder: Path) -> None:
    lock = acquire(folder / LOCKS / "1", {"run": 1, "pid": 1, "since": "x"})
    assert old(folder) == []
    lock.release()
    assert len(old(folder)) == 4


def test_links_are_left_alone_and_no_archives_without_their_setting(folder: Path) -> None:
    (folder / "logs" / "7.log").symlink_to(folder / "newscrawl.db")
    assert len(list(old_files(folder, None, NOW))) == 6
    assert len(list(old_files(folder, folder / "none", NOW))) == 6
