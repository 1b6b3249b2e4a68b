"""A backup while a crawl runs, and a crawl that goes on from it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.crawling import query, records, scrapy, start_scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")


def run(command: str, target: Path, data: Path, code: int = 0) -> Any:
    done = scrapy(command, str(target), "-s", f"NEWSCRAWL_DATA_DIR={data}")
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_there_and_back(live: LiveSite, tmp_path: Path) -> None:
    live.crawl(*FA)
    copy, again = tmp_path / "copy", tmp_path / "again"
    assert "70 articles" in run("backup", copy, live.data).stdout
    assert "70 articles" in run("restore", copy, again).stdout
    assert records(again) == live.records
    rows = "SELECT * FROM articles ORDER BY url"
    assert query(again, rows) == live.rows(rows)
    live.data = again
    live.asked()
    live.crawl(*FA)
    assert live.run["asked"] == 0, "the copy remembers"


def test_a_backup_of_a_running_crawl_goes_on_to_the_same_end(
    live: LiveSite, tmp_path: Path
) -> None:
    crawl = start_scrapy(*live.arguments(*FA, "-s", "DOWNLOAD_DELAY=0.05"))
    while len(live.server.requests) < 20:
        time.sleep(0.02)
    copy, again = tmp_path / "copy", tmp_path / "again"
    run("backup", copy, live.data)
    crawl.communicate(timeout=60)
    assert crawl.returncode == 0
    whole = {record["url"] for record in live.records}

    run("restore", copy, again)
    assert 0 < len(query(again, "SELECT url FROM articles")) < len(whole)
    live.data = again
    live.crawl(*FA)
    urls = [record["url"] for record in live.records]
    assert sorted(urls) == sorted(whole)


def test_nothing_is_overwritten(live: LiveSite, tmp_path: Path) -> None:
    live.crawl(*FA, "-a", "max_pages=1")
    copy = tmp_path / "copy"
    run("backup", copy, live.data)
    assert "is not empty" in run("backup", copy, live.data, code=2).stderr
    assert "holds data" in run("restore", copy, live.data, code=2).stderr
    assert "is no backup" in run("restore", tmp_path / "none", tmp_path / "x", code=2).stderr
    assert "no database in" in run("backup", tmp_path / "y", tmp_path / "none", code=2).stderr
    damaged = copy / "newscrawl.db"
    data = bytearray(damaged.read_bytes())
    data[9000:60_000] = bytes(51_000)
    damaged.write_bytes(data)
    assert "damaged" in run("restore", copy, tmp_path / "z", code=2).stderr
    assert not (tmp_path / "z").exists()
    for command in ("backup", "restore"):
        done = scrapy(command)
        assert done.returncode == 2
        assert f"scrapy {command} DIR" in done.stderr
