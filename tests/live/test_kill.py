"""``kill -9`` at three places: nothing lost, nothing twice, no torn line.

The child is a real crawl over real sockets in which one function of the store kills the process
when it is reached for the n-th time.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fixtures.server import serve
from fixtures.site import StandInSite
from tests.crawling import ROOT
from tests.live.conftest import LiveSite
from tests.older import as_version_6

#: Runs Scrapy's command line with a deadly place in it.
_CHILD = """
import os, signal, sys
from scrapy.cmdline import execute

place, times = sys.argv[1], int(sys.argv[2])
count = 0

def deadly(function, before):
    def wrapped(*args, **kwargs):
        global count
        count += 1
        if before and count == times:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if count == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapped

import newscrawl.store as stores
from newscrawl.store import linefiles, mend, schema, walks
if place == "walk":
    walks.Walks.record_listing = deadly(walks.Walks.record_listing, before=False)
elif place == "commit":  # line and row are written, the transaction is not committed
    stores.Store._settle = deadly(stores.Store._settle, before=False)
elif place == "rename":  # the file is on the disk under its hidden name
    linefiles.rename_durably = deadly(linefiles.rename_durably, before=True)
elif place == "mark":  # the file has its name, the database does not know
    linefiles.mark_published = deadly(linefiles.mark_published, before=True)
elif place == "mend":  # the file of a dead run is being put right
    mend._mend_file = deadly(mend._mend_file, before=times > 1)
    times = 1
elif place == "migrate":  # the tables are there, nothing is in them
    schema.migrate = deadly(schema.migrate, before=False)
execute(["scrapy", *sys.argv[3:]])
"""

COLUMNS = ("-a", "editions=cn")


def start_to_die(live: LiveSite, place: str, times: int, outputs: str) -> subprocess.Popen[bytes]:
    """Begin a crawl that kills itself where it is told to."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = live.arguments(*COLUMNS, outputs=outputs)
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, place, str(times), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def crawl_and_die(live: LiveSite, place: str, times: int, outputs: str) -> None:
    assert start_to_die(live, place, times, outputs).wait(120) == -signal.SIGKILL, place


def stored(live: LiveSite, outputs: str) -> list[tuple[str, int, str]]:
    """Identity, version and content of everything that the outputs hold."""
    if "jsonlines" in outputs:
        found = [(r["url"], r["version"], r["content_hash"]) for r in live.records]
        assert len({url for url, _, _ in found}) == len(found), "an article twice"
        if "sqlite" not in outputs:
            return sorted(found)
    rows = live.rows("SELECT url, version, content_hash FROM articles ORDER BY url")
    if "jsonlines" in outputs:
        assert sorted(found) == rows
    return rows


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a run that nobody kills stores."""
    site = StandInSite.load()
    with serve(site) as server:
        live = LiveSite(site, server, tmp_path_factory.mktemp("undisturbed") / "data")
        live.crawl(*COLUMNS)
        return stored(live, "jsonlines,sqlite")


PLACES = [("walk", 3), ("commit", 1), ("commit", 40)]
PUBLISHING = [("rename", 1), ("mark", 1)]  # where there are line files


@pytest.mark.parametrize(
    ("place", "times", "outputs"),
    [(*place, "jsonlines,sqlite") for place in PLACES + PUBLISHING]
    + [(*place, "jsonlines") for place in PLACES + PUBLISHING]
    + [(*place, "sqlite") for place in PLACES],
)
def test_after_a_kill_one_run_ends_with_the_undisturbed_set(
    live: LiveSite, undisturbed: Any, place: str, times: int, outputs: str
) -> None:
    crawl_and_die(live, place, times, outputs)
    assert live.rows("SELECT state FROM runs") == [("running",)]
    live.crawl(*COLUMNS, outputs=outputs)
    assert stored(live, outputs) == undisturbed
    assert not list((live.data / "articles").glob("*.part"))
    assert live.rows("SELECT state FROM runs ORDER BY id") == [("killed",), ("ended",)]
    assert live.rows("SELECT count(*) FROM links WHERE url IS NOT NULL") == [(0,)]


#: Places and times of the kills of one data dir, in order; ``news`` and ``older`` are no kills.
_SERIES = {
    "jsonlines,sqlite": (
        ("migrate", 1), ("walk", 1), ("commit", 5), ("mend", 1), ("commit", 30), ("mend", 2),
        ("time", 9), ("rename", 1), ("news", 13), ("mark", 1), ("news", 26), ("walk", 2),
        ("commit", 9), ("mend", 1), ("time", 10), ("older", 1), ("migrate", 1), ("mark", 1),
    ),
    "jsonlines": (
        ("migrate", 1), ("commit", 17), ("mend", 2), ("walk", 4), ("time", 11), ("commit", 3),
        ("mend", 1), ("rename", 1), ("news", 26), ("commit", 2), ("mend", 1), ("walk", 1),
        ("time", 7), ("older", 1), ("migrate", 1), ("commit", 5), ("mark", 1),
    ),
    "sqlite": (
        ("migrate", 1), ("walk", 2), ("commit", 1), ("time", 10), ("commit", 22), ("walk", 1),
        ("news", 26), ("walk", 2), ("commit", 6), ("time", 12), ("older", 1), ("migrate", 1),
        ("commit", 3), ("walk", 1),
    ),
}  # fmt: skip


def test_forty_kills_in_a_row_and_one_ordinary_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing recovers between the kills but the next run, which is killed as well."""
    fell: Counter[str] = Counter()
    for outputs, series in _SERIES.items():
        site = StandInSite.load()
        with serve(site) as server:
            live = LiveSite(site, server, tmp_path / outputs / "data")
            for place, number in series:
                if place == "news":
                    site.publish("cn", "科技时空", number)
                elif place == "older":
                    _take_a_table_away(live)
                else:
                    _kill(live, place, number, outputs)
                    fell["publish" if place in ("rename", "mark") else place] += 1
                    with capsys.disabled():
                        print(f"\nkill {fell.total()}: {outputs}, {place} {number}", end="")
            live.crawl(*COLUMNS, outputs=outputs)
            found = stored(live, outputs)
            assert {url for url, _, _ in found} == {a.url for a in site.articles("cn")}
            assert {version for _, version, _ in found} == {1}
            assert not list((live.data / "articles").glob("*.part"))
            assert live.rows("SELECT count(*) FROM links WHERE url IS NOT NULL") == [(0,)]
            assert live.rows("SELECT count(*) FROM runs WHERE state = 'running'") == [(0,)]
            assert live.rows("PRAGMA integrity_check") == [("ok",)]
    assert fell.total() >= 40
    assert min(fell.values()) >= 5, fell


def _kill(live: LiveSite, place: str, number: int, outputs: str) -> None:
    if place != "time":
        crawl_and_die(live, place, number, outputs)
        return
    asked = len(live.server.requests)
    crawl = start_to_die(live, place, 0, outputs)
    while crawl.poll() is None and len(live.server.requests) < asked + number:
        time.sleep(0.002)
    crawl.kill()
    assert crawl.wait(30) == -signal.SIGKILL, "the crawl had ended already"


def _take_a_table_away(live: LiveSite) -> None:
    """The database as version 1 of the schema had it."""
    with closing(sqlite3.connect(live.data / "newscrawl.db")) as connection, connection:
        as_version_6(connection)
        for trigger in ("insert", "update", "delete"):
            connection.execute(f"DROP TRIGGER search_due_{trigger}")
            connection.execute(f"DROP TRIGGER article_changes_{trigger}")
        connection.execute("DROP INDEX lines_version")
        for table in (
            "article_changes",
            "search",
            "search_articles",
            "search_due",
            "coverage",
            "sources",
            "forgotten",
        ):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE links DROP COLUMN source")
        connection.execute("PRAGMA user_version = 1")
