"""The crawl of a site's columns: column pages to articles, everything remembered.

A site's spider is this class with a name and a :class:`newscrawl.site.Site`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider

from newscrawl.clock import now
from newscrawl.crawl.prepare import prepare
from newscrawl.crawl.run import Run
from newscrawl.site import Site
from newscrawl.spiders.answers import conditional
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.configure import configure
from newscrawl.spiders.feed_pages import FeedPages
from newscrawl.spiders.listing_pages import ListingPages
from newscrawl.spiders.session import Session
from newscrawl.spiders.sitemap_pages import SitemapPages
from newscrawl.store import Link


class ColumnSpider(Spider):
    """Walks columns, asks for what is new or owed, and hands captures to the pipelines."""

    site: ClassVar[Site]
    run: Run
    _session: Session
    _listings: ListingPages
    _articles: ArticlePages
    _feeds: FeedPages
    _sitemaps: SitemapPages

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
        spider._session = Session(spider, run)
        spider._articles = ArticlePages(spider._session)
        spider._listings = ListingPages(spider._session, spider._articles)
        spider._feeds = FeedPages(spider._session, spider._articles)
        spider._sitemaps = SitemapPages(spider._session, spider._articles)
        spider._session.instead = spider._feeds.instead
        run.ask_again = spider._ask_again
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """What is owed first, then the first page of every column; or just the given articles."""
        self.run.look_at_the_host()
        if self.run.left is not None:
            return
        steps = self._given() if self.run.arguments.urls else self._begin()
        try:
            for request in self._session.guarded(steps):
                yield request
        except CloseSpider:
            raise
        except Exception as error:
            # Scrapy only logs what start() raises, and the run would look healthy.
            self.run.fail(f"the crawl could not begin: {error!r}; the log has more")
            raise

    def _ask_again(self, link: Link) -> None:
        self._session.patience.later(self._articles.request(link))

    def _given(self) -> Iterator[Request]:
        for url in self.run.arguments.urls:
            link = Link(self.run.key(url), url, None, "url")
            with self.run.store.patient():
                self.run.store.owe(link)
            yield from self._articles.ask(link)

    def _begin(self) -> Iterator[Any]:
        if self.run.refused:
            yield from self._feeds.instead()
            return
        sources = self.run.arguments.sources
        entered = self.run.enter_columns() if "columns" in sources else []
        yield from self._known()
        if "feed" in sources:
            yield from self._feeds.ask()
        for column, memory in entered:
            walk = self.run.walk(memory)
            headers = conditional(memory, self.site) if walk.sends_validator else {}
            yield self._listings.request(column, walk, column.url, headers)
        if "sitemap" in sources:
            yield from self._sitemaps.ask()

    def _known(self) -> Iterator[Request]:
        """What is owed and due, then what is to be looked at again."""
        editions = {column.edition for column in self.run.columns}
        for link in self.run.store.due([*self.run.memories, None], self._session.terms):
            of_here = link.column is not None or self.site.edition_of(link.url) in editions
            if of_here and self.run.arguments.covers_day(self.site.date_of(link.url)):
                yield from self._articles.ask(link)
        for link in self._looks(editions):
            self._session.looks_left -= 1
            yield from self._articles.ask(link)

    def _looks(self, editions: set[str]) -> list[Link]:
        """Stored articles to look at again; an archive has only the looks that were made."""
        run = self.run
        if run.conf.replay or run.arguments.since or run.arguments.until:
            return []
        columns = set(run.memories) if run.arguments.columns else None
        return run.store.looks.due(
            editions, columns, now(), run.conf.relook_s, self._session.looks_left
        )
