"""``kill -9`` at three places: nothing lost, nothing twice, no torn line.

The child is a real crawl over real sockets in which one function of the store kills the process
when it is reached for the n-th time.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.crawling import ROOT
from tests.live.conftest import LiveSite

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
from newscrawl.store import linefiles
if place == "walk":
    stores.Store.record_listing = deadly(stores.Store.record_listing, before=False)
elif place == "commit":  # line and row are written, the transaction is not committed
    stores.Store._settle = deadly(stores.Store._settle, before=False)
elif place == "rename":  # the file is on the disk under its hidden name
    linefiles.rename_durably = deadly(linefiles.rename_durably, before=True)
elif place == "mark":  # the file has its name, the database does not know
    linefiles.mark_published = deadly(linefiles.mark_published, before=True)
execute(["scrapy", *sys.argv[3:]])
"""

COLUMNS = ("-a", "editions=cn")


def crawl_and_die(live: LiveSite, place: str, times: int, outputs: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = live.arguments(*COLUMNS, outputs=outputs)
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, place, str(times), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


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
    from fixtures.server import serve
    from fixtures.site import StandInSite

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
