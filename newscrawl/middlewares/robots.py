"""robots.txt as RFC 9309 §2.3.1 says: what cannot be had forbids everything.

Scrapy takes an unreachable robots.txt (a server error, a broken connection) for permission, reads
the body of an error page as rules, knows a group by our name alone, without a version behind it,
and asks once in a run however long it goes on.
"""

from __future__ import annotations

import logging
import math
import re
import time

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from newscrawl.crawl.run import run_of
from newscrawl.middlewares.closed import NotAsked

logger = logging.getLogger(__name__)

_NOTHING = b"User-agent: *\nDisallow: /\n"
_EVERYTHING = b""
#: Bytes that are read; RFC 9309 §2.5 asks for 500 KiB at least.
_LONGEST = 512 * 1024
#: Answers that say "not now": as little a permission as an error of the server.
_NOT_NOW = frozenset([408, 429])
#: Seconds for which the rules hold (RFC 9309 §2.4), and for which they do when they cannot be had.
_FRESH_S, _AGAIN_S = 86400.0, 3600.0

_AGENT_LINE = re.compile(r"\s*user[- ]?agent(?:\s*:|\s)([^#]*)", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z_-]+", re.IGNORECASE)


class RobotsUnreachable(IgnoreRequest):
    """robots.txt did not come; the reason in words."""


class StrictRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Forbids all while robots.txt is unreachable, and counts it."""

    _not_asked: NotAsked | None = None
    """Why nobody asked for robots.txt; then nothing else is asked for either."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._stale_at: dict[str, float] = {}
        self._kept: dict[str, object] = {}
        """The rules of before while they are read anew."""

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Let a request through, or not."""
        if self._not_asked is not None:
            raise NotAsked(str(self._not_asked))
        super().process_request_2(rp, request)

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """The rules of a host; read anew where they are a day old."""
        netloc = urlparse_cached(request).netloc
        if time.monotonic() >= self._stale_at.get(netloc, math.inf):
            del self._stale_at[netloc]
            self._kept[netloc] = self._parsers.pop(netloc)
        return await super().robot_parser(request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        status, body = response.status, response.body
        if status >= 500 or 300 <= status < 400 or status in _NOT_NOW:
            self._unreachable(netloc, f"status {status}")
            return
        if status >= 400:
            body = _EVERYTHING
        elif len(body) > _LONGEST:
            self._stats.inc_value("newscrawl/robots/cut")
            body = body[:_LONGEST].rpartition(b"\n")[0]
        self._stale_at[netloc] = time.monotonic() + _FRESH_S
        response = response.replace(body=for_token(body, str(self._robotstxt_useragent)))
        await super()._parse_robots(response, netloc, request)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A robots.txt that fails is told in a line at the end; Scrapy would log a traceback."""
        is_own = request.callback is NO_CALLBACK and request.meta.get("dont_obey_robotstxt")
        if is_own and not isinstance(exception, IgnoreRequest):
            raise RobotsUnreachable(str(exception) or type(exception).__name__) from exception

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, NotAsked):
            self._not_asked = exc
            super()._robots_error(exc, netloc)
            return
        self._unreachable(netloc, str(exc) or type(exc).__name__)

    def _unreachable(self, netloc: str, why: str) -> None:
        """What an earlier answer allowed holds (RFC 9309 §2.4), else nothing is allowed."""
        self._stats.inc_value("newscrawl/robots/unreachable")
        parser = self._kept.get(netloc)
        if isinstance(parser, RobotParser):
            logger.warning("robots.txt could not be read anew (%s): its rules still hold", why)
        else:
            run_of(self.crawler).tally.robots_failed = why
            parser = self._parserimpl.from_crawler(self.crawler, _NOTHING)
        self._stale_at[netloc] = time.monotonic() + _AGAIN_S
        waiting = self._parsers[netloc]
        self._parsers[netloc] = parser
        waiting.callback(parser)  # type: ignore[union-attr]


def for_token(body: bytes, token: str) -> bytes:
    """The rules with the groups of a product token named by it alone (RFC 9309 §2.2.1).

    Whatever version is meant: the name up to the first character that a token cannot have counts,
    in any case. Groups of others are kept from being taken for ours by a part of their name.

    >>> for_token(b"User-Agent: NewsCrawl/1.0 # us\\nUser-agent: news\\nDisallow: /", "newscrawl")
    b'User-agent: newscrawl\\nUser-agent: other\\nDisallow: /'
    """

    def named(line: str) -> str:
        match = _AGENT_LINE.match(line)
        name = match[1].strip() if match else ""
        if not name:
            return line
        if name.split()[0] == "*":
            return "User-agent: *"
        found = _TOKEN.match(name.lstrip("*"))
        ours = found is not None and found[0].lower() == token.lower()
        return f"User-agent: {token if ours else 'other'}"

    return "\n".join(map(named, body.decode("utf-8-sig", "ignore").splitlines())).encode()
