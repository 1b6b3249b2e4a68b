"""The store is looked at while a crawl writes it."""

from __future__ import annotations

from tests.browse.conftest import browse
from tests.crawling import scrapy
from tests.live.conftest import LiveSite


def test_what_a_crawl_stores_meanwhile_is_shown(live: LiveSite) -> None:
    live.crawl("-a", "columns=دفتر دانش", "-a", "max_pages=1")
    before = live.rows("SELECT count(*) FROM articles")[0][0]
    with browse(live.data, "--sql") as browsing:
        path = "/newscrawl.json?sql=select+count(*)+as+n+from+articles&_shape=array"
        assert browsing.json(path) == [{"n": before}]
        live.crawl("-a", "editions=fa")
        after = live.rows("SELECT count(*) FROM articles")[0][0]
        assert after > before
        assert browsing.json(path) == [{"n": after}]
        url = live.rows("SELECT url FROM articles LIMIT 1")[0][0]
        assert scrapy("forget", url, "-s", f"NEWSCRAWL_DATA_DIR={live.data}").returncode == 0
        assert browsing.json(path) == [{"n": after - 1}]
