"""A toy sister site: the whole cost of another site is a package like this and a spider."""

from __future__ import annotations

import re
from datetime import date, datetime
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from newscrawl.clock import iso
from newscrawl.items import Article
from newscrawl.site import Extraction, Index, Listing, Row
from newscrawl.syndication import FeedItem

_ARTICLE = re.compile(r"^/(aa)/([a-z]+)/(\d{8})-[a-z0-9-]+$")


class ToySite:
    """One edition, ``aa``, with listings ``/aa/<column>/`` and articles below them."""

    name = "toy"
    host = "www.toy.example"
    extractor = "toy-1"

    def editions(self) -> dict[str, str]:
        return {"aa": "aa"}

    def moved_from(self, url: str) -> str | None:
        return None

    def rules(self) -> dict[str, tuple[str, ...]]:
        return {}

    def canonical(self, url: str, base: str | None = None) -> str | None:
        parts = urlsplit(urljoin(base or f"https://{self.host}/", url))
        if parts.hostname != self.host:
            return None
        return f"https://{self.host}{parts.path}"

    def url_hash(self, url: str) -> str:
        return sha256(url.encode()).hexdigest()[:32]

    def classify(self, url: str) -> str:
        path = urlsplit(url).path
        if path == "/robots.txt":
            return "robots"
        if _ARTICLE.match(path):
            return "article"
        return "listing" if path.endswith("/") else "static"

    def edition_of(self, url: str) -> str | None:
        return urlsplit(url).path.split("/")[1] or None

    def date_of(self, url: str) -> date | None:
        match = _ARTICLE.match(urlsplit(url).path)
        return datetime.strptime(match[3], "%Y%m%d").date() if match else None

    def fault(self, html: str) -> str | None:
        if not html.strip():
            return "empty"
        return None if "</main>" in html else "cut"

    def is_listing(self, html: str) -> bool:
        return "<ul" in html

    def read_listing(self, html: str, url: str) -> Listing:
        rows = []
        for href, title in re.findall(r'<li><a href="([^"]+)">([^<]*)</a>', html):
            address = self.canonical(href, url)
            assert address is not None
            rows.append(Row(address, title, self.date_of(address)))
        more = re.search(r'<a rel="next" href="([^"]+)"', html)
        return Listing(url, rows=rows, next_url=urljoin(url, more[1]) if more else None)

    def index_urls(self, edition: str) -> list[str]:
        return []

    def read_index(self, html: str, url: str) -> Index:
        return Index()

    def feed_urls(self, edition: str) -> list[str]:
        return []

    def sitemap_urls(self, edition: str) -> list[str]:
        return []

    def map_days(self, url: str) -> tuple[date, date] | None:
        return None

    def summarise(self, item: FeedItem, fetched_at: datetime) -> Article | None:
        return None

    def read_article(self, html: str, url: str, fetched_at: datetime) -> Extraction:
        address = self.canonical(url) or url
        title = re.search(r"<h1>([^<]*)</h1>", html)
        published = re.search(r'<time datetime="([^"]+)"', html)
        text = "\n\n".join(re.findall(r"<p>([^<]*)</p>", html))
        article = Article(
            url=address,
            url_hash=self.url_hash(address),
            edition="aa",
            language="aa",
            title=title[1] if title else None,
            text=text or None,
            html="".join(f"<p>{part}</p>" for part in text.split("\n\n")) if text else None,
            published_at=published[1] if published else None,
            body_status="full" if text else "none",
            content_hash=sha256(text.encode()).hexdigest()[:32],
            fetched_at=iso(fetched_at),
        )
        return Extraction(article)
