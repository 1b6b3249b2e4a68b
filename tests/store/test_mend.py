"""What a death leaves behind is put right at the next start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from newscrawl.store import Store
from tests.store.test_store import capture, lines, open_store, rows


@pytest.fixture
def died(tmp_path: Path, make_article: Any) -> Path:
    """A data dir whose run stored three articles and died before it published."""
    pid = os.fork()
    if pid == 0:
        store = open_store(tmp_path)
        for number in range(3):
            store.keep(capture(make_article(number)))
        os._exit(9)
    os.waitpid(pid, 0)
    return tmp_path


def part(folder: Path) -> Path:
    (path,) = (folder / "articles").glob("*.part")
    return path


def titles(folder: Path) -> list[str]:
    return [line["title"] for line in lines(folder)]


def mend(folder: Path, outputs: tuple[str, ...] = ("jsonlines", "sqlite")) -> list[Path]:
    store = Store(folder, outputs)
    published = store.mend()
    store.close()
    return published


def test_a_part_file_is_published_under_its_own_runs_name(died: Path) -> None:
    name = part(died).name.removesuffix(".part")
    assert [path.name for path in mend(died)] == [name]
    assert titles(died) == ["Story 0", "Story 1", "Story 2"]
    assert rows(died, "SELECT state FROM runs") == [("killed",)]


def test_a_torn_line_is_cut_off(died: Path) -> None:
    with part(died).open("ab") as file:
        file.write(b'{"url": "https://www.rfi.fr/en/torn')
    mend(died)
    assert titles(died) == ["Story 0", "Story 1", "Story 2"]


@pytest.mark.parametrize("kept", [0, 10, 1000, 2000])
def test_lines_that_never_reached_the_disk_are_written_again(died: Path, kept: int) -> None:
    whole = part(died).read_bytes()
    os.truncate(part(died), kept)
    mend(died)
    (file,) = (died / "articles").glob("*.jsonl")
    assert file.read_bytes() == whole


def test_a_part_file_that_is_wholly_lost_is_written_again(died: Path) -> None:
    part(died).unlink()
    mend(died)
    assert titles(died) == ["Story 0", "Story 1", "Story 2"]


def test_a_hole_of_zeros_is_filled(died: Path) -> None:
    path = part(died)
    whole = path.read_bytes()
    end_of_first = whole.index(b"\n") + 1
    path.write_bytes(whole[:end_of_first] + b"\0" * (len(whole) - end_of_first))
    mend(died)
    assert titles(died) == ["Story 0", "Story 1", "Story 2"]


def test_a_hole_in_the_middle_of_a_line_is_filled(tmp_path: Path, make_article: Any) -> None:
    """A block that was not written yet leaves zeros between two that were."""
    pid = os.fork()
    if pid == 0:
        store = open_store(tmp_path)
        for number in range(3):
            store.keep(capture(make_article(number, text="A long text. " * 900)))
        os._exit(9)
    os.waitpid(pid, 0)
    path = part(tmp_path)
    whole = path.read_bytes()
    assert whole.index(b"\n") > 3 * 4096
    path.write_bytes(whole[:4096] + bytes(4096) + whole[2 * 4096 :])
    mend(tmp_path)
    (file,) = (tmp_path / "articles").glob("*.jsonl")
    assert file.read_bytes() == whole


def test_without_bodies_lost_lines_become_owed_again(tmp_path: Path, make_article: Any) -> None:
    pid = os.fork()
    if pid == 0:
        store = open_store(tmp_path, ("jsonlines",))
        for number in range(3):
            store.keep(capture(make_article(number)))
        os._exit(9)
    os.waitpid(pid, 0)
    first = part(tmp_path).read_bytes().index(b"\n") + 1
    os.truncate(part(tmp_path), first)
    mend(tmp_path, ("jsonlines",))
    assert titles(tmp_path) == ["Story 0"]
    owed = rows(tmp_path, "SELECT url FROM links WHERE state = 0 ORDER BY url")
    assert owed == [(make_article(1).url,), (make_article(2).url,)]
    assert rows(tmp_path, "SELECT count(*) FROM articles") == [(1,)]


def test_died_between_the_rename_and_its_mark(died: Path) -> None:
    path = part(died)
    path.rename(path.with_name(path.name.removesuffix(".part")))
    mend(died)
    assert titles(died) == ["Story 0", "Story 1", "Story 2"]
    assert rows(died, "SELECT count(*) FROM line_files WHERE published_at IS NULL") == [(0,)]


def test_a_file_that_is_younger_than_its_database_is_cut_back(died: Path) -> None:
    path = part(died)
    path = path.rename(path.with_name(path.name.removesuffix(".part")))
    whole = path.read_bytes()
    path.write_bytes(whole + whole)
    mend(died)
    assert path.read_bytes() == whole


def test_a_part_file_no_transaction_entered_is_removed(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    stray = tmp_path / "articles" / "rfi-20240601T120000Z-9-1.jsonl.part"
    stray.write_bytes(b"{}")
    mend(tmp_path)
    assert not stray.exists()


def test_the_file_of_a_living_run_is_left_alone(tmp_path: Path, make_article: Any) -> None:
    living = open_store(tmp_path)
    living.keep(capture(make_article()))
    assert mend(tmp_path) == []
    assert part(tmp_path).exists()
    living.publish()
    living.close()
    assert titles(tmp_path) == ["Story 1"]
