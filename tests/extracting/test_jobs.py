"""Many archives on many cores: the same bytes whatever the number of workers and however often it
was cut; real processes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from fixtures.site import StandInSite
from tests.crawling import query, scrapy, start_scrapy
from tests.extracting.warcs import capture, page_of, warc
from tests.tampering import tampered

SITE = StandInSite.load()
ARTICLES = sorted(SITE.articles("en"), key=lambda article: article.url)[:12]

#: The n-th part is the last one that this process finishes.
_DEADLY = """
import os, signal
from newscrawl.extracting import parts
usual, done = parts.PartWriter.end, []
def end(self, how):
    usual(self, how)
    done.append(1)
    if len(done) == {times}:
        os.kill(os.getpid(), signal.SIGKILL)
parts.PartWriter.end = end
"""
#: Workers say who they are, and take their time.
_SLOW = """
import os, time
from newscrawl.extracting import jobs
usual = jobs.gather
def gather(*given):
    open(os.environ["PIDS"], "a").write(f"{os.getpid()}\\n")
    time.sleep(60)
jobs.gather = gather
"""
#: The rules stumble over one page.
_STUMBLES = """
from newscrawl.rfi import RfiSite
usual = RfiSite.read_article
def read_article(self, html, url, fetched_at):
    if url == {url!r}:
        raise RecursionError("too deep")
    return usual(self, html, url, fetched_at)
RfiSite.read_article = read_article
"""


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Four archives; the last one has changed stories of the first."""
    folder = tmp_path_factory.mktemp("warc")
    files = []
    for number in range(4):
        chosen = ARTICLES[number % 3 * 4 :][:4]
        title = "Changed meanwhile" if number == 3 else None
        pages = [
            capture(article.url, page_of(SITE, article, title), number + 1) for article in chosen
        ]
        foreign = capture("https://www.example.org/", b"x")
        files.append(str(warc(folder / f"{number}.warc.gz", *pages, foreign)))
    return files


@pytest.fixture(scope="module")
def expected(archives: list[str]) -> bytes:
    """What one process gives, read from one archive after the other."""
    done = scrapy("extract", *archives, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["version"] for line in lines] == [1] * 12 + [2] * 4
    assert done.stderr == "16 records; left out: foreign 4\n"
    found: bytes = done.stdout.encode()
    return found


def test_the_number_of_workers_changes_nothing(
    archives: list[str], expected: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    done = scrapy("extract", *archives, "--jobs", "3", "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == expected
    assert list(tmp_path.iterdir()) == [out]


def test_after_a_kill_the_same_command_goes_on(
    archives: list[str], expected: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    command = ("extract", *archives, "--jobs", "1", "-o", str(out))
    killed = scrapy(*command, **tampered(tmp_path / "t", _DEADLY.format(times=2)))
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    (tmp_path / "out.parquet.parts" / "torn.part.123").write_text("torn")
    Path(archives[1]).touch()  # this one has changed since: it is read again
    done = scrapy(*command)
    assert done.returncode == 0
    assert "going on: 1 of 4 pieces were read before" in done.stderr
    rows = pyarrow.parquet.read_table(out).to_pylist(maps_as_pydicts="strict")
    assert [row["url_hash"] for row in rows] == [
        json.loads(line)["url_hash"] for line in expected.splitlines()
    ]
    assert not (tmp_path / "out.parquet.parts").exists()


def test_a_killed_worker_is_one_line_and_the_work_is_kept(
    archives: list[str], expected: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    command = ("extract", *archives, "--jobs", "2", "-o", str(out))
    killed = scrapy(*command, **tampered(tmp_path / "t", _DEADLY.format(times=1)))
    assert killed.returncode == 1
    (line,) = killed.stderr.splitlines()
    assert line.startswith("newscrawl: a worker was killed")
    done = scrapy(*command)
    assert "going on: " in done.stderr
    assert out.read_bytes() == expected


def test_workers_die_with_their_parent(archives: list[str], tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    slow = tampered(tmp_path / "t", _SLOW, PIDS=str(pids))
    command = ("extract", *archives, "--jobs", "2", "-o", str(tmp_path / "out.jsonl"))
    parent = start_scrapy(*command, **slow)
    deadline = time.monotonic() + 60
    while not pids.exists() or len(pids.read_text().split()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    busy = scrapy(*command)
    assert busy.returncode == 3
    assert "another extract is at work" in busy.stderr
    parent.kill()
    parent.communicate()
    workers = [int(pid) for pid in pids.read_text().split()]
    while any(map(_lives, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ctrl_c_is_one_line(archives: list[str], tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    slow = tampered(tmp_path / "t", _SLOW, PIDS=str(pids))
    command = ("extract", *archives, "--jobs", "2", "-o", str(tmp_path / "out.jsonl"))
    parent = start_scrapy(*command, **slow)
    while not pids.exists():
        time.sleep(0.05)
    parent.send_signal(signal.SIGINT)
    _, told = parent.communicate(timeout=60)
    assert parent.returncode == 1
    assert told == "newscrawl: stopped: the same command goes on where it was\n"


def test_a_reader_that_has_had_enough(archives: list[str]) -> None:
    done = start_scrapy("extract", *archives, "--jobs", "1")
    assert done.stdout is not None
    done.stdout.close()
    assert done.stderr is not None
    told = done.stderr.read()
    done.stderr.close()
    assert done.wait(60) == 0
    assert "Traceback" not in told


def test_one_page_that_the_rules_stumble_over_is_left_out(
    archives: list[str], tmp_path: Path
) -> None:
    rules = tampered(tmp_path / "t", _STUMBLES.format(url=ARTICLES[0].url))
    done = scrapy("extract", archives[0], **rules)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    warning, told, advice = done.stderr.splitlines()
    assert re.fullmatch(
        f"newscrawl: {re.escape(ARTICLES[0].url)} is left out: RecursionError at"
        r" sitecustomize.py:\d+: too deep",
        warning,
    )
    assert told == "3 records; left out: error 1, foreign 1"
    assert advice.startswith("1 pages met an error of newscrawl and are left out: please report it")


#: Reading one page never ends; that of any may take half a second.
_LOOPS = """
from newscrawl import watchdog
from newscrawl.rfi import RfiSite
watchdog.watched.__wrapped__.__defaults__ = (0.5,)
usual = RfiSite.read_article
def read_article(self, html, url, fetched_at):
    while url == {url!r}:
        pass
    return usual(self, html, url, fetched_at)
RfiSite.read_article = read_article
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_page_that_takes_too_long_is_left_out(
    archives: list[str], tmp_path: Path, jobs: str
) -> None:
    rules = tampered(tmp_path / "t", _LOOPS.format(url=ARTICLES[0].url))
    done = scrapy("extract", *archives[:2], "--jobs", jobs, **rules)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 7
    warning, told = done.stderr.splitlines()
    assert warning == (
        f"newscrawl: {ARTICLES[0].url} is left out: reading it takes longer than 0.5 s"
    )
    assert told == "7 records; left out: foreign 2, slow 1"


#: A record of one page has a number that neither SQLite nor JSON holds.
_GIANT = """
from newscrawl.rfi import RfiSite
usual = RfiSite.read_article
def read_article(self, html, url, fetched_at):
    found = usual(self, html, url, fetched_at)
    if url == {url!r}:
        found.article.reading_minutes = {number}
    return found
RfiSite.read_article = read_article
"""


def test_a_record_that_cannot_be_written_costs_itself_alone(
    archives: list[str], tmp_path: Path
) -> None:
    rules = tampered(tmp_path / "t", _GIANT.format(url=ARTICLES[0].url, number=10**20))
    done = scrapy("extract", archives[0], **rules)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert "3 records; left out: error 1, foreign 1" in done.stderr


def test_a_record_that_the_store_cannot_hold_costs_itself_alone(
    archives: list[str], tmp_path: Path
) -> None:
    """JSON holds 64 bits without a sign, SQLite one less."""
    rules = tampered(tmp_path / "t", _GIANT.format(url=ARTICLES[0].url, number=2**63))
    settings = ("-s", f"NEWSCRAWL_DATA_DIR={tmp_path / 'data'}")
    done = scrapy("extract", archives[0], "--into-store", "--json", *settings, **rules)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["new"], report["left_out"]) == (3, {"error": 1, "foreign": 1})
    ((code, summary),) = query(tmp_path / "data", "SELECT exit_code, summary FROM runs")
    assert code == 1
    assert "1 pages met an error of newscrawl" in json.loads(summary)["problems"][0]


def test_a_terminal_shows_how_far_it_is(archives: list[str], tmp_path: Path) -> None:
    reading, writing = pty.openpty()
    command = ("extract", *archives, "--jobs", "2", "-o", str(tmp_path / "out.jsonl"))
    with os.fdopen(writing, "w") as terminal:
        done = start_scrapy(*command, stderr=terminal, TERM="xterm", COLUMNS="120")
        done.communicate(timeout=60)
    seen = b""
    try:
        while data := os.read(reading, 65536):
            seen += data
    except OSError:  # the other end is closed, and all is read
        os.close(reading)
    assert b"4 pieces" in seen
    assert b"pages of the site" in seen
    assert b"16 records; left out: foreign 4" in seen


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jobs", "0"), "--jobs is '0': give a whole number"),
        (("--jobs", "all"), "--jobs is 'all': give a whole number"),
        (("--apply",), "--apply goes with --into-store"),
        (("--into-store", "-o", "x"), "are two ways"),
        (("--cc-news", "/nowhere"), "the list cannot be read"),
        (("--ccnews", "x"), "unknown option --ccnews; did you mean --cc-news"),
    ],
)
def test_wrong_use(archives: list[str], arguments: tuple[str, ...], said: str) -> None:
    done = scrapy("extract", archives[0], *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line


def _lives(pid: int) -> bool:
    """One that nobody has buried yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
