"""What feeds and sitemaps have in common: their answers, and which of their articles are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.crawl.tally import SourceTally
from newscrawl.middlewares.closed import NotAsked
from newscrawl.spiders.answers import (
    UNASKED,
    asked_for,
    fetched_at,
    is_unasked,
    reason,
    request_of,
    told,
    validator,
)
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.session import Session
from newscrawl.store import Link, SourceMemory
from newscrawl.syndication import BadXml
from newscrawl.text import readable
from newscrawl.watchdog import SlowPage

Parse = Callable[[Response, SourceTally], Iterator[Any]]


class SourcePages:
    """Asks for files of one kind; what is wrong with one costs nothing but itself."""

    kind: str

    def __init__(self, session: Session, articles: ArticlePages) -> None:
        self._session = session
        self._run = session.run
        self._articles = articles
        self._editions = {column.edition for column in session.run.columns}

    def begin(self, edition: str, url: str) -> SourceTally:
        """Counts of a source that is about to be asked for."""
        tally = SourceTally(self.kind, edition, url)
        self._run.tally.sources.append(tally)
        return tally

    def request(self, url: str, parse: Parse, tally: SourceTally, **more: Any) -> Request:
        """A file; a known one with its validators where ``headers`` has them."""
        return Request(
            url,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"parse": parse, "tally": tally},
            meta={"handle_httpstatus_list": [304]},
            dont_filter=True,
            **more,
        )

    def parse(self, response: Response, parse: Parse, tally: SourceTally) -> Iterator[Any]:
        """One file."""
        yield from self._session.guarded(self._parse(response, parse, tally), response.request)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A file that did not come."""
        yield from self._session.guarded(self._failed(failure), request_of(failure))

    def validators(self, memory: SourceMemory) -> dict[str, str]:
        """Validators of a file, as long as the same rules read it and nothing else is wanted."""
        if self._run.arguments.mode != "update" or memory.extractor != self._session.site.extractor:
            return {}
        pairs = {"If-None-Match": memory.etag, "If-Modified-Since": memory.last_modified}
        return {name: value for name, value in pairs.items() if value}

    @property
    def is_narrowed(self) -> bool:
        """Whether the run leaves out articles that another one may want."""
        arguments = self._run.arguments
        return bool(arguments.columns or arguments.since or arguments.until)

    def wanted(self, address: str, day: date | None) -> Link | None:
        """The link of an entry, ``None`` and a counted reason where this run does not want it."""
        try:
            url = self._session.site.canonical(address)
            why = "not_article" if url is None else self._unwanted(url, day)
        except Exception as error:  # noqa: BLE001  (the next entry is another one)
            self._session.erred(address, error)
            url, why = None, "error"
        if url is None or why is not None:
            self._session.count(f"newscrawl/{self.kind}/left_out/{why}")
            return None
        return Link(self._run.key(url), url, None, self.kind)

    def record(
        self,
        response: Response,
        tally: SourceTally,
        links: list[Link],
        *,
        lastmod: str | None = None,
    ) -> None:
        """Owe what is unknown of a file, in one step with its validator.

        A file of which something was left out, or that is read in place of pages, is read again.
        """
        tally.items += len(links)
        tally.unknown += self._run.store.walks.record_source(
            asked_for(response),
            self.kind,
            tally.edition,
            fetched_at(response),
            links=links,
            terms=self._session.terms,
            validator=validator(response, self._session.site),
            lastmod=lastmod,
            whole=not self.is_narrowed and self._run.refused is None,
        )

    def _unwanted(self, url: str, day: date | None) -> str | None:
        site, arguments = self._session.site, self._run.arguments
        if site.classify(url) != "article":
            return "not_article"
        if site.edition_of(url) not in self._editions:
            return "other_edition"
        below = any(url.startswith(column.url) for column in self._run.columns)
        if arguments.columns and not below:
            return "other_column"
        return None if arguments.covers_day(site.date_of(url) or day) else "outside_dates"

    def _parse(self, response: Response, parse: Parse, tally: SourceTally) -> Iterator[Any]:
        tally.files += 1
        if is_unasked(response):
            yield from self._again(response, tally, UNASKED, UNASKED)
            return
        if response.status == 304:
            self._session.count(f"newscrawl/{self.kind}/unchanged")
            return
        try:
            yield from parse(response, tally)
        except BadXml as error:
            yield from self._again(response, tally, "bad_xml", str(error))
        except SlowPage as error:
            self._session.slow(response)
            self._fail(tally, f"slow: {error}: {readable(response.url)}")

    def _again(
        self, response: Response, tally: SourceTally, fault: str, problem: str
    ) -> Iterator[Request]:
        again = self._session.again(response, fault)
        if not again:
            self._fail(tally, f"{problem}: {readable(response.url)}")
        yield from again

    def _failed(self, failure: Failure) -> Iterator[Any]:
        request = request_of(failure)
        if isinstance(failure.value, NotAsked):
            return
        self._fail(request.cb_kwargs["tally"], told(failure, self._run))
        yield from self._session.refused_if(reason(failure))

    def _fail(self, tally: SourceTally, problem: str) -> None:
        tally.problem = problem
        self._session.count(f"newscrawl/{self.kind}/failed")
        self._session.logger.warning("%s of %s: %s", tally.kind, tally.edition, problem)
