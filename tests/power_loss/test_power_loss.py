"""A share of the seeds of ``python -m tests.power_loss.run``, and the disk that they build."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.power_loss.disk import Disk, Event
from tests.power_loss.run import Harness

#: Most commands once, among them those that were found to lose something.
SEEDS = (6, 31, 43, 39, 14, 9, 8, 49)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Harness:
    return Harness(tmp_path_factory.mktemp("power-loss"))


@pytest.mark.debian
@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_promised_is_there(harness: Harness, seed: int) -> None:
    assert harness.play(seed) == ""


def after(folder: Path, *events: Event) -> set[tuple[tuple[str, bytes], ...]]:
    """All that may be left of a folder in which a file ``old`` of one byte stood."""
    found = set()
    for seed in range(300):
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        (folder / "old").write_bytes(b"o")
        disk = Disk(folder)
        for event in events:
            disk.take(event if event.inode else replace(event, inode=folder.stat().st_ino))
        disk.lose_power(random.Random(seed))
        found.add(tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir())))
    return found


def test_the_disk_loses_what_is_not_synced_and_keeps_what_is(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    create = Event("C", 1, 0, f"{folder}/new.part", b"")
    write = Event("W", 1, 0, "", b"ab")
    synced, named = Event("S", 1, 0, "", b""), Event("S", 0, 0, "", b"")
    rename = Event("R", 0, 0, f"{folder}/new.part", f"{folder}/old".encode())
    old, part = (("old", b"o"),), ("new.part", b"ab")
    assert after(folder, create, write, synced) == {old, (part, *old)}
    assert after(folder, create, write, synced, named) == {(part, *old)}
    assert after(folder, create, write, synced, rename) == {old, (part, *old), (("old", b"ab"),)}
    assert after(folder, create, write, synced, rename, named) == {(("old", b"ab"),)}
    torn = after(folder, create, write, rename, named)
    assert torn == {(("old", data),) for data in (b"", b"a", b"ab", b"\0\0")}
