"""The data dir: for whom it is made, and what is no data dir."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newscrawl.errors import UsageProblem
from newscrawl.store import database
from newscrawl.store.database import FILE
from newscrawl.store.folder import prepare_folder
from newscrawl.upkeep.backup import backup
from tests.crawling import replay_settings, scrapy
from tests.store.test_store import capture, open_store


def modes(folder: Path) -> set[int]:
    """Modes of all files below a folder."""
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("given", "files"), [("", 0o600), ("0750", 0o640)])
def test_a_new_data_dir_is_its_owners_alone(tmp_path: Path, given: str, files: int) -> None:
    data, out = tmp_path / "deep" / "data", tmp_path / "out.jsonl"
    more = {"NEWSCRAWL_MODE": given} if given else {}
    settings = replay_settings(data, **more)
    done = scrapy("crawl", "rfi", "-a", "columns=دفتر دانش", *settings)
    assert done.returncode == 0, done.stderr
    assert data.stat().st_mode & 0o777 == int(given or "0700", 8)
    assert data.parent.stat().st_mode & 0o777 == 0o755, "what is above it is anybody's"
    assert modes(data) == {files}
    assert scrapy("export", "jsonl", "-o", str(out), *settings).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o644, "an export is for whomever its maker's umask says"
    assert scrapy("backup", str(tmp_path / "copy"), *settings).returncode == 0
    assert modes(tmp_path / "copy") == {files}
    assert (tmp_path / "copy").stat().st_mode & 0o777 == int(given or "0700", 8)


def test_a_data_dir_that_is_there_keeps_its_mode(tmp_path: Path, make_article: Any) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    os.umask(0o027)
    store = open_store(folder)
    store.keep(capture(make_article()))
    store.publish()
    store.close()
    assert folder.stat().st_mode & 0o777 == 0o755
    assert modes(folder) == {0o640}, "what the umask keeps away stays away"


@pytest.mark.parametrize("given", ["", "700x", "0600", "1777", "rwx"])
def test_a_mode_that_is_none(tmp_path: Path, given: str) -> None:
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path / "data", NEWSCRAWL_MODE=given))
    assert done.returncode == 2
    assert "NEWSCRAWL_MODE is" in done.stderr


def test_line_files_without_a_database_are_refused(tmp_path: Path) -> None:
    prepare_folder(tmp_path)
    (tmp_path / "articles" / "rfi-20240601T120000Z-1-1.jsonl").write_text("{}\n")
    with pytest.raises(UsageProblem, match="reconcile --rebuild database"):
        prepare_folder(tmp_path)


@pytest.mark.parametrize("birth", ["empty", "WAL", "log"])
def test_a_database_killed_at_birth_is_none_yet(tmp_path: Path, birth: str) -> None:
    """Its file was made, and no table."""
    prepare_folder(tmp_path)
    (tmp_path / FILE).touch()
    if birth != "empty":
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    if birth == "log":
        (tmp_path / f"{FILE}-wal").write_bytes(b"torn")
    assert database.read_only(tmp_path) is None
    with pytest.raises(UsageProblem, match="no database"):
        backup(tmp_path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    for command in (("status",), ("columns",), ("export", "jsonl", "-o", "-"), ("search", "a")):
        done = scrapy(*command, *replay_settings(tmp_path))
        assert "Traceback" not in done.stderr, done.stderr
    open_store(tmp_path).close()
    assert backup(tmp_path, tmp_path / "copy") == 0
