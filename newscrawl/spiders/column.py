"""The crawl of a site's columns: column pages to articles, everything remembered.

A site's spider is this class with a name and a :class:`newscrawl.site.Site`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any, ClassVar, Self, cast

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.encoding import decode
from newscrawl.errors import StorageFailed
from newscrawl.middlewares.fence import FenceRefused
from newscrawl.rejections import Rejections
from newscrawl.run import Run, prepare
from newscrawl.seeds import Column
from newscrawl.site import Listing, Site
from newscrawl.spiders.configure import configure
from newscrawl.store import Capture, ColumnMemory, Link, Terms, Validator
from newscrawl.walk import END, ENDED, FAILED, Walk

#: Articles before listings: what is found is fetched before more is looked for.
_ARTICLE_PRIORITY = 10


class ColumnSpider(Spider):
    """Walks columns, asks for what is new or owed, and hands captures to the pipelines."""

    site: ClassVar[Site]
    run: Run

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, run: Run | None = None, **kwargs: Any
    ) -> Self:
        """``run`` comes from ``scrapy crawl``; a script's crawl is prepared here."""
        assert cls.name is not None
        run = run or prepare(crawler.settings, cls.site, cls.name, kwargs)
        configure(crawler.settings, run)
        spider = super().from_crawler(crawler, *args)
        spider.run = run
        spider._rejections = Rejections(run.conf.data_dir, run.number)
        spider._refusals = 0
        return spider

    _rejections: Rejections
    _refusals: int

    # -- what is asked for -----------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Request]:
        """What is owed first, then the first page of every column; or just the given articles."""
        steps = self._given() if self.run.arguments.urls else self._begin()
        try:
            for request in self._guarded(steps):
                yield request
        except CloseSpider:
            raise
        except Exception as error:
            # Scrapy only logs what start() raises, and the run would look healthy.
            self.run.fail(f"the crawl could not begin: {error!r}; the log has more")
            raise

    def _given(self) -> Iterator[Request]:
        for url in self.run.arguments.urls:
            link = Link(self.run.key(url), url, None)
            self.run.store.owe(link)
            yield from self._ask(link, source="url")

    def _begin(self) -> Iterator[Request]:
        entered = self.run.enter_columns()
        editions = {column.edition for column, _ in entered}
        for link in self.run.store.due([*self.run.memories, None], self._terms):
            of_here = link.column is not None or self.site.edition_of(link.url) in editions
            if of_here and self.run.arguments.covers_day(self.site.date_of(link.url)):
                yield from self._ask(link)
        for column, memory in entered:
            walk = self.run.walk(memory)
            headers = _conditional(memory, self.site) if walk.sends_validator else {}
            yield self._listing_request(column, walk, column.url, headers)

    def _listing_request(
        self, column: Column, walk: Walk, url: str, headers: dict[str, str] | None = None
    ) -> Request:
        self.run.tally.listing_requests += 1
        return Request(
            url,
            headers=headers,
            callback=self.parse_listing,
            errback=self.listing_failed,
            cb_kwargs={"column": column, "walk": walk},
            meta={"handle_httpstatus_list": [304]},
            dont_filter=True,
        )

    def _ask(self, link: Link, *, source: str = "column") -> Iterator[Request]:
        """Ask for an article, once in a run; a known one with its validators."""
        if not self.run.store.ask(link.hash):
            return
        self.run.tally.ask(link.hash, link.url, link.column)
        yield Request(
            link.url,
            headers=self.run.store.validators(link.hash),
            callback=self.parse_article,
            errback=self.article_failed,
            cb_kwargs={"link": link, "source": source},
            meta={"handle_httpstatus_list": [304], "newscrawl_key": link.hash},
            priority=_ARTICLE_PRIORITY,
            dont_filter=True,
        )

    @property
    def _terms(self) -> Terms:
        arguments = self.run.arguments
        dated = arguments.since is not None or arguments.until is not None
        return Terms(now(), self.site.extractor, dated)

    # -- listings --------------------------------------------------------------------------------

    def parse_listing(self, response: Response, column: Column, walk: Walk) -> Iterator[Any]:
        """One page of a column: its new rows, then its next page."""
        yield from self._guarded(self._parse_listing(response, column, walk))

    def _parse_listing(self, response: Response, column: Column, walk: Walk) -> Iterator[Any]:
        self._answered()
        tally = self.run.tally.column(walk.memory.id)
        if response.status == 304:
            tally.over = "unchanged"
            tally.rows = walk.memory.last_rows
            self.run.store.note_unchanged(walk.memory, now())
            return
        html, _ = decode(response.body, _content_type(response))
        fault = self.site.fault(html)
        if fault is None and not self.site.is_listing(html):
            fault = "not_a_listing"
        if fault is not None:
            yield from self._again(response, fault) or self._cut(walk, f"{fault}: {response.url}")
            return
        listing = self.site.read_listing(html, response.url)
        self._count_left_out(column, listing)
        yield from self._read(response, column, walk, listing)

    def _read(
        self, response: Response, column: Column, walk: Walk, listing: Listing
    ) -> Iterator[Request]:
        run, moment = self.run, now()
        seen = run.store.seen_by_ended_walk(walk.memory, [run.key(row.url) for row in listing.rows])
        step = walk.read(listing, seen)
        wanted = [Link(run.key(row.url), row.url, walk.memory.id) for row in step.wanted]
        tally = run.tally.column(walk.memory.id)
        tally.pages += 1
        if walk.pages == 1:
            tally.rows = len(listing.rows)
            if listing.rows:
                walk.validator = _validator(response, self.site)
        run.store.record_listing(
            walk.memory,
            run.number,
            moment,
            shown=[link.hash for link in wanted],
            wanted=wanted,
            rows=len(listing.rows) if walk.pages == 1 else None,
        )
        terms = self._terms
        for link in wanted:
            if run.arguments.mode == "refresh":
                yield from self._ask(run.store.own(link))
            elif run.store.is_due(link.hash, terms):
                yield from self._ask(link)
        if step.over is not None:
            self._end(walk, step.over)
        elif step.next_url is not None:
            yield self._listing_request(column, walk, step.next_url)

    def listing_failed(self, failure: Failure) -> Iterator[Any]:
        """A listing page that did not come."""
        yield from self._guarded(self._listing_failed(failure))

    def _listing_failed(self, failure: Failure) -> Iterator[Any]:
        request: Request = failure.request  # type: ignore[attr-defined]
        walk: Walk = request.cb_kwargs["walk"]
        reason = _reason(failure)
        missing = reason in ("http_404", "http_410")
        if not missing:
            self._refused_if(reason)
        if missing and walk.pages > 0:
            self._answered()
            self._end(walk, walk.beyond_the_end())
        elif missing:
            self._answered()
            tally = self.run.tally.column(walk.memory.id)
            tally.over = "gone"
            tally.problem = f"the column is gone ({reason})"
            self.run.store.note_column_gone(walk.memory, now())
        else:
            self._cut(walk, f"{reason}: {request.url}")
        return iter(())

    def _end(self, walk: Walk, how: str) -> None:
        self.run.tally.column(walk.memory.id).over = how
        if how in ENDED:
            self.run.store.end_walk(
                walk.memory,
                self.run.number,
                now(),
                validator=walk.validator,
                reached_end=how == END,
                floor=walk.floor_after(how),
            )

    def _cut(self, walk: Walk, problem: str) -> Iterator[Any]:
        """The walk cannot go on; its frontier stays where it was."""
        tally = self.run.tally.column(walk.memory.id)
        tally.over, tally.problem = FAILED, problem
        self.logger.warning("walk of %s cut: %s", tally.name, problem)
        self._count("newscrawl/walk/cut")
        return iter(())

    def _count_left_out(self, column: Column, listing: Listing) -> None:
        for reason, number in listing.left_out.items():
            self._count(f"newscrawl/listing/left_out/{reason}", number)
        self._count(f"newscrawl/listing/rows/{column.edition}", len(listing.rows))

    # -- articles --------------------------------------------------------------------------------

    def parse_article(self, response: Response, link: Link, source: str) -> Iterator[Any]:
        """One article page."""
        yield from self._guarded(self._parse_article(response, link, source))

    def _parse_article(self, response: Response, link: Link, source: str) -> Iterator[Any]:
        self._answered()
        fetched_at = _fetched_at(response)
        if response.status == 304:
            self.run.store.unchanged(link.hash, fetched_at)
            self.run.tally.settle(link.hash, "known")
            return
        html, encoding = decode(response.body, _content_type(response))
        if encoding != "utf-8":
            self._count(f"newscrawl/encoding/{encoding}")
        fault = self.site.fault(html)
        if fault is not None:
            yield from self._again(response, fault) or self._fail(link, fault)
            return
        if self.site.is_listing(html):
            self.reject(link, "is_listing", None, fetched_at, response.body)
            return
        extraction = self.site.read_article(html, response.url, fetched_at)
        for note in extraction.notes:
            self._count(f"newscrawl/extract/{note}")
        extraction.article.source = source
        hops = [self.site.canonical(url) for url in response.meta.get("redirect_urls", ())]
        addresses = {self.site.canonical(response.url), *hops, *extraction.aliases}
        articles = [url for url in addresses if url and self.site.classify(url) == "article"]
        yield Capture(
            article=extraction.article,
            asked=link.hash,
            url_asked=link.url,
            aliases=tuple(self.run.key(url) for url in articles),
            column=link.column,
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            extractor=self.site.extractor,
            body=response.body,
        )

    def article_failed(self, failure: Failure) -> Iterator[Any]:
        """An article page that did not come."""
        yield from self._guarded(self._article_failed(failure))

    def _article_failed(self, failure: Failure) -> Iterator[Any]:
        request: Request = failure.request  # type: ignore[attr-defined]
        link: Link = request.cb_kwargs["link"]
        if isinstance(failure.value, FenceRefused):
            self.run.store.leave_out(link)
            self.run.tally.settle(link.hash, "left out")
            return iter(())
        reason = _reason(failure)
        self._fail(link, reason)
        self._refused_if(reason)
        return iter(())

    def _fail(self, link: Link, reason: str) -> Iterator[Any]:
        gone = self.run.store.fail(link, reason, now())
        self._count(f"newscrawl/failed/{reason}")
        self.run.tally.settle(link.hash, "gone" if gone else "owed")
        self.logger.info("%s: %s is %s", reason, link.url, "gone" if gone else "owed")
        return iter(())

    def reject(
        self, link: Link, reason: str, rule: str | None, fetched_at: datetime, body: bytes
    ) -> None:
        """A whole page that gives no record: kept for study, asked again later."""
        self.run.store.reject(link, reason, now(), self.site.extractor)
        self._rejections.keep(link.url, reason, rule, fetched_at, body)
        self._count(f"newscrawl/rejected/{reason}")
        self.run.tally.settle(link.hash, "rejected")

    # -- faults ----------------------------------------------------------------------------------

    def _again(self, response: Response, fault: str) -> list[Request]:
        """The same request anew, as for a 503; empty when it was tried often enough."""
        self._count(f"newscrawl/fault/{fault}")
        request = cast(Request, response.request)
        retry = get_retry_request(request, spider=self, reason=f"page {fault}")
        return [retry] if retry is not None else []

    def _refused_if(self, reason: str) -> None:
        """403 after 403: the host does not want us; stop and say so."""
        if reason != "http_403":
            return
        self._refusals += 1
        if self._refusals >= self.run.conf.refusals:
            self.run.refused = self.site.host
            raise CloseSpider("refused")

    def _answered(self) -> None:
        self._refusals = 0

    def _guarded(self, steps: Iterator[Any]) -> Iterator[Any]:
        """Storing failed: end the run with one line instead of an error a page."""
        try:
            yield from steps
        except StorageFailed as error:
            self.run.fail(str(error))
            raise CloseSpider("storage_failed") from error

    def _count(self, stat: str, number: int = 1) -> None:
        self.crawler.stats.inc_value(stat, number)


def _conditional(memory: ColumnMemory, site: Site) -> dict[str, str]:
    """Validators of a column's first page, as long as the same rules read it."""
    if memory.extractor != site.extractor:
        return {}
    pairs = {"If-None-Match": memory.etag, "If-Modified-Since": memory.last_modified}
    return {name: value for name, value in pairs.items() if value}


def _validator(response: Response, site: Site) -> Validator:
    return Validator(_header(response, "ETag"), _header(response, "Last-Modified"), site.extractor)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _content_type(response: Response) -> str | None:
    return _header(response, "Content-Type")


def _fetched_at(response: Response) -> datetime:
    """When the page was captured: an archive's own time in replay, else now."""
    captured: datetime | None = response.meta.get("newscrawl_captured_at")
    return captured or now()


def _reason(failure: Failure) -> str:
    """A word for what went wrong, for counts and debts."""
    error = failure.value
    if isinstance(error, HttpError):
        return f"http_{error.response.status}"
    if isinstance(error, IgnoreRequest) and "robots.txt" in str(error):
        return "robots"
    return type(error).__name__
