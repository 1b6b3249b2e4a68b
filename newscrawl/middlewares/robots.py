"""robots.txt as RFC 9309 §2.3.1 says: what cannot be had forbids everything.

Scrapy takes an unreachable robots.txt (a server error, a broken connection) for permission, and
reads the body of an error page as rules.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from newscrawl.crawl.run import run_of
from newscrawl.middlewares.closed import NotAsked

_NOTHING = b"User-agent: *\nDisallow: /\n"
_EVERYTHING = b""


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
        if response.status >= 500:
            self._note(f"status {response.status}")
            response = response.replace(body=_NOTHING)
        elif response.status >= 400:
            response = response.replace(body=_EVERYTHING)
        await super()._parse_robots(response, netloc, request)

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
