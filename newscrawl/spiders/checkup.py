"""A check-up of the rules: one column's first page and a few articles of every edition.

It stores nothing. The class has no name of its own, so that ``scrapy list`` does not offer it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl import ExtractionError
from newscrawl.crawl.findings import EditionFindings, PageFindings
from newscrawl.crawl.run import Run
from newscrawl.crawl.seeds import Column
from newscrawl.encoding import decode
from newscrawl.extracting.pages import isolated
from newscrawl.spiders.answers import content_type, fetched_at, request_of, told
from newscrawl.spiders.configure import configure
from newscrawl.text import readable
from newscrawl.watchdog import watched

#: Articles looked at in each edition.
ARTICLES = 3
#: Columns tried until one shows articles.
COLUMNS = 3


class CheckupSpider(Spider):
    """Fills :class:`EditionFindings`."""

    run: Run
    findings: dict[str, EditionFindings]

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, run: Run, findings: dict[str, EditionFindings], **_: Any
    ) -> Self:
        """``findings`` has an entry for every edition to look at."""
        configure(crawler.settings, run)
        spider = super().from_crawler(crawler, name=run.site.name)
        spider.run = run
        spider.findings = findings
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The first page of a column of each edition; those seen on the site come first."""
        known = sorted(self.run.columns, key=lambda column: column.source == "inferred")
        for edition in self.findings:
            columns = [column for column in known if column.edition == edition]
            for request in self._try(columns[:COLUMNS]):
                yield request

    def parse_listing(
        self, response: Response, column: Column, others: Sequence[Column]
    ) -> Iterator[Request]:
        """Rows of a listing; a column without any is passed over."""
        found, site = self.findings[column.edition], self.run.site
        listing = None
        try:
            with isolated(readable(response.url)), watched():
                html, _ = decode(response.body, content_type(response))
                fault = site.fault(html) or (None if site.is_listing(html) else "not_a_listing")
                listing = site.read_listing(html, response.url) if fault is None else None
        except ExtractionError as error:
            fault = str(error)
        if listing is None or not listing.rows:
            problem = f"{fault or 'no rows were recognised'}: {readable(column.url)}"
            yield from self._next(column, others, problem)
            return
        found.column, found.url = column.name, column.url
        found.rows, found.left_out = len(listing.rows), listing.left_out
        found.problems.clear()  # of columns tried before
        for row in [row for row in listing.rows if not row.pinned][:ARTICLES]:
            yield Request(
                row.url,
                callback=self.parse_article,
                errback=self.article_failed,
                cb_kwargs={"edition": column.edition},
                dont_filter=True,
            )

    def listing_failed(self, failure: Failure) -> Iterator[Request]:
        """A column that did not come."""
        request = request_of(failure)
        given = request.cb_kwargs
        yield from self._next(given["column"], given["others"], told(failure, self.run))

    def parse_article(self, response: Response, edition: str) -> None:
        """What the rules make of an article page."""
        found, site = self.findings[edition], self.run.site
        try:
            with isolated(readable(response.url)), watched():
                html, _ = decode(response.body, content_type(response))
                fault = site.fault(html) or ("is no article" if site.is_listing(html) else None)
                if fault is not None:
                    found.problems.append(f"{fault}: {readable(response.url)}")
                    return
                extraction = site.read_article(html, response.url, fetched_at(response))
        except ExtractionError as error:
            found.problems.append(str(error))
            return
        extraction.article.source = "archive" if self.run.conf.replay else "url"
        found.pages.append(
            PageFindings(readable(response.url), extraction.form, extraction.article)
        )

    def article_failed(self, failure: Failure) -> None:
        """An article that did not come."""
        request = request_of(failure)
        found = self.findings[request.cb_kwargs["edition"]]
        found.problems.append(told(failure, self.run))

    def _try(self, columns: Sequence[Column]) -> Iterator[Request]:
        if columns:
            yield Request(
                columns[0].url,
                callback=self.parse_listing,
                errback=self.listing_failed,
                cb_kwargs={"column": columns[0], "others": columns[1:]},
                dont_filter=True,
            )

    def _next(self, column: Column, others: Sequence[Column], problem: str) -> Iterator[Request]:
        self.findings[column.edition].problems.append(problem)
        if not self.run.tally.robots_failed:
            yield from self._try(others)
