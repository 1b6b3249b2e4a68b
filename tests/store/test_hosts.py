"""What is remembered of a host, and what ends it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newscrawl.clock import iso
from newscrawl.store.database import connect
from newscrawl.store.hosts import LONGEST, HostMemory, Hosts

HOST = "www.rfi.fr"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path)) as connection:
        yield connection


@pytest.fixture
def hosts(database: sqlite3.Connection) -> Hosts:
    return Hosts(database)


def test_a_page_ends_refusals_and_no_wait_that_the_host_named(hosts: Hosts) -> None:
    hosts.refused(HOST, NOW)
    hosts.leave(HOST, NOW + 2 * HOUR)
    hosts.answered(HOST, NOW + HOUR)
    assert hosts.get(HOST) == HostMemory(iso(NOW + 2 * HOUR))
    assert hosts.get(HOST).closed_for_s(NOW + HOUR) == 3600
    hosts.answered(HOST, NOW + 2 * HOUR)
    assert hosts.get(HOST) == HostMemory()


def test_the_latest_time_holds_unless_a_wrong_clock_set_it(hosts: Hosts) -> None:
    assert hosts.leave(HOST, NOW + 2 * HOUR)
    assert not hosts.leave(HOST, NOW + HOUR)
    assert hosts.get(HOST).not_before == iso(NOW + 2 * HOUR)
    assert hosts.leave(HOST, NOW + 3 * LONGEST)
    assert hosts.leave(HOST, NOW + HOUR)
    assert hosts.get(HOST).not_before == iso(NOW + HOUR)


def test_nothing_is_written_where_nothing_is_remembered(
    hosts: Hosts, database: sqlite3.Connection
) -> None:
    before = database.total_changes
    hosts.answered(HOST, NOW)
    assert database.total_changes == before
