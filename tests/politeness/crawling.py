"""Real crawls of a scripted host, watched at both ends.

When a request leaves is noted in the crawl's own process, below everything that is ours: on a busy
machine a server notices late, and would see gaps that nobody made.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from fixtures.site import StandInSite
from newscrawl.rfi import SITE
from tests.crawling import SEEDS, last_run, query, scrapy
from tests.faults.server import serve
from tests.politeness.scripted import Met, Script
from tests.politeness.watching import SLACK_S, Watch
from tests.tampering import tampered

SHOW = "دفتر دانش"
MAX_WAIT_S, REFUSALS = 4.0, 3
_NOTE = """
import os, time
from twisted.web._newclient import HTTP11ClientProtocol as protocol
request = protocol.request
def noted(self, what):
    with open(os.environ["DEPARTURES"], "a") as file:
        file.write(f"{time.monotonic()} {what.uri.decode()}\\n")
    return request(self, what)
protocol.request = noted
"""
_COUNT = re.compile(r"'downloader/request_count': (\d+)")


def crawl(seed: int) -> list[str]:
    """What was broken, in two or three runs one after the other."""
    random = Random(seed)
    script = Script(random)
    watch = Watch(random.choice([0.1, 0.2, 0.3]), MAX_WAIT_S, REFUSALS)
    with TemporaryDirectory(prefix="politeness-") as name, serve(StandInSite.load()) as server:
        server.patterns.append(("", script.answer))
        folder = Path(name)
        for number in range(random.choice([2, 2, 3])):
            if number and random.random() < 0.3:
                _let_time_pass(folder / "data", script, watch)
            _run(folder, number, server.origin, script, watch)
    return watch.problems


def _let_time_pass(data: Path, script: Script, watch: Watch) -> None:
    with closing(sqlite3.connect(data / "newscrawl.db")) as connection, connection:
        long_ago = "2000-01-01T00:00:00+00:00"
        connection.execute(
            "UPDATE hosts SET not_before = ?, pages_not_before = ?", (long_ago, long_ago)
        )
    script.refuses = script.refusing = False
    watch.held_until, watch.refused = float("-inf"), False


def _run(folder: Path, number: int, origin: str, script: Script, watch: Watch) -> None:
    before, refused_before = len(script.met), watch.refused
    settings = (f"NEWSCRAWL_MAX_WAIT={MAX_WAIT_S}s", f"NEWSCRAWL_REFUSALS={REFUSALS}")
    left, done = _crawled(folder, origin, *settings, f"DOWNLOAD_DELAY={watch.own_s}")
    _judge(watch, left, script.met[before:])
    _agree(watch, folder / "data", number + 1, done, len(left), refused_before=refused_before)


def departures(folder: Path, origin: str, *settings: str) -> list[tuple[float, str]]:
    """Crawl into ``folder/data``; when which path was asked for."""
    left, done = _crawled(folder, origin, *settings)
    assert done.returncode == 0, done.stderr
    return left


def _crawled(folder: Path, origin: str, *settings: str) -> tuple[list[tuple[float, str]], Any]:
    seeds, data = f"NEWSCRAWL_SEEDS={SEEDS}", f"NEWSCRAWL_DATA_DIR={folder / 'data'}"
    given = (f"NEWSCRAWL_ORIGIN={origin}", seeds, data, *settings)
    options = [part for setting in given for part in ("-s", setting)]
    done = scrapy("crawl", "rfi", *options, "-a", f"columns={SHOW}", **noting(folder))
    return noted(folder), done


def noting(folder: Path) -> dict[str, str]:
    """Environment of a crawl that notes in a folder when its requests leave."""
    (folder / "departures").write_text("")
    return tampered(folder / "code", _NOTE, DEPARTURES=str(folder / "departures"))


def noted(folder: Path) -> list[tuple[float, str]]:
    """When which path was asked for."""
    lines = [line.split(" ", 1) for line in (folder / "departures").read_text().splitlines()]
    return [(float(at), path) for at, path in lines]


def _judge(watch: Watch, left: list[tuple[float, str]], met: list[Met]) -> None:
    """One request after the other."""
    watch.begin(left[0][0] if left else 0.0)
    waiting, last = list(met), None
    ends = [*(at for at, _ in left[1:]), float("inf")]
    for (at, path), end in zip(left, ends, strict=False):
        if waiting and waiting[0].path == path and waiting[0].arrived <= end:
            one = waiting.pop(0)
        else:
            one = Met(path, SITE.classify(f"https://{SITE.host}{path}"), at, answered=at)
            if last is None or not last.closed:
                watch.problems.append(f"the server never met the request at {at:.3f}: {path}")
        under_way = last is not None and at < last.answered - SLACK_S
        watch.leaves(at, path, page=one.kind not in ("feed", "robots"), under_way=under_way)
        watch.answers(one.answered, one.status, one.wait_s, kind=one.kind)
        if one.asked_s is not None:
            watch.robots(one.answered, one.asked_s)
        last = one
    watch.problems += [f"nobody sent {one.path}, which the server met" for one in waiting]


def _agree(
    watch: Watch, data: Path, number: int, done: Any, sent: int, *, refused_before: bool
) -> None:
    """Counts are those of the server; memory and verdict are what happened."""
    problems = watch.problems
    if "Traceback" in done.stderr or done.returncode not in (0, 1):
        problems.append(f"run {number}: exit code {done.returncode}: {done.stderr[-500:]}")
        return
    counted = _COUNT.findall((data / "logs" / f"{number}.log").read_text())
    if [int(count) for count in counted] != ([sent] if sent else []):
        problems.append(f"run {number}: {sent} requests, downloader/request_count is {counted}")
    summary = last_run(data)
    if sum(summary["answers"].values()) != sent:
        problems.append(f"run {number}: {sent} requests, the summary says {summary['answers']}")
    if summary["differences"]:
        problems.append(f"run {number}: {summary['differences']}")
    rows = query(data, "SELECT not_before, pages_not_before FROM hosts") or [(None, None)]
    ((not_before, pages_not_before),) = rows
    told = json.dumps(summary["problems"])
    if watch.left and (not_before is None or not_before not in told):
        problems.append(f"run {number}: left until {not_before}, and the verdict says {told}")
    is_told = pages_not_before is not None and pages_not_before in told
    # A run that asks nothing at all says so, and nothing of the pages.
    if watch.refused and not is_told and not (watch.left and refused_before):
        problems.append(f"run {number}: refused until {pages_not_before}, verdict: {told}")
    if not watch.left and ("asks to wait" in told or "alone until" in told) and not watch.refused:
        problems.append(f"run {number}: nothing was asked for, and the verdict says {told}")
