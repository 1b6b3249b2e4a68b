"""When a host may be asked next: its delay, what robots.txt asks for, slowing down on errors."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from newscrawl.clock import now

#: Seconds that slowing alone never exceeds.
SLOWEST_S = 60.0
#: Seconds that robots.txt or a Retry-After may mean at most: more is a mistake, and long enough.
_LONGEST_S = 30 * 86400.0
_MOST_DIGITS = 20


class Rate:
    """The rate of one host; times are seconds of one clock that never goes back."""

    def __init__(self, delay_s: float, share: float = 1.0) -> None:
        """``share`` is the part of the host's rate that this machine may take."""
        self._own_s = delay_s
        self._asked_s = 0.0
        self._share = share
        self._factor = 1.0
        self._left_at = float("-inf")
        self._held_until = float("-inf")

    @property
    def delay_s(self) -> float:
        """Seconds between two requests at this moment."""
        delay_s = self._unslowed_s
        return min(delay_s * self._factor, max(SLOWEST_S, delay_s)) / self._share

    def ask_for(self, delay_s: float) -> None:
        """The host asks for a delay (Crawl-delay, Request-rate), in place of any earlier one.

        One that is shorter than the delay that is set changes nothing, nor does what is no number.
        """
        self._asked_s = min(delay_s, _LONGEST_S) if delay_s > 0 else 0.0

    def wait_s(self, at: float) -> float:
        """Seconds to wait before the next request."""
        return max(0.0, self._left_at + self.delay_s - at, self._held_until - at)

    def leaves(self, at: float) -> None:
        """A request leaves: the next one waits from here."""
        self._left_at = max(self._left_at, at)

    def hold(self, at: float, seconds: float) -> None:
        """Nothing is asked for a while: the host has named it (Retry-After)."""
        self._held_until = max(self._held_until, at + seconds)

    def error(self) -> None:
        """The host failed: half as fast."""
        if self._unslowed_s * self._factor < SLOWEST_S:
            self._factor *= 2

    def success(self) -> None:
        """The host answered: half the slowing is taken back."""
        self._factor = max(1.0, self._factor / 2)

    @property
    def _unslowed_s(self) -> float:
        return max(self._own_s, self._asked_s)


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header means (a number or a date); ``None`` where it says nothing.

    >>> retry_after("120"), retry_after("-3"), retry_after("soon"), retry_after("9" * 5000)
    (120.0, 0.0, None, 2592000.0)
    """
    if value is None:
        return None
    text = value.strip()
    try:
        # Python reads no number of thousands of digits; a year of seconds has eight.
        seconds = float(int(text[:_MOST_DIGITS]))
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_S)
