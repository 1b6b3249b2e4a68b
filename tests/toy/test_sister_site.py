"""A sister site costs one package and one spider: nothing else is changed here."""

from __future__ import annotations

from pathlib import Path

from tests.crawling import last_run, query, records, scrapy
from tests.toy.server import serve

LISTING = """<html><main><ul><li><a href="/aa/news/20240102-two">Two</a></li>
<li><a href="/aa/news/20240101-one">One</a></li></ul></main></html>"""
ARTICLE = """<html><main><h1>{title}</h1><time datetime="2024-01-02T10:00:00+00:00"></time>
<p>{text}</p></main></html>"""
PAGES = {
    "/aa/news/": LISTING,
    "/aa/news/20240101-one": ARTICLE.format(title="One", text="First."),
    "/aa/news/20240102-two": ARTICLE.format(title="Two", text="Second."),
}
SEEDS = "edition: aa\ncolumns:\n  - {name: News, path: /aa/news/, kind: section, least: 1}\n"


def test_a_two_page_toy_site_is_crawled(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "aa.yaml").write_text(SEEDS)
    data = tmp_path / "data"
    with serve(PAGES) as toy:
        command = (
            "crawl",
            "toy",
            *("-s", "SPIDER_MODULES=tests.toy.spider"),
            *("-s", f"NEWSCRAWL_ORIGIN={toy.origin}"),
            *("-s", f"NEWSCRAWL_SEEDS={seeds}"),
            *("-s", f"NEWSCRAWL_DATA_DIR={data}"),
            *("-s", "DOWNLOAD_DELAY=0"),
        )
        first = scrapy(*command)
        assert first.returncode == 0, first.stderr
        assert sorted(record["title"] for record in records(data)) == ["One", "Two"]
        assert query(data, "SELECT title FROM articles ORDER BY 1") == [("One",), ("Two",)]
        asked = len(toy.asked)
        second = scrapy(*command)
        assert second.returncode == 0, second.stderr
        assert toy.asked[asked:] == ["/robots.txt", "/aa/news/"]
    assert "nothing new" in second.stderr
    assert last_run(data)["asked"] == 0
    assert len(records(data)) == 2
