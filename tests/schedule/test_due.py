"""When an edition is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newscrawl.crawl.seeds import Column, EditionSeeds
from newscrawl.schedule.due import Due, due, left_no_run, to_send
from newscrawl.store.walked import PastRun, Walked

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def column(name: str, every_h: float | None) -> Column:
    every_s = every_h and every_h * 3600
    return Column(name, f"/cn/{name}/", f"https://x/cn/{name}/", "column", "cn", every_s=every_s)


SEEDS = EditionSeeds("cn", (column("a", 6), column("b", 6)), "cn.yaml")


def run(ago: timedelta, outcome: str = "done", *editions: str) -> PastRun:
    return PastRun(NOW - ago, outcome, frozenset(editions) or None)


def known(*runs: PastRun, not_before: datetime | None = None, **ago: timedelta) -> Walked:
    walked = {f"https://x/cn/{name}/": NOW - since for name, since in ago.items()}
    return Walked(walked, runs, not_before)


def at(
    store: Walked | None, sent: timedelta | None = None, seeds: EditionSeeds = SEEDS
) -> datetime:
    found = due(seeds, store, NOW - sent if sent is not None else None, NOW)
    assert found.at is not None
    return found.at


def test_what_nobody_looked_at_is_due_at_once() -> None:
    assert at(None) == NOW
    assert at(known()) == NOW
    assert at(known(a=HOUR)) == NOW, "column b was never looked at"
    assert at(known(run(HOUR, "done", "fa"))) == NOW, "another edition's run"


def test_the_column_that_waits_longest_counts() -> None:
    assert at(known(a=HOUR, b=2 * HOUR)) == NOW + 4 * HOUR
    assert at(known(a=HOUR, b=7 * HOUR)) == NOW - HOUR
    seeds = EditionSeeds("cn", (column("a", 24), column("b", 1), column("c", None)), "cn.yaml")
    assert at(known(a=HOUR, b=0.5 * HOUR), seeds=seeds) == NOW + 0.5 * HOUR
    assert due(seeds, None, None, NOW).every_s == 3600


def test_an_edition_without_a_time_is_never_due() -> None:
    seeds = EditionSeeds("cn", (column("a", None),), "cn.yaml")
    found = due(seeds, known(), None, NOW)
    assert found == Due("cn", None, None)
    assert not found.is_due(NOW)
    assert to_send([found], NOW) == []


def test_a_healthy_run_has_looked_at_columns_that_are_not_there() -> None:
    assert at(known(run(2 * HOUR), a=2 * HOUR)) == NOW + 4 * HOUR
    assert at(known(run(HOUR, "running"))) == NOW + 5 * HOUR


def test_an_unhealthy_run_is_made_again_in_a_while_for_what_it_did_not_reach() -> None:
    assert at(known(run(20 * MINUTE, "failed"), a=10 * MINUTE)) == NOW + 55 * MINUTE
    assert at(known(run(20 * MINUTE, "failed"), a=10 * MINUTE, b=7 * HOUR)) == NOW + 55 * MINUTE
    reached = known(run(20 * MINUTE, "failed"), a=10 * MINUTE, b=9 * MINUTE)
    assert at(reached) == NOW + 6 * HOUR - 10 * MINUTE
    assert at(known(run(2 * HOUR, "failed"))) == NOW


def test_a_killed_run_counts_for_nothing_and_is_made_again_soon() -> None:
    assert at(known(run(5 * MINUTE, "killed"), a=4 * MINUTE, b=4 * MINUTE)) == NOW + 10 * MINUTE
    assert at(known(run(HOUR, "killed"), a=HOUR - MINUTE, b=HOUR - MINUTE)) <= NOW
    before = known(run(5 * MINUTE, "killed"), run(2 * HOUR), a=4 * MINUTE, b=2 * HOUR)
    assert at(before) == NOW + 4 * HOUR, "the run before it holds"


def test_where_the_store_cannot_be_seen_what_was_sent_counts() -> None:
    assert at(None, sent=HOUR) == NOW + 5 * HOUR
    assert at(None, sent=7 * HOUR) == NOW - HOUR


def test_a_job_that_left_no_run_is_sent_again_soon() -> None:
    store = known(run(7 * HOUR), a=7 * HOUR, b=7 * HOUR)
    assert at(store, sent=5 * MINUTE) == NOW + 10 * MINUTE
    assert left_no_run("cn", store, NOW - 5 * MINUTE)
    assert at(store, sent=8 * HOUR) == NOW - HOUR, "its run was healthy"
    assert not left_no_run("cn", store, NOW - 8 * HOUR)
    assert not left_no_run("cn", None, NOW)
    assert not left_no_run("cn", store, None)


def test_short_times_are_not_made_longer_by_pauses() -> None:
    seeds = EditionSeeds("cn", (column("a", 0.1),), "cn.yaml")
    for outcome in ("failed", "killed"):
        assert at(known(run(MINUTE, outcome)), seeds=seeds) == NOW + 5 * MINUTE
    assert at(known(), sent=MINUTE, seeds=seeds) == NOW + 5 * MINUTE


def test_a_host_that_wants_to_be_left_alone_is() -> None:
    assert at(known(not_before=NOW + HOUR)) == NOW + HOUR
    assert at(known(a=HOUR, b=HOUR, not_before=NOW + HOUR)) == NOW + 5 * HOUR


def test_times_from_a_clock_that_was_ahead_keep_nothing_waiting_for_long() -> None:
    ahead = -1000 * HOUR
    assert at(known(run(ahead), a=ahead, b=ahead)) == NOW + 6 * HOUR
    assert at(known(run(ahead, "killed"))) == NOW + 15 * MINUTE
    assert at(None, sent=ahead) == NOW + 6 * HOUR


def test_what_is_nearly_due_goes_along_but_starts_nothing() -> None:
    def dues(*hours: float) -> list[Due]:
        return [Due(f"e{h}", NOW + h * HOUR, 6 * 3600) for h in hours]

    assert to_send(dues(0.5, 1), NOW) == []
    assert to_send(dues(-1, 0.5, 1), NOW) == ["e-1", "e0.5"]
    assert to_send([*dues(0), Due("never", None, None)], NOW) == ["e0"]
