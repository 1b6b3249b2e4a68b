"""The walk's rules, each with the case that it answers."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest

from newscrawl.clock import PARIS
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.walk import END, KNOWN, MAX_PAGES, SINCE, UNTIL, Walk
from newscrawl.site import Listing, Row
from newscrawl.store import ColumnMemory

BASE = "https://www.rfi.fr/en/podcasts/harbour-talk/"


def key(url: str) -> bytes:
    return sha256(url.encode()).digest()[:16]


def row(number: int, day: date | None = None, *, pinned: bool = False) -> Row:
    return Row(f"{BASE}20240101-{number}", date=day, pinned=pinned)


def page(number: int, rows: list[Row], *, last: bool = False) -> Listing:
    url = BASE if number == 1 else f"{BASE}{number}/"
    return Listing(url, number, rows=rows, next_url=None if last else f"{BASE}{number + 1}/")


def walk(memory: ColumnMemory | None = None, *, to_the_end: bool = False, **given: Any) -> Walk:
    return Walk(
        memory or ColumnMemory(1, frontier=7),
        Arguments(**given),
        stop_after=3,
        to_the_end=to_the_end,
        key=key,
    )


def keys(rows: list[Row]) -> set[bytes]:
    return {key(item.url) for item in rows}


def paris(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=PARIS)


def test_stops_at_rows_in_a_row_that_an_ended_walk_saw() -> None:
    rows = [row(n) for n in range(8)]
    step = walk().read(page(1, rows), keys(rows[2:]))
    assert step.over == KNOWN
    assert step.next_url is None
    assert step.wanted == rows


def test_known_rows_parted_by_a_new_one_do_not_stop() -> None:
    rows = [row(n) for n in range(5)]
    step = walk().read(page(1, rows), keys([rows[0], rows[1], rows[3], rows[4]]))
    assert step.over is None
    assert step.next_url == f"{BASE}2/"


def test_the_streak_goes_on_over_the_edge_of_a_page() -> None:
    going = walk()
    first, second = [row(n) for n in range(5)], [row(n) for n in range(5, 10)]
    assert going.read(page(1, first), keys(first[3:])).over is None
    assert going.read(page(2, second), keys(second)).over == KNOWN


def test_pinned_rows_never_count() -> None:
    rows = [row(n, pinned=True) for n in range(4)] + [row(9)]
    assert walk().read(page(1, rows), keys(rows[:4])).over is None


def test_all_rows_of_a_shorter_page_are_enough() -> None:
    rows = [row(1), row(2)]
    assert walk().read(page(1, rows), keys(rows)).over == KNOWN


def test_a_shorter_page_with_a_new_row_is_not() -> None:
    rows = [row(1), row(2)]
    assert walk().read(page(1, rows), keys(rows[1:])).over is None


@pytest.mark.parametrize("given", [{"mode": "full"}, {"mode": "refresh"}])
def test_full_and_refresh_go_past_the_frontier(given: dict[str, Any]) -> None:
    rows = [row(n) for n in range(8)]
    assert walk(**given).read(page(1, rows), keys(rows)).over is None


def test_a_column_due_for_a_full_walk_goes_past_the_frontier_and_sends_no_validator() -> None:
    rows = [row(n) for n in range(8)]
    going = walk(to_the_end=True)
    assert not going.sends_validator
    assert going.read(page(1, rows), keys(rows)).over is None


def test_the_listing_ends_without_a_next_page() -> None:
    assert walk().read(page(1, [row(1)], last=True), set()).over == END


def test_the_listing_ends_with_an_empty_page() -> None:
    assert walk().read(page(1, []), set()).over == END


def test_the_listing_ends_with_a_page_that_repeats_an_earlier_one() -> None:
    going = walk()
    rows = [row(n) for n in range(4)]
    assert going.read(page(1, rows), set()).over is None
    step = going.read(page(2, rows), set())
    assert step.over == END
    assert step.wanted == []


def test_a_listing_that_leads_back_to_itself_ends() -> None:
    going = walk()
    first = page(1, [row(1)])
    first.next_url = first.url
    assert going.read(first, set()).over == END


def test_a_listing_that_shows_the_same_rows_in_ever_new_orders_ends() -> None:
    going = walk(to_the_end=True)
    rows = [row(n) for n in range(12)]
    steps = [going.read(page(n, rows[n:] + rows[:n]), set()) for n in range(1, 5)]
    assert [step.over for step in steps] == [None, None, None, END]


def test_two_pages_of_rows_that_slid_by_are_no_end() -> None:
    going = walk(to_the_end=True)
    rows = [row(n) for n in range(12)]
    for n in (1, 2, 3):
        assert going.read(page(n, rows[n:] + rows[:n]), set()).over is None
    assert going.read(page(4, [row(n) for n in range(20, 32)]), set()).over is None
    assert going.read(page(5, rows[6:] + rows[:6]), set()).over is None


def test_max_pages_cuts() -> None:
    step = walk(max_pages=1).read(page(1, [row(1)]), set())
    assert step.over == MAX_PAGES


def test_max_pages_does_not_cut_a_walk_that_ended_there() -> None:
    assert walk(max_pages=1).read(page(1, [row(1)], last=True), set()).over == END


def test_since_ends_the_walk_and_leaves_a_floor() -> None:
    going = walk(since=paris(2024, 3, 10))
    rows = [row(n, date(2024, 3, 20 - 3 * n)) for n in range(7)]
    step = going.read(page(1, rows), set())
    assert step.over == SINCE
    assert [item.date for item in step.wanted] == [date(2024, 3, d) for d in (20, 17, 14, 11)]
    assert going.floor_after(SINCE) == date(2024, 3, 10)


def test_rows_passed_over_for_since_make_even_the_listings_end_a_floor() -> None:
    rows = [row(1, date(2024, 3, 20)), row(2, date(2024, 1, 1))]
    going = walk(since=paris(2024, 3, 10))
    step = going.read(page(1, rows, last=True), set())
    assert step.over == SINCE
    assert going.floor_after(SINCE) == date(2024, 3, 10)


def test_a_run_with_an_earlier_since_ignores_the_stop_rule_until_below_the_floor() -> None:
    memory = ColumnMemory(1, frontier=7, floor=date(2024, 3, 10))
    going = walk(memory, since=paris(2024, 2, 1))
    assert not going.sends_validator
    above = [row(n, date(2024, 3, 20)) for n in range(5)]
    assert going.read(page(1, above), keys(above)).over is None
    below = [row(n, date(2024, 2, 20)) for n in range(5, 10)]
    assert going.read(page(2, below), keys(below)).over == KNOWN
    assert going.floor_after(KNOWN) is None


def test_a_run_with_the_same_since_stops_as_usual() -> None:
    memory = ColumnMemory(1, frontier=7, floor=date(2024, 3, 10))
    going = walk(memory, since=paris(2024, 3, 10))
    assert going.sends_validator
    rows = [row(n, date(2024, 3, 20)) for n in range(5)]
    assert going.read(page(1, rows), keys(rows)).over == KNOWN
    assert going.floor_after(KNOWN) == date(2024, 3, 10)


def test_a_later_since_does_not_raise_the_floor() -> None:
    memory = ColumnMemory(1, frontier=7, floor=date(2024, 3, 10))
    going = walk(memory, since=paris(2024, 6, 1))
    rows = [row(n, date(2024, 5, 1)) for n in range(5)]
    assert going.read(page(1, rows), set()).over == SINCE
    assert going.floor_after(SINCE) == date(2024, 3, 10)


def test_until_cuts_a_walk_that_held_rows_back() -> None:
    rows = [row(1, date(2024, 3, 20)), row(2, date(2024, 1, 1))]
    step = walk(until=paris(2024, 2, 1)).read(page(1, rows, last=True), set())
    assert step.over == UNTIL
    assert step.wanted == [rows[1]]


def test_until_does_not_cut_a_walk_that_held_nothing_back() -> None:
    rows = [row(2, date(2024, 1, 1))]
    assert walk(until=paris(2024, 2, 1)).read(page(1, rows, last=True), set()).over == END


def test_rows_without_a_day_are_kept() -> None:
    rows = [row(1), row(2)]
    step = walk(since=paris(2024, 2, 1), until=paris(2024, 3, 1)).read(page(1, rows), set())
    assert step.wanted == rows


def test_no_validator_without_a_frontier() -> None:
    assert not walk(ColumnMemory(1)).sends_validator
    assert walk().sends_validator
