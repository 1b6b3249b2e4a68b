"""Which columns the site itself lists: the index of columns of every edition.

It stores nothing. The class has no name of its own, so that ``scrapy list`` does not offer it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl import ExtractionError
from newscrawl.crawl.run import Run
from newscrawl.encoding import decode
from newscrawl.extracting.pages import isolated
from newscrawl.spiders.answers import content_type, reason, request_of, told
from newscrawl.spiders.configure import configure
from newscrawl.text import readable
from newscrawl.watchdog import watched

#: Pages of an index that are read at most.
PAGES = 50


@dataclass
class Discovery:
    """What the index of one edition lists, against its seeds."""

    edition: str
    listed: dict[str, str] = field(default_factory=dict)
    """URL to name."""
    gone: list[str] = field(default_factory=list)
    """Columns of the seeds that the index does not list and whose page is not there."""
    problems: list[str] = field(default_factory=list)


class DiscoverySpider(Spider):
    """Fills :class:`Discovery`."""

    run: Run
    found: dict[str, Discovery]

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, run: Run, found: dict[str, Discovery], **_: Any
    ) -> Self:
        """``found`` has an entry for every edition to look at."""
        configure(crawler.settings, run)
        spider = super().from_crawler(crawler, name=run.site.name)
        spider.run = run
        spider.found = found
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """The first page of every index."""
        for edition, discovery in self.found.items():
            urls = self.run.site.index_urls(edition)
            if not urls:
                discovery.problems.append("where its columns are listed is not known")
            for url in urls:
                yield self._index(edition, url, 1)

    def parse_index(self, response: Response, edition: str, number: int) -> Iterator[Request]:
        """Columns of one page; behind the last page, those of the seeds that it did not list."""
        problems = self.found[edition].problems
        try:
            with isolated(readable(response.url)), watched():
                html, _ = decode(response.body, content_type(response))
                fault = self.run.site.fault(html)
                if fault is not None:
                    problems.append(f"{fault}: {readable(response.url)}")
                    return
                index = self.run.site.read_index(html, response.url)
        except ExtractionError as error:
            problems.append(str(error))
            return
        self.found[edition].listed |= index.columns
        if index.next_url is not None and number < PAGES:
            yield self._index(edition, index.next_url, number + 1)
        elif self.found[edition].listed:
            yield from self._unlisted(edition)

    def failed(self, failure: Failure) -> None:
        """An index, or a column in doubt, that did not come."""
        request = request_of(failure)
        discovery = self.found[request.cb_kwargs["edition"]]
        what = reason(failure)
        if "number" not in request.cb_kwargs and what in ("http_404", "http_410"):
            discovery.gone.append(request.url)
        else:
            discovery.problems.append(told(failure, self.run))

    def parse_column(self, response: Response, edition: str) -> None:
        """A column that the index does not list, yet its page is there: it stays."""

    def _index(self, edition: str, url: str, number: int) -> Request:
        return Request(
            url,
            callback=self.parse_index,
            errback=self.failed,
            cb_kwargs={"edition": edition, "number": number},
            dont_filter=True,
        )

    def _unlisted(self, edition: str) -> Iterator[Request]:
        """Only what lies where the index lists columns can be missed in it."""
        listed = self.found[edition].listed
        folders = {url.rsplit("/", 2)[0] for url in listed}
        for column in self.run.columns:
            in_index = column.url.rsplit("/", 2)[0] in folders
            if column.edition == edition and in_index and column.url not in listed:
                yield Request(
                    column.url,
                    callback=self.parse_column,
                    errback=self.failed,
                    cb_kwargs={"edition": edition},
                    dont_filter=True,
                )
