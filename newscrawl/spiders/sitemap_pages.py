"""Sitemaps of a crawl: back-fill month by month, and articles that have changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from scrapy import Request
from scrapy.http import Response

from newscrawl.clock import iso, now
from newscrawl.crawl.tally import SourceTally
from newscrawl.spiders.sources import SourcePages
from newscrawl.store import Link, SourceMemory
from newscrawl.syndication import MapEntry, read_sitemap
from newscrawl.watchdog import watched

#: A month that was read this long after its end is not asked for again: little changes by then.
_SETTLED = timedelta(days=31)


class SitemapPages(SourcePages):
    """Reads the maps of the months that a run asks for, newest first."""

    kind = "sitemap"

    def ask(self) -> Iterator[Request]:
        """The index of every edition."""
        for edition in sorted(self._editions):
            for url in self._session.site.sitemap_urls(edition):
                yield self.request(url, self._index, self.begin(edition, url))

    def _index(self, response: Response, tally: SourceTally) -> Iterator[Request]:
        site, arguments = self._session.site, self._run.arguments
        months: dict[str, tuple[date, date, MapEntry]] = {}
        with watched():
            maps = read_sitemap(response.body).maps
        for entry in maps:
            url = site.canonical(entry.url)
            days = site.map_days(url) if url is not None else None
            if url is None or days is None:
                self._session.count("newscrawl/sitemap/left_out/other_map")
            elif arguments.covers_span(*days):
                months[url] = (*days, entry)
        newest_first = sorted(months.items(), key=lambda pair: pair[1][0], reverse=True)
        for place, (url, (_, last, entry)) in enumerate(newest_first):
            memory = self._run.store.walks.source(url)
            if self._is_settled(memory, entry, last):
                self._session.count("newscrawl/sitemap/unchanged")
                continue
            parse = partial(self._map, lastmod=iso(entry.lastmod) if entry.lastmod else None)
            headers = self.validators(memory)
            yield self.request(url, parse, tally, headers=headers, priority=-place)

    def _is_settled(self, memory: SourceMemory, entry: MapEntry, last: date) -> bool:
        """Whether a map that was read whole need not be asked for in this run."""
        if self._run.arguments.mode != "update" or memory.read_at is None:
            return False
        if memory.extractor != self._session.site.extractor:
            return False
        if entry.lastmod is not None:
            return memory.lastmod == iso(entry.lastmod)
        return datetime.fromisoformat(memory.read_at).date() > last + _SETTLED

    def _map(
        self, response: Response, tally: SourceTally, lastmod: str | None
    ) -> Iterator[Request]:
        entries: list[tuple[Link, MapEntry]] = []
        with watched():
            pages = read_sitemap(response.body).pages
        for page in pages:
            link = self.wanted(page.url, None)
            if link is not None:
                entries.append((link, page))
        links = [link for link, _ in entries]
        self.record(response, tally, links, lastmod=lastmod)
        yield from self._articles.ask_due(links)
        yield from self._changed(entries)

    def _changed(self, entries: Sequence[tuple[Link, MapEntry]]) -> Iterator[Request]:
        """Stored articles whose ``lastmod`` is later than the last time they were asked for."""
        if self._run.conf.replay:
            return
        dated = [(link, entry.lastmod) for link, entry in entries if entry.lastmod is not None]
        for link in self._run.store.looks.changed(dated, now())[: self._session.looks_left]:
            self._session.looks_left -= 1
            yield from self._articles.ask(link)
