"""Listing pages of a crawl: their rows are recorded and asked for, then the next page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.crawl.seeds import Column
from newscrawl.crawl.walk import END, ENDED, FAILED, NOT_ASKED, Walk
from newscrawl.encoding import decode
from newscrawl.middlewares.closed import NotAsked
from newscrawl.site import Listing
from newscrawl.spiders.answers import content_type, reason, request_of, told, validator
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.session import Session
from newscrawl.store import Link
from newscrawl.text import readable
from newscrawl.watchdog import SlowPage, watched

_GONE = ("http_404", "http_410")


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
        session, site = self._session, self._session.site
        session.answered()
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
            session.slow(response)
            self._cut(walk, f"slow: {error}: {readable(response.url)}")
            return
        if listing is None:
            assert fault is not None
            yield from session.again(response, fault) or self._cut(
                walk, f"{fault}: {readable(response.url)}"
            )
            return
        self._count(column, listing)
        yield from self._read(response, column, walk, listing)

    def _read(
        self, response: Response, column: Column, walk: Walk, listing: Listing
    ) -> Iterator[Request]:
        run, moment = self._run, now()
        seen = run.store.walks.seen_by_ended_walk(
            walk.memory, [run.key(row.url) for row in listing.rows]
        )
        step = walk.read(listing, seen)
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
            moment,
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
        if what in _GONE:
            self._session.answered()
            self._missing(walk, what)
            return
        self._cut(walk, told(failure, self._run))
        yield from self._session.refused_if(what)

    def _missing(self, walk: Walk, what: str) -> None:
        """404: beyond the last page the end of the listing, on page 1 the end of the column."""
        if walk.pages > 0:
            self._end(walk, walk.beyond_the_end())
            return
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
        self._run.tally.column(walk.memory.id).over = how
        if how in ENDED:
            self._run.store.walks.end_walk(
                walk.memory,
                self._run.number,
                now(),
                validator=walk.validator,
                reached_end=how == END,
                floor=walk.floor_after(how),
            )

    def _cut(self, walk: Walk, problem: str) -> Iterator[Any]:
        """The walk cannot go on; its frontier stays where it was."""
        tally = self._run.tally.column(walk.memory.id)
        tally.over, tally.problem = FAILED, problem
        self._session.logger.warning("walk of %s cut: %s", tally.name, problem)
        self._session.count("newscrawl/walk/cut")
        return iter(())

    def _count(self, column: Column, listing: Listing) -> None:
        if "error" in listing.left_out:
            self._run.errors.append(f"a row of {readable(listing.url)}")
        for what, number in listing.left_out.items():
            self._session.count(f"newscrawl/listing/left_out/{what}", number)
        self._session.count(f"newscrawl/listing/rows/{column.edition}", len(listing.rows))
