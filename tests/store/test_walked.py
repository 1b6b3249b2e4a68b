"""What a schedule learns from a store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import now
from newscrawl.errors import CrawlError
from newscrawl.store import Store
from newscrawl.store.folder import LOCKS, prepare_folder
from newscrawl.store.locks import acquire
from newscrawl.store.walked import PastRun, Walked, walked

HOST = "www.rfi.fr"


def read(folder: Path) -> Walked:
    found = walked(folder, HOST, "rfi", now())
    assert found is not None
    return found


def begin(store: Store, **arguments: str) -> int:
    return store.begin_run(
        spider="rfi",
        started=now(),
        mode="update",
        arguments=arguments,
        extractor="1",
        rotate=(3600, 100),
    )


@pytest.fixture
def store(tmp_path: Path) -> Any:
    prepare_folder(tmp_path)
    found = Store(tmp_path, ["sqlite"])
    yield found
    found.close()


def test_no_store_is_nothing_and_makes_nothing(tmp_path: Path) -> None:
    assert walked(tmp_path / "none", HOST, "rfi", now()) is None
    assert not (tmp_path / "none").exists()


def test_a_crawl_is_seen_with_its_columns(replayed: Path) -> None:
    found = read(replayed)
    assert len(found.columns) == 26
    (run,) = found.runs
    assert run.outcome == "done"
    assert run.editions is None
    assert run.covers("cn")
    assert all(moment >= run.started for moment in found.columns.values())
    assert found.not_before is None


@pytest.mark.parametrize(
    ("arguments", "editions"),
    [
        ({"editions": "cn, fa"}, {"cn", "fa"}),
        ({"mode": "full", "sources": "feed,columns"}, None),
    ],
)
def test_runs_that_walk_whole_editions(
    store: Store, tmp_path: Path, arguments: dict[str, str], editions: set[str] | None
) -> None:
    begin(store, **arguments)
    (run,) = read(tmp_path).runs
    assert run.editions == editions
    assert not run.covers("tw") or editions is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"urls": "https://www.rfi.fr/en/x/20240101-y"},
        {"columns": "x"},
        {"since": "2024-01-01"},
        {"until": "2024-01-01"},
        {"max_pages": "1"},
        {"sources": "feed"},
    ],
)
def test_runs_that_walk_only_a_part_do_not_count(
    store: Store, tmp_path: Path, arguments: dict[str, str]
) -> None:
    begin(store, editions="cn", **arguments)
    assert read(tmp_path).runs == ()


def outcomes(folder: Path) -> list[str]:
    return [run.outcome for run in read(folder).runs]


def test_how_runs_ended(store: Store, tmp_path: Path) -> None:
    first = begin(store)
    lock = acquire(tmp_path / LOCKS / str(first), {})
    assert outcomes(tmp_path) == ["running"]
    lock.release()
    assert outcomes(tmp_path) == ["killed"], "nobody holds its lock any more"
    store.end_run(first, now(), 0, "nothing new", {}, [])
    store.end_run(begin(store), now(), 1, "unhealthy", {}, [])
    assert outcomes(tmp_path) == ["failed", "done"], "newest first"


def test_until_when_the_host_wants_to_be_left_alone(store: Store, tmp_path: Path) -> None:
    until = now() + timedelta(hours=2)
    store.hosts.leave(HOST, until)
    assert read(tmp_path).not_before == until
    store.hosts.answered(HOST, until)
    store.hosts.refused(HOST, now())
    assert read(tmp_path).not_before is None, "while it refuses pages its feeds are read"


def test_a_store_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "newscrawl.db").write_bytes(b"no database at all, " * 99)
    with pytest.raises(CrawlError, match=r"newscrawl\.db cannot"):
        read(tmp_path)


def test_past_runs_of_all_editions_cover_each() -> None:
    assert PastRun(now(), "done", None).covers("xx")
