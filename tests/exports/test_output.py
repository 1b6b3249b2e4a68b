"""Outputs take their place whole; an earlier one goes only when the new one is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from newscrawl.errors import StorageFailed
from newscrawl.exports import output
from newscrawl.exports.output import MARK, output_folder


def write(folder: Path, text: str) -> None:
    with output_folder(str(folder), "a test") as out:
        (out / "deep").mkdir()
        (out / "deep" / "file").write_text(text)


def test_a_folder_that_cannot_take_its_place_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write(folder, "one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "rename_durably", full)
    with pytest.raises(StorageFailed, match="disk full"):
        write(folder, "two")
    assert (folder / "deep" / "file").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_death_put_aside_comes_back_before_the_next_attempt(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder, "one")
    folder.rename(tmp_path / "out.old")  # it died between its two renames
    (tmp_path / "out.part").mkdir()  # and another one right after it had begun
    with pytest.raises(ZeroDivisionError), output_folder(str(folder), "a test"):
        raise ZeroDivisionError
    assert (folder / "deep" / "file").read_text() == "one"
    write(folder, "two")
    assert (folder / "deep" / "file").read_text() == "two"
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_a_folder_is_known_for_ours_until_nothing_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write(folder, "one")

    def die(*_: object, **__: object) -> None:
        assert (folder / MARK).exists() or not any(folder.iterdir())

    monkeypatch.setattr(output.shutil, "rmtree", die)
    output._remove(folder)
