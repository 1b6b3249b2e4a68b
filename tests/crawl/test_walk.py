"""The walk's rules, each with the case that it answers."""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest

from newscrawl.clock import PARIS
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.walk import END, KNOWN, MAX_PAGES, SINCE, UNSURE, UNTIL, Walk
from newscrawl.site import Listing, Row
from newscrawl.store import ColumnMemory
from newscrawl.store.columns import BOTTOM

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
        memory or ColumnMemory(1, floor=BOTTOM),
        Arguments(**given),
        stop_after=3,
        to_the_end=to_the_end,
        key=key,
    )


def first(*, end: int | None = None, **given: Any) -> Walk:
    """The first walk of a column; of page ``end`` an earlier one had said that the listing ends."""
    end_url = None if end is None else page(end, []).url
    return walk(ColumnMemory(1, end_url=end_url), **given)


def known(rows: list[Row], floor: int = BOTTOM) -> dict[bytes, int]:
    return {key(item.url): floor for item in rows}


def paris(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=PARIS)


def test_stops_at_rows_in_a_row_that_an_ended_walk_saw() -> None:
    rows = [row(n) for n in range(8)]
    step = walk().read(page(1, rows), known(rows[2:]))
    assert step.over == KNOWN
    assert step.next_url is None
    assert step.wanted == rows


def test_a_walk_knows_as_little_as_the_row_that_it_stopped_at() -> None:
    rows = [row(n) for n in range(3)]
    floors = {**known(rows[:1], 20240101), **known(rows[1:2], 20230101), **known(rows[2:])}
    going = walk(ColumnMemory(1, floor=20230101), since=paris(2024, 1, 1))
    assert going.read(page(1, rows), floors).over == KNOWN
    assert going.floor == 20240101
    assert going.shown == {key(item.url) for item in rows}


def test_known_rows_parted_by_a_new_one_do_not_stop() -> None:
    rows = [row(n) for n in range(5)]
    step = walk().read(page(1, rows), known([rows[0], rows[1], rows[3], rows[4]]))
    assert step.over is None
    assert step.next_url == f"{BASE}2/"


def test_the_streak_goes_on_over_the_edge_of_a_page() -> None:
    going = walk()
    first, second = [row(n) for n in range(5)], [row(n) for n in range(5, 10)]
    assert going.read(page(1, first), known(first[3:])).over is None
    assert going.read(page(2, second), known(second)).over == KNOWN


def test_pinned_rows_never_count() -> None:
    rows = [row(n, pinned=True) for n in range(4)] + [row(9)]
    assert walk().read(page(1, rows), known(rows[:4])).over is None


def test_all_rows_of_a_shorter_page_are_enough() -> None:
    rows = [row(1), row(2)]
    assert walk().read(page(1, rows), known(rows)).over == KNOWN


def test_a_shorter_page_with_a_new_row_is_not() -> None:
    rows = [row(1), row(2)]
    assert walk().read(page(1, rows), known(rows[1:])).over is None


@pytest.mark.parametrize("given", [{"mode": "full"}, {"mode": "refresh"}])
def test_full_and_refresh_go_past_the_frontier(given: dict[str, Any]) -> None:
    rows = [row(n) for n in range(8)]
    assert walk(**given).read(page(1, rows), known(rows)).over is None


def test_a_column_due_for_a_full_walk_goes_past_the_frontier_and_sends_no_validator() -> None:
    rows = [row(n) for n in range(8)]
    going = walk(to_the_end=True)
    assert not going.sends_validator
    assert going.read(page(1, rows), known(rows)).over is None


def test_the_listing_ends_without_a_next_page() -> None:
    assert first().read(page(1, [row(1)], last=True), {}).over == END


def test_the_listing_ends_with_an_empty_page() -> None:
    assert first().read(page(1, []), {}).over == END


def test_the_listing_ends_with_a_page_that_repeats_an_earlier_one() -> None:
    going = first(end=2)
    rows = [row(n) for n in range(4)]
    assert going.read(page(1, rows), {}).over is None
    step = going.read(page(2, rows), {})
    assert step.over == END
    assert step.wanted == []


def test_a_listing_that_leads_back_to_itself_ends() -> None:
    only = page(1, [row(1)])
    only.next_url = only.url
    assert first().read(only, {}).over == END


def test_a_listing_that_shows_the_same_rows_in_ever_new_orders_ends() -> None:
    going = first(end=4)
    rows = [row(n) for n in range(12)]
    steps = [going.read(page(n, rows[n:] + rows[:n]), {}) for n in range(1, 5)]
    assert [step.over for step in steps] == [None, None, None, END]


def test_two_pages_of_rows_that_slid_by_are_no_end() -> None:
    going = walk(to_the_end=True)
    rows = [row(n) for n in range(12)]
    for n in (1, 2, 3):
        assert going.read(page(n, rows[n:] + rows[:n]), {}).over is None
    assert going.read(page(4, [row(n) for n in range(20, 32)]), {}).over is None
    assert going.read(page(5, rows[6:] + rows[:6]), {}).over is None


def test_max_pages_cuts() -> None:
    step = walk(max_pages=1).read(page(1, [row(1)]), {})
    assert step.over == MAX_PAGES


def test_max_pages_does_not_cut_a_walk_that_ended_there() -> None:
    assert first(max_pages=1).read(page(1, [row(1)], last=True), {}).over == END


def test_since_ends_the_walk_and_leaves_a_floor() -> None:
    going = walk(since=paris(2024, 3, 10))
    rows = [row(n, date(2024, 3, 20 - 3 * n)) for n in range(7)]
    step = going.read(page(1, rows), {})
    assert step.over == SINCE
    assert [item.date for item in step.wanted] == [date(2024, 3, d) for d in (20, 17, 14, 11)]
    assert going.floor == 20240310


def test_rows_passed_over_for_since_make_even_the_listings_end_a_floor() -> None:
    rows = [row(1, date(2024, 3, 20)), row(2, date(2024, 1, 1))]
    going = first(since=paris(2024, 3, 10))
    step = going.read(page(1, rows, last=True), {})
    assert step.over == SINCE
    assert going.floor == 20240310


@pytest.mark.parametrize("given", [{"since": paris(2024, 2, 1)}, {}])
def test_rows_known_down_to_a_later_day_than_is_wanted_do_not_stop(given: dict[str, Any]) -> None:
    going = walk(ColumnMemory(1, floor=20240310), **given)
    assert not going.sends_validator
    above = [row(n, date(2024, 3, 20)) for n in range(5)]
    assert going.read(page(1, above), known(above, 20240310)).over is None
    below = [row(n, date(2024, 2, 20)) for n in range(5, 10)]
    assert going.read(page(2, below), known(below)).over == KNOWN
    assert going.floor == BOTTOM


def test_a_run_with_the_same_since_stops_as_usual() -> None:
    going = walk(ColumnMemory(1, floor=20240310), since=paris(2024, 3, 10))
    assert going.sends_validator
    rows = [row(n, date(2024, 3, 20)) for n in range(5)]
    assert going.read(page(1, rows), known(rows, 20240310)).over == KNOWN
    assert going.floor == 20240310


def test_a_gap_between_two_days_is_walked_by_a_run_that_wants_it() -> None:
    """Rows known down to March lie above a gap, and rows known down to January below it."""
    going = walk(ColumnMemory(1, floor=20240310), since=paris(2024, 1, 1))
    assert not going.sends_validator
    march = [row(n, date(2024, 3, 20)) for n in range(5)]
    assert going.read(page(1, march), known(march, 20240310)).over is None
    gap = [row(n, date(2024, 2, 20)) for n in range(5, 10)]
    assert going.read(page(2, gap), {}).over is None
    january = [row(n, date(2024, 1, 10)) for n in range(10, 15)]
    assert going.read(page(3, january), known(january, 20240101)).over == KNOWN
    assert going.floor == 20240101


@pytest.mark.parametrize("floor", [None, BOTTOM])
def test_a_promised_page_that_is_missing_is_the_end_when_two_walks_find_it_so(
    floor: int | None,
) -> None:
    going = walk(ColumnMemory(1, floor=floor))
    assert going.read(page(1, [row(1)]), {}).over is None
    assert going.without_page(f"{BASE}2/").over == UNSURE
    going = walk(ColumnMemory(1, floor=floor, end_url=going.end_url))
    assert going.read(page(1, [row(1)]), {}).over is None
    assert going.without_page(f"{BASE}2/").over == END
    assert going.floor == BOTTOM


def test_a_missing_page_behind_known_rows_leaves_what_they_say() -> None:
    rows = [row(1), row(2), row(3)]
    going = walk(to_the_end=True)
    assert going.read(page(1, rows), {**known(rows[1:2], 20240201), **known(rows[2:])}).over is None
    assert going.without_page(f"{BASE}2/").over == END
    assert going.floor == BOTTOM
    going = walk()
    assert going.read(page(1, rows), known(rows[1:], 20240201)).over is None
    assert going.without_page(f"{BASE}2/").over == END
    assert going.floor == 20240201


def test_an_end_before_any_known_row_is_believed_when_two_walks_find_it_so() -> None:
    going = walk()
    assert going.read(page(1, [row(1)], last=True), {}).over == UNSURE
    going = walk(ColumnMemory(1, floor=BOTTOM, end_url=going.end_url))
    assert going.read(page(1, [row(1)], last=True), {}).over == END


def test_until_cuts_a_walk_that_held_rows_back() -> None:
    rows = [row(1, date(2024, 3, 20)), row(2, date(2024, 1, 1))]
    step = first(until=paris(2024, 2, 1)).read(page(1, rows, last=True), {})
    assert step.over == UNTIL
    assert step.wanted == [rows[1]]


def test_until_does_not_cut_a_walk_that_held_nothing_back() -> None:
    rows = [row(2, date(2024, 1, 1))]
    assert first(until=paris(2024, 2, 1)).read(page(1, rows, last=True), {}).over == END


def test_rows_without_a_day_are_kept() -> None:
    rows = [row(1), row(2)]
    step = walk(since=paris(2024, 2, 1), until=paris(2024, 3, 1)).read(page(1, rows), {})
    assert step.wanted == rows


def test_no_validator_before_a_walk_has_ended() -> None:
    assert not walk(ColumnMemory(1)).sends_validator
    assert walk().sends_validator
