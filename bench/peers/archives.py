"""Archives read as others would read them, in the environment that has the tool.

``python -m bench.peers.archives fundus|trafilatura OUT ARCHIVE…`` writes a line of JSON a record.
fundus takes the addresses of archives, as it reads Common Crawl's, trafilatura their paths.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def fundus(archives: list[str]) -> Iterator[dict[str, Any]]:
    """Its path for CC-NEWS: an archive over HTTP, record by record through a publisher's parser."""
    from fundus.publishers.base_objects import Publisher
    from fundus.scraping.html import CCNewsSource
    from fundus.scraping.scraper import CCNewsScraper
    from fundus.scraping.url import Sitemap

    from bench.peers.rfi_fundus import RfiParser

    publisher = Publisher(
        name="RFI",
        domain="https://www.rfi.fr/",
        parser=RfiParser,
        sources=[Sitemap("https://www.rfi.fr/sitemap.xml")],
    )
    for archive in archives:
        source = CCNewsSource(publisher, warc_path=archive)
        for article in CCNewsScraper(source).scrape("suppress"):
            yield article.to_json()


def trafilatura(archives: list[str]) -> Iterator[dict[str, Any]]:
    """warcio for the archive, trafilatura for the pages."""
    import trafilatura as library
    from warcio.archiveiterator import ArchiveIterator

    for archive in archives:
        with Path(archive).open("rb") as stream:
            for record in ArchiveIterator(stream):
                if record.rec_type != "response":
                    continue
                html = record.content_stream().read().decode("utf-8", "replace")
                url = record.rec_headers.get_header("WARC-Target-URI")
                found = library.bare_extraction(html, url=url, with_metadata=True)
                if found is not None:
                    fields = ("title", "author", "date", "description", "text", "tags")
                    yield {"url": url, **{name: getattr(found, name) for name in fields}}


READERS: dict[str, Callable[[list[str]], Iterator[dict[str, Any]]]] = {
    "fundus": fundus,
    "trafilatura": trafilatura,
}


def main() -> None:
    """Read and write."""
    name, out, *archives = sys.argv[1:]
    warnings.simplefilter("ignore")
    with Path(out).open("w", encoding="utf-8") as lines:
        for record in READERS[name](archives):
            lines.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


if __name__ == "__main__":
    main()
