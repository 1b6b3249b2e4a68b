"""Bad input as a user meets it: one clear line, the right exit code, no traceback."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawling import ARCHIVE, ROOT, query, records, replay_settings, scrapy


def crawl(data: Path, *more: str, replay: Path | str = ARCHIVE) -> tuple[int, str]:
    """A replay of a small part of the stand-in site; gives exit code and stderr."""
    done = scrapy("crawl", "rfi", *replay_settings(data, Path(replay)), *more)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("-a", "editions=cm"), "unknown edition 'cm'; did you mean"),
        (("-a", "columns=科技时空间"), "科技时空"),
        (("-a", "mode=ful"), "unknown mode 'ful'; did you mean full?"),
        (("-a", "since=2024-13-01"), "since is '2024-13-01': give a date"),
        (("-a", "until=yesterday"), "until is 'yesterday': give a date"),
        (("-a", "since=2024-02-01", "-a", "until=2024-01-01"), "is after until"),
        (("-a", "max_pages=0"), "max_pages is '0'"),
        (("-a", "edition=cn"), "unknown argument 'edition'; did you mean editions?"),
        (("-a", "source=columns"), "unknown argument 'source'; did you mean sources"),
        (("-a", "urls=https://www.example.org/"), "is not the address of an article"),
        (("-a", "urls=@/nowhere/urls.txt"), "cannot read"),
        (("--maxpages=3",), "unknown option --maxpages"),
        (("-s", "NEWSCRAWL_OUTPUTS=sqlit"), "unknown output 'sqlit'; did you mean sqlite?"),
        (("-s", "NEWSCRAWL_STOP_AFTER=none"), "NEWSCRAWL_STOP_AFTER"),
        (("-s", "NEWSCRAWL_FULL_EVERY=30 suns"), "NEWSCRAWL_FULL_EVERY"),
        (("-s", "NEWSCRAWL_JSONL_ROTATE=1h"), "NEWSCRAWL_JSONL_ROTATE"),
        (("-s", "NEWSCRAWL_PROGRESS=loud"), "NEWSCRAWL_PROGRESS"),
        (("-s", "NEWSCRAWL_SEEDS=/nowhere"), "/nowhere"),
        (("-s", "NEWSCRAWL_NOTIFY=slak"), "unknown way 'slak'; did you mean slack?"),
        (("-s", "NEWSCRAWL_NOTIFY_URL=file:///etc/x"), "NEWSCRAWL_NOTIFY_URL is no web address"),
        (("-s", "NEWSCRAWL_ALIVE=ftp://x/y"), "NEWSCRAWL_ALIVE is no web address"),
        (("-s", "NEWSCRAWL_WARN_DISK=much"), "NEWSCRAWL_WARN_DISK is 'much': give a size as"),
        (
            ("-s", "NEWSCRAWL_NOTIFY_REPLAY=maybe"),
            "NEWSCRAWL_NOTIFY_REPLAY is 'maybe': give 1 or 0",
        ),
        (("-s", "NEWSCRAWL_DRIFT=2"), "NEWSCRAWL_DRIFT is '2': give a share"),
        (("-s", "NEWSCRAWL_SHARE=0"), "NEWSCRAWL_SHARE is '0': give a share"),
        (("-s", "NEWSCRAWL_MAX_WAIT=long"), "NEWSCRAWL_MAX_WAIT is 'long': give a duration"),
        (("-s", "NEWSCRAWL_RELOOK=1h,soon"), "NEWSCRAWL_RELOOK is 'soon': give a duration"),
        (("-s", "NEWSCRAWL_RELOOK_BUDGET=-1"), "NEWSCRAWL_RELOOK_BUDGET is '-1'"),
        (
            ("-a", "urls=http://cn.rfi.fr/中国/20171030-x"),
            "is an old address of edition cn, which has moved",
        ),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    tmp_path: Path, given: tuple[str, ...], said: str
) -> None:
    code, stderr = crawl(tmp_path / "data", *given)
    assert code == 2, stderr
    assert said in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert records(tmp_path / "data") == []


def test_an_unknown_spider_names_the_known_one(tmp_path: Path) -> None:
    done = scrapy("crawl", "rfy")
    assert done.returncode == 2
    assert "unknown spider 'rfy'; did you mean rfi?" in done.stderr


def test_a_live_crawl_without_contact_is_refused(tmp_path: Path) -> None:
    done = scrapy("crawl", "rfi", "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}")
    assert done.returncode == 2
    assert "NEWSCRAWL_CONTACT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_archive(tmp_path: Path) -> None:
    code, stderr = crawl(tmp_path / "data", replay=tmp_path / "none.warc.gz")
    assert code == 2
    assert "none.warc.gz" in stderr


@pytest.mark.parametrize(
    "content", [b"hello, world\n" * 50, gzip.compress(b"hello" * 100)], ids=["text", "gzip"]
)
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.warc.gz"
    path.write_bytes(content)
    code, stderr = crawl(tmp_path / "data", replay=path)
    assert code == 2
    assert "WARC" in stderr


def test_an_empty_archive_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "empty.warc.gz"
    path.write_bytes(b"")
    code, stderr = crawl(tmp_path / "data", "-a", "editions=fa", replay=path)
    assert code == 1  # every column is missing from it
    assert "empty" in stderr


def test_a_truncated_archive_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut.warc.gz"
    whole = ARCHIVE.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    _, stderr = crawl(tmp_path / "data", replay=path)
    assert "truncated" in stderr
    assert records(tmp_path / "data")


def test_a_data_dir_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, stderr = crawl(tmp_path / "file" / "data")
    assert code == 2
    assert "cannot be written" in stderr


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    assert crawl(tmp_path, "-a", "editions=fa", "-a", "max_pages=1")[0] == 0
    connection = sqlite3.connect(tmp_path / "newscrawl.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    code, stderr = crawl(tmp_path)
    assert code == 2
    assert "newer newscrawl" in stderr


def test_under_scrapyd_a_relative_data_dir_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scrapyd.runner", "crawl", "rfi"],
        cwd=ROOT,
        env={**os.environ, "SCRAPY_PROJECT": "default"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "absolute path" in done.stderr


def test_nothing_of_a_refused_run_is_left(tmp_path: Path) -> None:
    crawl(tmp_path / "data", "-a", "mode=ful")
    assert not (tmp_path / "data").exists()


def test_scrapys_own_feed_gets_new_and_changed_records_only(tmp_path: Path) -> None:
    feed = tmp_path / "out.jsonl"
    arguments = ("-a", "editions=fa", "-O", str(feed))
    assert crawl(tmp_path / "data", *arguments)[0] == 0
    assert len(feed.read_bytes().splitlines()) == len(records(tmp_path / "data")) > 0
    assert crawl(tmp_path / "data", *arguments)[0] == 0
    assert feed.read_bytes() == b""
    assert query(tmp_path / "data", "SELECT count(*) FROM runs") == [(2,)]
