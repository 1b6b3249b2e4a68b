"""A disk that is full: one line, exit code 1, nothing torn, and the next run goes on.

The disk is a small tmpfs in a mount namespace of its own (Debian's util-linux; root or user
namespaces).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import ARCHIVE, ROOT, query, records, replay_settings, scrapy

_SCRIPT = """
set -u
disk=$1 out=$2 size=$3; shift 3
mkdir -p "$disk" && mount -t tmpfs -o "size=$size" tmpfs "$disk" || exit 99
"$@" 2> "$out/first.err"; echo $? > "$out/first.code"
cp -a "$disk/data" "$out/first"
mount -o remount,size=100m "$disk"
"$@" 2> "$out/second.err"; echo $? > "$out/second.code"
cp -a "$disk/data" "$out/second"
"""


@pytest.mark.debian
@pytest.mark.parametrize("size", ["60k", "900k", "3m"])
@pytest.mark.parametrize("outputs", ["jsonlines,sqlite", "jsonlines", "sqlite"])
def test_a_disk_that_fills_up(tmp_path: Path, size: str, outputs: str) -> None:
    disk = tmp_path / "disk"
    given = replay_settings(disk / "data", NEWSCRAWL_OUTPUTS=outputs)
    command = (sys.executable, "-m", "scrapy", "crawl", "rfi", *given)
    script = ("unshare", "-rm", "sh", "-c", _SCRIPT, "sh", str(disk), str(tmp_path), size)
    done = subprocess.run(
        [*script, *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr

    said = (tmp_path / "first.err").read_text()
    assert (tmp_path / "first.code").read_text().strip() == "1", said
    assert "disk full" in said
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if "disk full" in line]) <= 2

    said = (tmp_path / "second.err").read_text()
    assert (tmp_path / "second.code").read_text().strip() == "0", said
    stored = {url for (url,) in query(tmp_path / "second", "SELECT url FROM articles")}
    assert len(stored) == 408
    if "jsonlines" in outputs:
        urls = [record["url"] for record in records(tmp_path / "second")]
        assert sorted(urls) == sorted(stored)


_FILLED = """
set -u
disk=$1 source=$2 left=$3; shift 3
mkdir -p "$disk" && mount -t tmpfs -o size=30m tmpfs "$disk" || exit 99
[ "$source" = none ] || cp -a "$source" "$disk/data"
head -c 40m /dev/zero > "$disk/fill" 2>/dev/null
truncate -s -"$left" "$disk/fill"
"$@" 2> first.err; echo $? > first.code
rm "$disk/fill"
"$@" 2> second.err; echo $? > second.code
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data dirs with one column (``data``), with nothing yet, and an archive of that column."""
    folder = tmp_path_factory.mktemp("stored")
    for name, more in (("data", ()), ("less", ("-a", "max_pages=1", "-a", "since=2026-01-01"))):
        given = replay_settings(folder / name, LOG_FILE=str(folder / "log"))
        done = scrapy("crawl", "rfi", "-a", "columns=دفتر دانش", *more, *given)
        assert done.returncode == 0, done.stderr
    assert scrapy("backup", str(folder / "copy"), "-s", f"NEWSCRAWL_DATA_DIR={folder / 'data'}")
    return folder


_CRAWL = (
    "crawl",
    "rfi",
    "-a",
    "columns=دفتر دانش",
    *replay_settings(Path(), LOG_FILE="{disk}/log"),
)
#: Command, and the data dir that it begins with.
_COMMANDS = [
    (_CRAWL, "less"),
    (("merge", "{stored}/data"), "less"),
    (("restore", "{stored}/copy"), "none"),
    (("backup", "{disk}/copy"), "data"),
    (("reconcile", "--rebuild", "database"), "data"),
    (("extract", str(ARCHIVE), "-o", "{disk}/out.jsonl"), "none"),
    (("extract", str(ARCHIVE), "--into-store"), "less"),
    (("export", "jsonl", "-o", "{disk}/out.jsonl"), "data"),
    (("export", "parquet", "-o", "{disk}/out.parquet"), "data"),
    (("export", "rss", "-o", "{disk}/feeds"), "data"),
    (("export", "fulltext", "-o", "{disk}/texts"), "data"),
    (("report", "-o", "{disk}/report.html"), "data"),
]


@pytest.mark.debian
@pytest.mark.parametrize("left", [1, 40_000])
@pytest.mark.parametrize(("command", "begins"), _COMMANDS, ids=lambda value: value[0])
def test_every_command_ends_in_one_line_and_goes_on(
    tmp_path: Path, stored: Path, command: tuple[str, ...], begins: str, left: int
) -> None:
    disk = tmp_path / "disk"
    given = [part.format(disk=disk, stored=stored) for part in command]
    source = begins if begins == "none" else str(stored / begins)
    script = ("unshare", "-rm", "sh", "-c", _FILLED, "sh", str(disk), source, str(left))
    program = (sys.executable, "-m", "scrapy", *given, "-s", f"NEWSCRAWL_DATA_DIR={disk / 'data'}")
    done = subprocess.run(
        [*script, *program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "newscrawl.settings"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for run in ("first", "second"):
        said = (tmp_path / f"{run}.err").read_text()
        assert "Traceback" not in said, said
        code = (tmp_path / f"{run}.code").read_text().strip()
        assert code == "0" or (
            run == "first" and code == "1" and said.count("No space") + said.count("full")
        ), said
        assert command is _CRAWL or code == "0" or len(said.splitlines()) == 1, said


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    given = replay_settings(tmp_path / "data", LOG_FILE="/dev/full")
    done = scrapy("crawl", "rfi", "-a", "columns=دفتر دانش", *given)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_a_limit_on_the_size_of_files_is_a_failure_to_store(tmp_path: Path) -> None:
    given = replay_settings(tmp_path / "data")
    command = ("sh", "-c", 'ulimit -f 100 && exec "$@"', "sh", sys.executable, "-m", "scrapy")
    done = subprocess.run(
        [*command, "crawl", "rfi", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "limit on the size of files" in done.stderr
    assert scrapy("crawl", "rfi", *given, "-a", "editions=fa").returncode == 0
