"""Small requests to services of the operator's own choice: never to the site."""

from __future__ import annotations

from http.client import HTTPMessage
from typing import IO
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

from newscrawl.version import VERSION

#: Seconds that a service may take.
TIMEOUT_S = 10


class _NoRedirects(HTTPRedirectHandler):
    """A redirected POST would arrive as an empty GET, and count as told."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Never: the answer is an error then."""


def post_json(url: str, value: object) -> None:
    """POST a value as JSON; raises :class:`OSError` unless the answer is a success."""
    _ask(Request(url, orjson.dumps(value), {"Content-Type": "application/json"}))


def visit(url: str) -> None:
    """GET an address; raises :class:`OSError` unless the answer is a success."""
    _ask(Request(url))


def _ask(request: Request) -> None:
    request.add_header("User-Agent", f"newscrawl/{VERSION}")
    with build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S) as answer:
        answer.read(1000)
