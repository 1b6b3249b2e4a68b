"""A disk that is full: one line, exit code 1, nothing torn, and the next run goes on.

The disk is a small tmpfs in a mount namespace of its own (Debian's util-linux; root or user
namespaces).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import ROOT, query, records, replay_settings

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
