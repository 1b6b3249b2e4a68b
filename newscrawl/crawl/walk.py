"""The walk of one column: what to ask for, and where to stop.

Pure decisions: no requests, no storage. Each rule answers a case in which naive "stop at the first
known article" loses articles; ``docs/memory.md`` tells them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from newscrawl.crawl.arguments import Arguments
from newscrawl.site import Listing, Row
from newscrawl.store import ColumnMemory, Validator

#: How a walk ended. Only the first three move the frontier.
KNOWN, SINCE, END = "known", "since", "end"
#: How a walk was cut.
MAX_PAGES, UNTIL, FAILED, NOT_ASKED = "max_pages", "until", "failed", "not asked"
ENDED = frozenset([KNOWN, SINCE, END])
#: Pages in a row that show nothing this walk has not met: more than rows slide by while it goes on.
_MOST_WITHOUT_NEWS = 3


@dataclass
class Step:
    """What one listing page asks for."""

    wanted: list[Row] = field(default_factory=list)
    next_url: str | None = None
    over: str | None = None
    """How the walk is over, ``None`` while it goes on."""


class Walk:
    """One column in one run. Read its pages in order."""

    def __init__(
        self,
        memory: ColumnMemory,
        arguments: Arguments,
        *,
        stop_after: int,
        to_the_end: bool,
        key: Callable[[str], bytes],
    ) -> None:
        self.memory = memory
        self.pages = 0
        self.validator: Validator | None = None  # of page 1; valid once the walk has ended
        self._arguments = arguments
        self._stop_after = stop_after
        self._to_the_end = to_the_end or arguments.mode != "update"
        self._key = key
        self._unrecorded: tuple[str, Step] | None = None
        self._streak = 0
        self._skipped_older = False
        self._kept_back = False
        self._pages_seen: set[bytes] = set()
        self._urls_seen: set[str] = set()
        self._rows_seen: set[bytes] = set()
        self._pages_without_news = 0

    @property
    def sends_validator(self) -> bool:
        """Whether page 1 may be asked for with the validator of an earlier walk."""
        return (
            self._arguments.mode == "update"
            and not self._to_the_end
            and self.memory.frontier is not None
            and not self._below_floor_wanted
        )

    def floor_after(self, how: str) -> date | None:
        """Day below which no walk has looked, once this one has ended.

        A walk that ``since`` stopped leaves a gap below that day; an older gap further down stays
        open, so the lower of both days holds. A gap is closed by the end of the listing, or where a
        walk that looked below the floor met what an earlier one had seen there.
        """
        floor, since = self.memory.floor, self._arguments.since_day
        if how == SINCE and since is not None:
            return since if floor is None else min(floor, since)
        if how == END or self._below_floor_wanted:
            return None
        return floor

    @property
    def _below_floor_wanted(self) -> bool:
        """Whether this run wants what lies below the deepest day looked at so far."""
        floor, since = self.memory.floor, self._arguments.since_day
        return floor is not None and (since is None or since < floor)

    def read(self, listing: Listing, seen: set[bytes]) -> Step:
        """Take the next page; ``seen`` holds its links that an ended walk of the column showed."""
        if self._unrecorded is not None and self._unrecorded[0] == listing.url:
            return self._unrecorded[1]  # asked for again: what it showed then is what counts
        step = self._read(listing, seen)
        self._unrecorded = (listing.url, step)
        return step

    def recorded(self) -> None:
        """What the last page asked for is in the store: the walk has gone past it."""
        self._unrecorded = None

    def _read(self, listing: Listing, seen: set[bytes]) -> Step:
        self.pages += 1
        self._urls_seen.add(listing.url)
        shown = _fingerprint(listing)
        if not listing.rows or shown in self._pages_seen:
            return self._over(Step(), END)
        self._pages_seen.add(shown)
        step = Step(wanted=[row for row in listing.rows if self._wants(row, seen)])
        if self._meets_the_frontier([row for row in listing.rows if not row.pinned], seen):
            return self._over(step, KNOWN)
        if listing.next_url is None or listing.next_url in self._urls_seen:
            return self._over(step, END)
        if self._goes_in_circles(listing.rows):
            return self._over(step, END)
        if self._arguments.max_pages is not None and self.pages >= self._arguments.max_pages:
            return self._over(step, MAX_PAGES)
        step.next_url = listing.next_url
        return step

    def beyond_the_end(self) -> str:
        """The page asked for last is not there: the listing ended before it."""
        return self._over(Step(), END).over or END

    def _wants(self, row: Row, seen: set[bytes]) -> bool:
        if self._arguments.covers_day(row.date):
            return True
        if self._is_too_old(row):
            self._skipped_older |= self._key(row.url) not in seen
        else:
            self._kept_back = True
        return False

    def _meets_the_frontier(self, rows: list[Row], seen: set[bytes]) -> bool:
        """Count rows that need not be looked behind; enough of them in a row end the walk."""
        for row in rows:
            known = self._key(row.url) in seen and self._counts(row)
            self._streak = self._streak + 1 if known or self._is_too_old(row) else 0
            if self._streak >= self._stop_after:
                return True
        short = 0 < len(rows) < self._stop_after
        return short and self._streak >= len(rows)

    def _goes_in_circles(self, rows: list[Row]) -> bool:
        """Whether page after page has only rows that this walk has met, in ever new orders."""
        keys = {self._key(row.url) for row in rows}
        fresh = not self._rows_seen.issuperset(keys)
        self._rows_seen |= keys
        self._pages_without_news = 0 if fresh else self._pages_without_news + 1
        return self._pages_without_news >= _MOST_WITHOUT_NEWS

    def _is_too_old(self, row: Row) -> bool:
        since = self._arguments.since_day
        return since is not None and row.date is not None and row.date < since

    def _counts(self, row: Row) -> bool:
        """Whether a row seen before says that all behind it has been seen too."""
        if self._to_the_end:
            return False
        if not self._below_floor_wanted:
            return True
        return (
            row.date is not None and self.memory.floor is not None and row.date < self.memory.floor
        )

    def _over(self, step: Step, how: str) -> Step:
        """A walk that passed over rows has not seen all, however it ended.

        What ``until`` held back makes it cut; what ``since`` passed over makes it end there.
        """
        step.over = how
        if how in ENDED and self._kept_back:
            step.over = UNTIL
        elif how in ENDED and self._skipped_older:
            step.over = SINCE
        return step


def _fingerprint(listing: Listing) -> bytes:
    """Tells a page that repeats an earlier one; a deep listing has too many rows to keep them."""
    return sha256("\n".join(row.url for row in listing.rows).encode()).digest()
