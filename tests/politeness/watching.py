"""What politeness means, written down once more and without looking at the crawler: a watch hears
of every request and answer, and says what was broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote

#: Seconds that clocks and floats may differ by.
SLACK_S = 0.002
_FINAL = (304, 404, 410)


@dataclass
class Watch:
    """One host through any number of runs; times are seconds of one clock."""

    own_s: float
    """The delay that is set."""
    max_wait_s: float
    refusals: int
    share: float = 1.0
    problems: list[str] = field(default_factory=list)

    sent: int = 0
    asked_s: float = 0.0
    """What robots.txt asks for in this run."""
    factor: int = 1
    held_until: float = float("-inf")
    left: bool = False
    """This run, or one before it, must ask nothing more."""
    refused: bool = False
    """The same of pages."""
    _last: float | None = None
    _in_a_row: int = 0

    def begin(self, at: float) -> None:
        """A run begins."""
        self.sent, self.asked_s, self.factor, self._last, self._in_a_row = 0, 0.0, 1, None, 0
        self.left = self.held_until - at > self.max_wait_s

    @property
    def delay_s(self) -> float:
        """Seconds that must lie between two requests at this moment."""
        base = max(self.own_s, self.asked_s)
        return min(base * self.factor, max(60.0, base)) / self.share

    def leaves(
        self, at: float, path: str, *, page: bool, under_way: int = 0, most: int = 1
    ) -> None:
        """A request leaves, while others are under way."""
        self.sent += 1
        if under_way >= most:
            self._broken(at, path, f"{under_way} are under way")
        if self._last is not None and at - self._last < self.delay_s - SLACK_S:
            self._broken(
                at, path, f"{at - self._last:.3f} s after the last, not {self.delay_s:.3f}"
            )
        if at < self.held_until - SLACK_S:
            self._broken(at, path, f"{self.held_until - at:.3f} s before a Retry-After is over")
        if self.left:
            self._broken(at, path, "the host is left alone")
        if self.refused and page:
            self._broken(at, path, "the pages are refused")
        self._last = at

    def waits_too_long(self, ready: float, at: float, tick_s: float) -> bool:
        """Whether a request that was ready left later than it had to (call before it leaves)."""
        last = self._last if self._last is not None else float("-inf")
        return at > max(ready, last + self.delay_s, self.held_until) + tick_s

    def answers(
        self, at: float, status: int | None, wait_s: float = 0.0, *, kind: str = "article"
    ) -> None:
        """An answer is on its way; ``None`` is a connection that breaks."""
        if status is None or status == 429 or status >= 500:
            if max(self.own_s, self.asked_s) * self.factor < 60:
                self.factor *= 2
        else:
            self.factor = max(1, self.factor // 2)
        if status is None:
            return
        if wait_s and status >= 300 and status not in _FINAL:
            self.held_until = max(self.held_until, at + wait_s)
            self.left |= wait_s > self.max_wait_s
        if self.left or self.refused:
            return
        if status == 403 and kind != "robots":
            self._in_a_row += 1
            self.refused = self._in_a_row >= self.refusals
        elif kind in ("article", "listing", "static") and (200 <= status < 300 or status == 304):
            self._in_a_row = 0

    def robots(self, at: float, asked_s: float) -> None:
        """robots.txt was read, and asks for a delay."""
        self.asked_s = asked_s
        if asked_s > self.max_wait_s:
            self.left, self.held_until = True, max(self.held_until, at + asked_s)

    def _broken(self, at: float, path: str, what: str) -> None:
        self.problems.append(f"request {self.sent} ({unquote(path)}) at {at:.3f}: {what}")
