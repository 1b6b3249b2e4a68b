"""Restoring: whole or not at all, under the locks of a crawl, from any copy of a data dir."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from newscrawl.errors import Busy, StorageFailed, UsageProblem
from newscrawl.rfi import SITE
from newscrawl.store import database, schema
from newscrawl.store.database import FILE
from newscrawl.store.folder import LINES, LOCKS, prepare_folder
from newscrawl.store.locks import REPLAY, acquire, is_free
from newscrawl.upkeep import restore as module
from newscrawl.upkeep.backup import backup
from newscrawl.upkeep.compare import Comparison
from tests.store.test_store import capture, keep_and_die, lines, open_store, rows

MODE = 0o700


def restore(source: Path, folder: Path) -> int:
    return module.restore(source, folder, SITE.host, MODE)


@pytest.fixture
def copy(tmp_path: Path, make_article: Any) -> Path:
    """A backup of two articles, and of a page that was rejected."""
    folder = tmp_path / "first"
    store = open_store(folder)
    for number in (1, 2):
        store.keep(capture(make_article(number)))
    store.publish()
    store.close()
    (folder / "rejected" / "1.jsonl").write_text("{}\n")
    backup(folder, tmp_path / "copy")
    return tmp_path / "copy"


def whole(folder: Path) -> None:
    """What the backup has is there, and a run finds all of it known."""
    assert sorted(line["title"] for line in lines(folder)) == ["Story 1", "Story 2"]
    with closing(database.connect(folder)) as connection:
        assert list(Comparison(connection, folder).findings()) == []
    assert (folder / "rejected" / "1.jsonl").exists()
    assert not (folder / "restore.partial").exists()


def killed_at(point: int, act: Callable[[], object]) -> bool:
    """Let a process act and kill it after so many lines of restoring; ``False``: it was done."""
    pid = os.fork()
    if pid == 0:
        left = point

        def count(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal left
            if event == "line" and "upkeep/restore.py" in frame.f_code.co_filename:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return count

        sys.settrace(count)
        act()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def test_a_kill_at_any_line_leaves_nothing_or_all(
    copy: Path, tmp_path: Path, make_article: Any
) -> None:
    point, cut, folder = 0, 0, tmp_path / "to-0"
    while killed_at(point, partial(restore, copy, folder)):
        if (folder / FILE).exists():
            with closing(database.connect(folder)) as connection:
                assert list(Comparison(connection, folder).findings()) == []
        else:
            if (folder / LINES).is_dir() and any((folder / LINES).iterdir()):
                cut += 1
                with pytest.raises(UsageProblem, match="the same again"):
                    prepare_folder(folder)
            assert restore(copy, folder) == 2
            whole(folder)
        point += 1
        folder = tmp_path / f"to-{point}"
    assert point > 40
    assert cut > 0, "one kill came between the names of the files and that of the database"


def test_a_crawl_that_came_first_is_told_of_and_one_that_comes_meanwhile_is_kept_away(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    prepare_folder(folder)
    for name in (SITE.host, REPLAY):
        lock = acquire(folder / LOCKS / name, {"run": 7, "pid": 1, "since": "now"})
        with pytest.raises(Busy, match="run 7 of process 1"):
            restore(copy, folder)
        lock.release()
    built = module._build

    def build(source: Path, aside: Path) -> int:
        for name in (SITE.host, REPLAY):
            assert not is_free(folder / LOCKS / name)
        assert not (folder / FILE).exists()
        return built(source, aside)

    monkeypatch.setattr(module, "_build", build)
    restore(copy, folder)
    whole(folder)


def test_a_copy_of_a_data_dir_with_its_log(tmp_path: Path, make_article: Any) -> None:
    """As ``cp -a`` takes it after a kill: what was stored last stands in the log alone."""
    keep_and_die(tmp_path / "first", make_article(1), make_article(2))
    raw = tmp_path / "raw"
    shutil.copytree(tmp_path / "first", raw)
    assert (raw / f"{FILE}-wal").stat().st_size > 0
    before = {path.name: path.read_bytes() for path in raw.iterdir() if path.is_file()}
    folder = tmp_path / "data"
    assert restore(raw, folder) == 2
    assert {path.name: path.read_bytes() for path in raw.iterdir() if path.is_file()} == before
    assert not (folder / f"{FILE}-wal").exists()
    open_store(folder).close()
    assert sorted(line["title"] for line in lines(folder)) == ["Story 1", "Story 2"]


def test_a_full_disk_leaves_nothing(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = tmp_path / "kept"
    prepare_folder(kept)
    with monkeypatch.context() as patch:
        patch.setattr(module, "sync_tree", full)
        for folder in (tmp_path / "data", kept):
            with pytest.raises(StorageFailed, match="disk full"):
                restore(copy, folder)
    assert not (tmp_path / "data").exists()
    assert restore(copy, kept) == 2
    whole(kept)


def _newer(copy: Path) -> None:
    with closing(sqlite3.connect(copy / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")


def _damaged(copy: Path) -> None:
    data = (copy / FILE).read_bytes()
    (copy / FILE).write_bytes(data[:9000] + bytes(40_000) + data[49_000:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda copy: (copy / FILE).unlink(), "is no backup: there is no newscrawl.db"),
        (lambda copy: shutil.rmtree(copy / LINES), "is no backup: there is no articles"),
        (lambda copy: (copy / FILE).write_bytes(b""), "holds no store"),
        (lambda copy: (copy / FILE).write_bytes(b"no database" * 1000), "is damaged"),
        (_damaged, "is damaged"),
        (_newer, "update newscrawl"),
    ],
)
def test_what_is_no_backup(
    copy: Path, tmp_path: Path, change: Callable[[Path], object], words: str
) -> None:
    change(copy)
    with pytest.raises(UsageProblem, match=words):
        restore(copy, tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", [FILE, f"{FILE}-wal", f"{LINES}/x.jsonl", "rejected/1.jsonl"])
def test_nothing_that_is_there_is_overwritten(copy: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    prepare_folder(folder)
    (folder / name).write_text("mine")
    with pytest.raises(UsageProblem, match="holds data"):
        restore(copy, folder)
    assert (folder / name).read_text() == "mine"


def test_where_to(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, link = tmp_path / "empty", tmp_path / "link"
    empty.mkdir()
    empty.chmod(0o755)
    link.symlink_to(tmp_path / "real")
    (tmp_path / "real").mkdir()
    monkeypatch.chdir(tmp_path)
    for folder in (empty, link, Path("relative"), tmp_path / "deep" / "er"):
        assert restore(copy, folder) == 2
        whole(folder)
    assert restore(Path("copy"), tmp_path / "from-relative") == 2
    assert empty.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "deep" / "er").stat().st_mode & 0o777 == MODE
    dangling, file = tmp_path / "dangling", tmp_path / "file"
    dangling.symlink_to(tmp_path / "nowhere")
    file.write_text("")
    for folder in (dangling, file, file / "below"):
        with pytest.raises(UsageProblem, match="cannot be written"):
            restore(copy, folder)
    with pytest.raises(UsageProblem, match="is the data dir itself"):
        restore(copy, copy)


def test_a_run_at_work_in_the_source(copy: Path, tmp_path: Path) -> None:
    (copy / LOCKS).mkdir()
    lock = acquire(copy / LOCKS / REPLAY, {"run": 7, "pid": 1, "since": "now"})
    with pytest.raises(Busy, match="scrapy backup"):
        restore(copy, tmp_path / "data")
    lock.release()
    assert rows(copy, "SELECT count(*) FROM articles") == [(2,)]
