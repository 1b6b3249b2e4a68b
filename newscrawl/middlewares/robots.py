"""robots.txt as RFC 9309 §2.3.1 says: what cannot be had forbids everything.

Scrapy takes an unreachable robots.txt (a server error, a broken connection) for permission, and
reads the body of an error page as rules.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser

from newscrawl.crawl.run import run_of
from newscrawl.middlewares.closed import NotAsked

_NOTHING = b"User-agent: *\nDisallow: /\n"
_EVERYTHING = b""
#: Bytes that are read; RFC 9309 §2.5 asks for 500 KiB at least.
_LONGEST = 512 * 1024


class RobotsUnreachable(IgnoreRequest):
    """robots.txt did not come; the reason in words."""


class StrictRobotsTxtMiddleware(RobotsTxtMiddleware):
    """Forbids all while robots.txt is unreachable, and counts it."""

    _not_asked: NotAsked | None = None
    """Why nobody asked for robots.txt; then nothing else is asked for either."""

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Let a request through, or not."""
        if self._not_asked is not None:
            raise NotAsked(str(self._not_asked))
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or 300 <= response.status < 400:
            self._note(f"status {response.status}")
            response = response.replace(body=_NOTHING)
        elif response.status >= 400:
            response = response.replace(body=_EVERYTHING)
        elif len(response.body) > _LONGEST:
            self._stats.inc_value("newscrawl/robots/cut")
            response = response.replace(body=response.body[:_LONGEST].rpartition(b"\n")[0])
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
        self._note(str(exc) or type(exc).__name__)
        waiting = self._parsers[netloc]
        forbidding = self._parserimpl.from_crawler(self.crawler, _NOTHING)
        self._parsers[netloc] = forbidding
        waiting.callback(forbidding)  # type: ignore[union-attr]

    def _note(self, why: str) -> None:
        self._stats.inc_value("newscrawl/robots/unreachable")
        run_of(self.crawler).tally.robots_failed = why
