"""The walk of one column: what to ask for, and where to stop.

Pure decisions: no requests, no storage. Each rule answers a case in which naive "stop at the first
known article" loses articles; ``docs/memory.md`` tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from newscrawl.crawl.arguments import Arguments
from newscrawl.site import Listing, Row
from newscrawl.store import ColumnMemory, Validator
from newscrawl.store.columns import BOTTOM, floor_of

#: How a walk ended: what it showed is known from then on.
KNOWN, SINCE, END = "known", "since", "end"
#: How a walk was cut.
MAX_PAGES, UNTIL, FAILED, NOT_ASKED = "max_pages", "until", "failed", "not asked"
#: Cut as well: the listing ends where it should not. The next walk that finds the same has ended.
UNSURE = "unsure"
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
    """One column in one run. Read its pages in order.

    Once it has ended, :attr:`floor` says how far it looked (see :mod:`newscrawl.store.columns`) and
    :attr:`shown` holds the keys of all rows that it met.
    """

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
        self.shown: set[bytes] = set()
        self.floor = BOTTOM
        self.end_url: str | None = None
        """Where the listing seems to end, of a walk that is :data:`UNSURE`."""
        self._arguments = arguments
        self._stop_after = stop_after
        self._to_the_end = to_the_end or arguments.mode != "update"
        self._key = key
        self._unrecorded: tuple[str, Step] | None = None
        since = arguments.since_day
        self._floor_wanted = BOTTOM if since is None else floor_of(since)
        self._streak = 0
        self._streak_floor = BOTTOM
        self._met_known = False
        self._last_floor: int | None = None
        self._skipped_older = False
        self._kept_back = False
        self._pages_seen: set[bytes] = set()
        self._urls_seen: set[str] = set()
        self._pages_without_news = 0

    @property
    def sends_validator(self) -> bool:
        """Whether page 1 may be asked for with the validator of an earlier walk."""
        return (
            not self._to_the_end
            and self.memory.floor is not None
            and self.memory.floor <= self._floor_wanted
        )

    def read(self, listing: Listing, floors: Mapping[bytes, int]) -> Step:
        """Take the next page; ``floors`` has those of its links that an ended walk of the column
        showed."""
        if self._unrecorded is not None and self._unrecorded[0] == listing.url:
            return self._unrecorded[1]  # asked for again: what it showed then is what counts
        step = self._read(listing, floors)
        self._unrecorded = (listing.url, step)
        return step

    def recorded(self) -> None:
        """What the last page asked for is in the store: the walk has gone past it."""
        self._unrecorded = None

    def _read(self, listing: Listing, floors: Mapping[bytes, int]) -> Step:
        self.pages += 1
        self._urls_seen.add(listing.url)
        fingerprint = _fingerprint(listing)
        if not listing.rows or fingerprint in self._pages_seen:
            return self._end(Step(), listing.url, promised=self.pages > 1)
        self._pages_seen.add(fingerprint)
        rows = [row for row in listing.rows if not row.pinned]
        row_floors = [floors.get(self._key(row.url)) for row in rows]
        self._met_known |= any(floor is not None for floor in row_floors)
        self._last_floor = row_floors[-1] if rows else None
        step = Step(wanted=[row for row in listing.rows if self._wants(row, floors)])
        in_circles = self._goes_in_circles(listing.rows)
        if self._meets_the_known(rows, row_floors):
            return self._over(step, KNOWN)
        if in_circles:
            return self._end(step, listing.url, promised=True)
        if listing.next_url is None or listing.next_url in self._urls_seen:
            return self._end(step, listing.url, promised=False)
        if self._arguments.max_pages is not None and self.pages >= self._arguments.max_pages:
            return self._over(step, MAX_PAGES)
        step.next_url = listing.next_url
        return step

    def without_page(self, url: str) -> Step:
        """The page that the last one named has no rows, or is not there."""
        return self._end(Step(), url, promised=True)

    def _end(self, step: Step, url: str, *, promised: bool) -> Step:
        """The listing ends at a page. That may be an error of the site where it had ``promised``
        the page, or where no row was met that earlier walks had shown.

        Such an end counts where the last row says what is behind it, or once a second walk has
        found the same.
        """
        if url != self.memory.end_url:
            odd = promised or (self.memory.floor is not None and not self._met_known)
            if odd and self._last_floor is None:
                step.over, self.end_url = UNSURE, url
                return step
            if odd:
                self.floor = self._last_floor or BOTTOM
        return self._over(step, END)

    def _wants(self, row: Row, floors: Mapping[bytes, int]) -> bool:
        if self._arguments.covers_day(row.date):
            return True
        if self._is_too_old(row):
            self._skipped_older |= self._key(row.url) not in floors
        else:
            self._kept_back = True
        return False

    def _meets_the_known(self, rows: list[Row], floors: list[int | None]) -> bool:
        """Count rows that need not be looked behind; enough of them in a row end the walk."""
        for row, known in zip(rows, floors, strict=True):
            floor = self._floor_behind(row, known)
            if floor is None:
                self._streak, self._streak_floor = 0, BOTTOM
                continue
            self._streak += 1
            self._streak_floor = max(self._streak_floor, floor)
            if self._streak >= self._stop_after:
                return True
        short = 0 < len(rows) < self._stop_after
        return short and self._streak >= len(rows)

    def _goes_in_circles(self, rows: list[Row]) -> bool:
        """Whether page after page has only rows that this walk has met, in ever new orders."""
        keys = {self._key(row.url) for row in rows}
        fresh = not self.shown.issuperset(keys)
        self.shown |= keys
        self._pages_without_news = 0 if fresh else self._pages_without_news + 1
        return self._pages_without_news >= _MOST_WITHOUT_NEWS

    def _is_too_old(self, row: Row) -> bool:
        since = self._arguments.since_day
        return since is not None and row.date is not None and row.date < since

    def _floor_behind(self, row: Row, floor: int | None) -> int | None:
        """Down to where all behind a row is known or unwanted, ``None`` where that is not far
        enough."""
        if floor is not None and floor <= self._floor_wanted and not self._to_the_end:
            return floor
        return self._floor_wanted if self._is_too_old(row) else None

    def _over(self, step: Step, how: str) -> Step:
        """A walk that passed over rows has not seen all, however it ended.

        What ``until`` held back makes it cut; what ``since`` passed over makes it end there.
        """
        step.over = how
        if how in ENDED and self._kept_back:
            step.over = UNTIL
        elif how in ENDED and self._skipped_older:
            step.over, self.floor = SINCE, self._floor_wanted
        elif how == KNOWN:
            self.floor = self._streak_floor
        return step


def _fingerprint(listing: Listing) -> bytes:
    """Tells a page that repeats an earlier one; a deep listing has too many rows to keep them."""
    return sha256("\n".join(row.url for row in listing.rows).encode()).digest()
