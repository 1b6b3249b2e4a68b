"""What a user sees while a crawl runs and at its end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import ROOT, replay_settings, scrapy

FA = ("-a", "editions=fa")


def test_plain_lines_and_a_table_in_a_pipe(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = scrapy("crawl", "rfi", *replay_settings(data), *FA)
    lines = done.stderr.splitlines()
    assert any(re.fullmatch(r"fa دفتر دانش: 3 pages, \d\d new, .* failed", line) for line in lines)
    assert any(line.split()[:3] == ["edition", "column", "pages"] for line in lines)
    assert any("70 new, 0 changed · " in line for line in lines)
    assert f"database: {data / 'newscrawl.db'}" in lines
    (file,) = (data / "articles").iterdir()
    assert f"records:  {file}" in lines
    assert f"log:      {data / 'logs' / '1.log'}" in lines
    assert "\x1b" not in done.stderr
    assert done.stdout == ""

    again = scrapy("crawl", "rfi", *replay_settings(data), *FA).stderr
    assert "nothing new" in again
    assert "records:" not in again


def test_a_live_table_on_a_terminal(tmp_path: Path) -> None:
    shown = _on_a_terminal(tmp_path / "data")
    assert "\x1b[" in shown, "the table is drawn in place"
    assert "to fetch" in shown, "the live table was shown"
    assert "70 new, 0 changed" in shown
    assert "records:" in shown


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    shown = _on_a_terminal(tmp_path / "data", TERM="dumb")
    assert "\x1b[" not in shown
    assert "fa دفتر دانش: 3 pages, " in shown


def _on_a_terminal(data: Path, **environment: str) -> str:
    """Everything that a crawl writes to a terminal of its own."""
    master, slave = pty.openpty()
    crawl = subprocess.Popen(
        [sys.executable, "-m", "scrapy", "crawl", "rfi", *replay_settings(data), *FA],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    chunks = []
    try:
        while chunk := os.read(master, 65536):
            chunks.append(chunk)
    except OSError:  # the terminal's other end is closed
        pass
    finally:
        os.close(master)
    assert crawl.wait(60) == 0
    return b"".join(chunks).decode()


@pytest.mark.parametrize(("mode", "said"), [("off", False), ("plain", True)])
def test_progress_can_be_chosen(tmp_path: Path, mode: str, said: bool) -> None:
    given = replay_settings(tmp_path / "data", NEWSCRAWL_PROGRESS=mode)
    done = scrapy("crawl", "rfi", *given, *FA)
    assert ("fa دفتر دانش: 3 pages" in done.stderr) == said
    assert "70 new" in done.stderr, "the summary is always there"


def test_the_log_goes_to_the_data_dir_unless_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    scrapy("crawl", "rfi", *replay_settings(data), *FA)
    assert "Spider closed (finished)" in (data / "logs" / "1.log").read_text()
    own = tmp_path / "own.log"
    done = scrapy("crawl", "rfi", *replay_settings(data, LOG_FILE=str(own)), *FA)
    assert "Spider closed (finished)" in own.read_text()
    assert not (data / "logs" / "2.log").exists()
    assert f"log:      {own}" in done.stderr.splitlines()
    done = scrapy("crawl", "rfi", *replay_settings(data), *FA, "--nolog")
    assert "log:" not in done.stderr
    assert done.returncode == 0


def test_the_last_thirty_logs_are_kept(tmp_path: Path) -> None:
    logs = tmp_path / "data" / "logs"
    logs.mkdir(parents=True)
    for number in range(40):
        path = logs / f"old-{number}.log"
        path.write_text("old")
        os.utime(path, (number, number))
    scrapy("crawl", "rfi", *replay_settings(tmp_path / "data"), *FA)
    assert len(list(logs.glob("*.log"))) == 30
    assert (logs / "1.log").exists()
    assert (logs / "old-39.log").exists()
    assert not (logs / "old-10.log").exists()
