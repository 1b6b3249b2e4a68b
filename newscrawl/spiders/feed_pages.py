"""Feeds of a crawl: a fast look for what is new, and all there is while pages are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response

from newscrawl.clock import paris_day
from newscrawl.crawl.tally import SourceTally
from newscrawl.spiders.answers import fetched_at
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.session import Session
from newscrawl.spiders.sources import SourcePages
from newscrawl.store import Capture, Link
from newscrawl.syndication import FeedItem, read_feed
from newscrawl.watchdog import SlowPage, watched

#: Before articles: one request that may save many.
_PRIORITY = 20


class FeedPages(SourcePages):
    """Reads the feeds of the editions of a run, each once."""

    kind = "feed"

    def __init__(self, session: Session, articles: ArticlePages) -> None:
        super().__init__(session, articles)
        self._asked = False
        self._read: list[tuple[Link, FeedItem, datetime]] = []

    def ask(self) -> Iterator[Request]:
        """The feeds of every edition."""
        if self._asked:
            return
        self._asked = True
        for edition in sorted(self._editions):
            for url in self._session.site.feed_urls(edition):
                # What a refused run wants from a feed is what it says, changed or not.
                memory = None if self._run.refused else self._run.store.walks.source(url)
                headers = self.validators(memory) if memory is not None else {}
                tally = self.begin(edition, url)
                yield self.request(url, self._items, tally, headers=headers, priority=_PRIORITY)

    def instead(self) -> Iterator[Any]:
        """The pages are refused from now on: what the feeds say has to do."""
        yield from self._summaries(self._read)
        if not self._read:  # one that had nothing new has still something to say
            self._asked = False
        yield from self.ask()

    def _items(self, response: Response, tally: SourceTally) -> Iterator[Any]:
        moment = fetched_at(response)
        found = []
        with watched():
            items = read_feed(response.body)
        for item in items:
            day = paris_day(item.published_at) if item.published_at else None
            link = self.wanted(item.link, day)
            if link is not None:
                found.append((link, item, moment))
        links = [link for link, _, _ in found]
        self.record(response, tally, links)
        if self._run.refused:
            yield from self._summaries(found)
            return
        self._read += found
        yield from self._articles.ask_due(links)

    def _summaries(self, found: Iterable[tuple[Link, FeedItem, datetime]]) -> Iterator[Capture]:
        for link, item, moment in found:
            try:
                with watched():
                    article = self._session.site.summarise(item, moment)
            except SlowPage:
                self._session.count("newscrawl/feed/left_out/slow")
                continue
            except Exception as error:  # noqa: BLE001  (the next item is another one)
                self._session.erred(link.url, error)
                self._session.count("newscrawl/feed/left_out/error")
                continue
            if article is None:
                self._session.count("newscrawl/feed/left_out/no_title")
                continue
            yield Capture(
                article=article,
                asked=link.hash,
                url_asked=link.url,
                extractor=self._session.site.extractor,
            )
