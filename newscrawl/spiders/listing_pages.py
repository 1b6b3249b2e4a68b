"""Listing pages of a crawl: their rows are recorded and asked for, then the next page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from scrapy import Request
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.crawl.seeds import Column
from newscrawl.crawl.walk import END, ENDED, FAILED, NOT_ARCHIVED, NOT_ASKED, Walk
from newscrawl.encoding import decode
from newscrawl.middlewares.closed import NotAsked
from newscrawl.site import Listing
from newscrawl.spiders.answers import (
    UNASKED,
    content_type,
    is_unasked,
    reason,
    request_of,
    told,
    validator,
)
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.session import Session
from newscrawl.store import Link
from newscrawl.store.columns import BOTTOM
from newscrawl.store.links import MISSING
from newscrawl.text import readable
from newscrawl.watchdog import SlowPage, watched


class ListingPages:
    """Asks for listing pages and reads what comes."""

    def __init__(self, session: Session, articles: ArticlePages) -> None:
        self._session = session
        self._run = session.run
        self._articles = articles

    def request(
        self, column: Column, walk: Walk, url: str, headers: dict[str, str] | None = None
    ) -> Request:
        """A page of a column."""
        self._run.tally.listing_requests += 1
        return Request(
            url,
            headers=headers,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"column": column, "walk": walk},
            meta={"handle_httpstatus_list": [304]},
            dont_filter=True,
        )

    def parse(self, response: Response, column: Column, walk: Walk) -> Iterator[Any]:
        """One page of a column: its new rows, then its next page."""
        yield from self._session.guarded(self._parse(response, column, walk), response.request)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A listing page that did not come."""
        yield from self._session.guarded(self._failed(failure), request_of(failure))

    def _parse(self, response: Response, column: Column, walk: Walk) -> Iterator[Any]:
        site = self._session.site
        if is_unasked(response):
            yield from self._again(response, walk, UNASKED)
            return
        if response.status == 304:
            self._unchanged(walk)
            return
        try:
            with watched():
                html, _ = decode(response.body, content_type(response))
                fault = site.fault(html)
                if fault is None and not site.is_listing(html):
                    fault = "not_a_listing"
                listing = site.read_listing(html, response.url) if fault is None else None
        except SlowPage as error:
            self._session.slow(response)
            self._cut(walk, f"slow: {error}: {readable(response.url)}")
            return
        if listing is None:
            yield from self._again(response, walk, fault or "not_a_listing")
            return
        if not listing.rows and walk.pages > 0:
            yield from self._without(response, walk, "no_rows")
            return
        self._count(column, listing)
        yield from self._read(response, column, walk, listing)

    def _again(self, response: Response, walk: Walk, fault: str) -> Iterator[Request]:
        yield from self._session.again(response, fault) or self._cut(
            walk, f"{fault}: {readable(response.url)}"
        )

    def _without(self, response: Response, walk: Walk, what: str) -> Iterator[Request]:
        """A page that the one before it named does not come: it is asked for once more, then the
        listing has ended before it."""
        again = self._session.again(response, what)
        if again:
            yield from again
            return
        step = walk.without_page(response.url)
        self._end(walk, step.over or END)

    def _read(
        self, response: Response, column: Column, walk: Walk, listing: Listing
    ) -> Iterator[Request]:
        run = self._run
        floors = run.store.walks.floors(walk.memory, [run.key(row.url) for row in listing.rows])
        step = walk.read(listing, floors)
        wanted = [Link(run.key(row.url), row.url, walk.memory.id) for row in step.wanted]
        tally = run.tally.column(walk.memory.id)
        tally.pages = walk.pages
        if walk.pages == 1:
            tally.rows = len(listing.rows)
            if listing.rows and walk.validator is None:
                walk.validator = validator(response, self._session.site)
        run.store.walks.record_listing(
            walk.memory,
            run.number,
            self._session.terms,
            shown=[link.hash for link in wanted],
            wanted=wanted,
            rows=len(listing.rows) if walk.pages == 1 else None,
        )
        yield from self._articles.ask_due(wanted)
        if step.over is not None:
            self._end(walk, step.over)
        walk.recorded()
        if step.over is None and step.next_url is not None:
            yield self.request(column, walk, step.next_url)

    def _failed(self, failure: Failure) -> Iterator[Any]:
        request = request_of(failure)
        walk: Walk = request.cb_kwargs["walk"]
        if isinstance(failure.value, NotAsked):
            self._run.tally.listing_requests -= 1
            self._run.tally.column(walk.memory.id).over = NOT_ASKED
            return
        what = reason(failure)
        if what in MISSING:
            if walk.pages > 0:
                yield from self._without(cast(HttpError, failure.value).response, walk, what)
            else:
                self._gone(walk, what)
            return
        how = NOT_ARCHIVED if what == NOT_ARCHIVED else FAILED
        self._cut(walk, told(failure, self._run), how)
        yield from self._session.refused_if(what)

    def _gone(self, walk: Walk, what: str) -> None:
        """Page 1 is not there: the column is gone."""
        tally = self._run.tally.column(walk.memory.id)
        tally.over = "gone"
        tally.problem = f"the column is gone ({what})"
        self._run.store.walks.note_column_gone(walk.memory, now())

    def _unchanged(self, walk: Walk) -> None:
        tally = self._run.tally.column(walk.memory.id)
        tally.over = "unchanged"
        tally.rows = walk.memory.last_rows
        self._run.store.walks.note_unchanged(walk.memory, now())

    def _end(self, walk: Walk, how: str) -> None:
        tally = self._run.tally.column(walk.memory.id)
        tally.over = how
        if walk.end_url is not None:
            tally.problem = f"ends early at {readable(walk.end_url)}; the next run looks again"
            self._run.store.walks.note_end(walk.memory, walk.end_url)
        elif how in ENDED:
            self._run.store.walks.end_walk(
                walk.memory,
                now(),
                shown=walk.shown,
                floor=walk.floor,
                validator=walk.validator,
                reached_end=how == END and walk.floor == BOTTOM,
            )

    def _cut(self, walk: Walk, problem: str, how: str = FAILED) -> Iterator[Any]:
        """The walk cannot go on; what it showed does not count as known."""
        tally = self._run.tally.column(walk.memory.id)
        tally.over, tally.problem = how, problem
        self._session.logger.warning("walk of %s cut: %s", tally.name, problem)
        self._session.count("newscrawl/walk/cut")
        return iter(())

    def _count(self, column: Column, listing: Listing) -> None:
        if "error" in listing.left_out:
            self._run.errors.append(f"a row of {readable(listing.url)}")
        for what, number in listing.left_out.items():
            self._session.count(f"newscrawl/listing/left_out/{what}", number)
        self._session.count(f"newscrawl/listing/rows/{column.edition}", len(listing.rows))
