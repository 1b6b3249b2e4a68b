"""A host that a seed makes up, over real sockets: slow, refusing, overloaded, breaking off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random

from fixtures.site import Answer
from newscrawl.rfi import SITE
from tests.faults.server import Peer

#: What stays below the longest wait of the crawls, and what goes beyond it.
WAITS, LONG_WAIT = (1, 2), 7200
_TEXT = [("Content-Type", "text/plain")]
_ROBOTS = (
    "Disallow:",
    "Crawl-delay: 0.5",
    "Request-rate: 2/1",
    "Crawl-delay: 0.3\nRequest-rate: 5/2",
    "\n\nUser-agent: newscrawl/1.0\nCrawl-delay: 0.6",
)
_ASKED_S = dict(zip(_ROBOTS, (0.0, 0.5, 0.5, 0.4, 0.6), strict=True))


@dataclass
class Met:
    """A request that came, and what was done with it."""

    path: str
    kind: str
    arrived: float
    status: int | None = None
    """``None``: the connection broke."""
    wait_s: float = 0.0
    answered: float = 0.0
    """Just before the last byte was sent."""
    closed: bool = False
    """Whether the connection was closed behind the answer: a request may already be on its way."""
    asked_s: float | None = None
    """What a robots.txt that was sent asks for."""


@dataclass
class Script:
    """Answers of a seed; the same in the same order."""

    random: Random
    met: list[Met] = field(default_factory=list)
    refusing: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.robots = self.random.choice(_ROBOTS)
        self.robots_fail = self.random.choice([0, 0, 0, 1, 1, 2])
        self.refuses = self.random.random() < 0.3
        self.leaves = self.random.random() < 0.25
        self.troubles = self.random.choice([0.0, 0.15, 0.3])
        self.slow = self.random.choice([0.0, 0.3, 0.6])

    def answer(self, peer: Peer) -> bool:
        """What happens to a request; whether its connection is kept."""
        arrived = time.monotonic()
        path = peer.asked.path
        with self._lock:
            met = Met(path, SITE.classify(f"https://{SITE.host}{path}"), arrived)
            self.met.append(met)
            act = self._draw(met)
            wait = self.random.uniform(0, 0.7) if self.random.random() < self.slow else 0.0
        time.sleep(wait)
        return act(peer, met)

    def _draw(self, met: Met) -> Callable[[Peer, Met], bool]:
        random, number = self.random, len(self.met)
        if met.kind == "robots":
            if self.robots_fail:
                self.robots_fail -= 1
                return random.choice([_overloaded(random), _plain(503), _broken])
            return self._robots
        if self.refuses and number > random.randint(3, 12):
            self.refusing = True
        if self.refusing and met.kind != "feed":
            return _plain(403)
        if self.leaves and number > random.randint(4, 14):
            self.leaves = False
            return _with_wait(random.choice([429, 503]), str(LONG_WAIT), LONG_WAIT)
        if random.random() >= self.troubles:
            return _closed_behind if random.random() < 0.15 else _site
        overloaded, refused = _overloaded(random), _with_wait(403, "1", 1.0)
        plain = [_plain(status) for status in (500, 503, 429, 403)]
        return random.choice([overloaded, refused, *plain, _broken, _reset, _torn, _again])

    def _robots(self, peer: Peer, met: Met) -> bool:
        met.asked_s = _ASKED_S[self.robots]
        _send(peer, met, Answer(200, _TEXT, f"User-agent: *\n{self.robots}\n".encode()))
        return True


def _send(peer: Peer, met: Met, answer: Answer) -> None:
    met.status, met.answered = answer.status, time.monotonic()
    peer.answer(answer)


def _site(peer: Peer, met: Met) -> bool:
    _send(peer, met, peer._served.site.answer(peer.asked.path, _named(peer)))
    return True


def _named(peer: Peer) -> dict[str, str]:
    return {name.title(): value for name, value in peer.asked.headers.items()}


def _closed_behind(peer: Peer, met: Met) -> bool:
    """The connection, which could be kept, is closed behind the answer."""
    met.closed = True
    return not _site(peer, met)


def _plain(status: int) -> Callable[[Peer, Met], bool]:
    return lambda peer, met: _send(peer, met, Answer(status)) is None


def _with_wait(status: int, value: str, wait_s: float) -> Callable[[Peer, Met], bool]:
    def act(peer: Peer, met: Met) -> bool:
        met.wait_s = wait_s
        return _send(peer, met, Answer(status, [("Retry-After", value)])) is None

    return act


def _overloaded(random: Random) -> Callable[[Peer, Met], bool]:
    status, wait = random.choice([429, 503]), random.choice(WAITS)
    if random.random() < 0.5:
        return _with_wait(status, str(wait), float(wait))

    def act(peer: Peer, met: Met) -> bool:
        end = int(time.time()) + wait + 1
        value = formatdate(end, usegmt=True)
        return _with_wait(status, value, end - time.time())(peer, met)

    return act


def _broken(peer: Peer, met: Met) -> bool:
    met.answered = time.monotonic()
    return False


def _reset(peer: Peer, met: Met) -> bool:
    met.answered = time.monotonic()
    peer.reset()
    return False


def _torn(peer: Peer, met: Met) -> bool:
    """A body that is shorter than its length."""
    met.answered = time.monotonic()
    peer.send(b"HTTP/1.1 200 -\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n<html>")
    return False


def _again(peer: Peer, met: Met) -> bool:
    """A redirect to the very address."""
    _send(peer, met, Answer(302, [("Location", peer.asked.path)]))
    return True
