"""What an answer says of itself: headers, its time, and what went wrong."""

from __future__ import annotations

from datetime import datetime

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.crawl.run import Run
from newscrawl.middlewares.closed import NotAsked
from newscrawl.site import Site
from newscrawl.store import ColumnMemory, Validator
from newscrawl.text import readable


def header(response: Response, name: str) -> str | None:
    """First header of a name."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def content_type(response: Response) -> str | None:
    """The header that names type and encoding of the body."""
    return header(response, "Content-Type")


def fetched_at(response: Response) -> datetime:
    """When the page was captured: an archive's own time in replay, else now."""
    captured: datetime | None = response.meta.get("newscrawl_captured_at")
    return captured or now()


#: Fault of an answer that says that nothing has changed to a request that did not ask that.
UNASKED = "unasked_304"


def is_unasked(response: Response) -> bool:
    """Whether the answer is a 304 to a request without validators (RFC 9110 §15.4.5)."""
    assert response.request is not None
    headers = response.request.headers
    conditional = "If-None-Match" in headers or "If-Modified-Since" in headers
    return response.status == 304 and not conditional


def asked_for(response: Response) -> str:
    """The address that was asked for, before any redirect."""
    hops: list[str] = response.meta.get("redirect_urls", [])
    return hops[0] if hops else response.url


def validator(response: Response, site: Site) -> Validator:
    """What a later request may say to be told that nothing has changed."""
    return Validator(header(response, "ETag"), header(response, "Last-Modified"), site.extractor)


def conditional(memory: ColumnMemory, site: Site) -> dict[str, str]:
    """Validators of a column's first page, as long as the same rules read it."""
    if memory.extractor != site.extractor:
        return {}
    pairs = {"If-None-Match": memory.etag, "If-Modified-Since": memory.last_modified}
    return {name: value for name, value in pairs.items() if value}


def request_of(failure: Failure) -> Request:
    """The request that failed: Scrapy hangs it on the failure."""
    request: Request = failure.request  # type: ignore[attr-defined]
    return request


def told(failure: Failure, run: Run) -> str:
    """The same with its address, for people."""
    request = request_of(failure)
    what, url = reason(failure), readable(request.url)
    if what != "robots":
        return f"{what}: {url}"
    if run.tally.robots_failed:
        return f"no robots.txt ({run.tally.robots_failed}), no {url}"
    return f"robots.txt forbids {url}"


def reason(failure: Failure) -> str:
    """A word for what went wrong, for counts and debts."""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, NotAsked):
        return "not_asked"
    if isinstance(error, IgnoreRequest) and "robots.txt" in str(error):
        return "robots"
    return type(error).__name__
