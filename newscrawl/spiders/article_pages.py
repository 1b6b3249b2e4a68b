"""Article pages of a crawl: asked for once, read, and handed to the pipelines as captures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.encoding import decode
from newscrawl.extracting.pages import article_addresses
from newscrawl.middlewares.closed import NotAsked
from newscrawl.middlewares.fence import FenceRefused
from newscrawl.site import Extraction
from newscrawl.spiders.answers import (
    UNASKED,
    content_type,
    fetched_at,
    header,
    is_unasked,
    reason,
    request_of,
)
from newscrawl.spiders.session import Session
from newscrawl.store import Capture, Link
from newscrawl.store.links import MISSING
from newscrawl.watchdog import SlowPage, watched

#: Articles before listings: what is found is fetched before more is looked for.
_PRIORITY = 10


class ArticlePages:
    """Asks for article pages and reads what comes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._run = session.run

    def ask_due(self, links: Iterable[Link]) -> Iterator[Request]:
        """Ask for what is pending and due; a refresh asks for what is known too."""
        run, terms = self._run, self._session.terms
        for link in links:
            if run.arguments.mode == "refresh":
                yield from self.ask(run.store.current(link))
            elif run.store.is_due(link.hash, terms):
                yield from self.ask(link)

    def ask(self, link: Link) -> Iterator[Request]:
        """Ask for an article, once in a run."""
        if not self._run.store.ask(link.hash):
            return
        self._run.tally.ask(link.hash, link.url, link.column)
        yield self.request(link)

    def request(self, link: Link) -> Request:
        """The request for an article; a known one with its validators."""
        return Request(
            link.url,
            headers=self._run.store.validators(link.hash),
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"link": link},
            meta={"handle_httpstatus_list": [304]},
            priority=_PRIORITY,
            dont_filter=True,
        )

    def parse(self, response: Response, link: Link) -> Iterator[Any]:
        """One article page."""
        yield from self._session.guarded(self._parse(response, link), response.request)

    def failed(self, failure: Failure) -> Iterator[Any]:
        """An article page that did not come."""
        yield from self._session.guarded(self._failed(failure), request_of(failure))

    def _parse(self, response: Response, link: Link) -> Iterator[Any]:
        session, site = self._session, self._session.site
        moment = fetched_at(response)
        if is_unasked(response):
            yield from session.again(response, UNASKED) or self._fail(link, UNASKED)
            return
        if response.status == 304:
            self._run.store.unchanged(link.hash, moment)
            self._run.tally.settle(link.hash, "known")
            return
        try:
            with watched():
                html, encoding = decode(response.body, content_type(response))
                fault = site.fault(html)
                is_listing = fault is None and site.is_listing(html)
                is_article = fault is None and not is_listing
                extraction = site.read_article(html, response.url, moment) if is_article else None
        except SlowPage:
            session.slow(response)
            self._fail(link, "slow")
            return
        if encoding != "utf-8":
            session.count(f"newscrawl/encoding/{encoding}")
        if fault is not None:
            yield from session.again(response, fault) or self._fail(link, fault)
        elif extraction is None:
            self._run.reject(link, "is_listing", None, moment, response.body)
            session.count("newscrawl/rejected/is_listing")
        else:
            extraction.article.source = link.source
            session.count(f"newscrawl/form/{extraction.article.edition}/{extraction.form}")
            for note in extraction.notes:
                session.count(f"newscrawl/extract/{note}")
            yield self._capture(response, link, extraction)

    def _capture(self, response: Response, link: Link, extraction: Extraction) -> Capture:
        site = self._session.site
        hops = response.meta.get("redirect_urls", ())
        addresses = article_addresses(site, [response.url, *hops, *extraction.aliases])
        final = article_addresses(site, [response.url])
        return Capture(
            article=extraction.article,
            asked=link.hash,
            url_asked=link.url,
            address=next(iter(final), link.url),
            aliases=tuple(self._run.key(url) for url in addresses),
            column=link.column,
            etag=header(response, "ETag"),
            last_modified=header(response, "Last-Modified"),
            extractor=site.extractor,
            body=response.body,
        )

    def _failed(self, failure: Failure) -> Iterator[Any]:
        request = request_of(failure)
        link: Link = request.cb_kwargs["link"]
        if isinstance(failure.value, FenceRefused):
            self._run.store.leave_out(link, now())
            self._run.tally.settle(link.hash, "left out")
            return
        if isinstance(failure.value, NotAsked):
            self._run.tally.settle(link.hash, "owed")
            return
        what = reason(failure)
        self._fail(link, what)
        if what in MISSING:  # another address of the article may be there
            yield from self.ask(self._run.store.current(link))
        yield from self._session.refused_if(what)

    def _fail(self, link: Link, what: str) -> Iterator[Any]:
        gone = self._run.store.fail(link, what, now())
        left = "left out" if self._run.store.forgotten.has(link.hash) else "owed"
        outcome = "gone" if gone else left
        self._session.count(f"newscrawl/failed/{what}")
        self._run.tally.settle(link.hash, outcome)
        self._session.logger.info("%s: %s is %s", what, link.url, outcome)
        return iter(())
