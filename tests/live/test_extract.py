"""What a crawl recorded, extracted: into a store of its own, and into the one it came from."""

from __future__ import annotations

import json
from pathlib import Path

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import query, scrapy
from tests.live.conftest import LiveSite
from tests.tampering import other_rules

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
_VERSIONS = (
    "SELECT url_hash, version, title, fetched_at, content_hash FROM articles UNION ALL"
    " SELECT url_hash, version, title, fetched_at, content_hash FROM article_versions ORDER BY 1, 2"
)
#: What the crawl knows of articles; listings are owed nothing.
_LINKS = "SELECT hash, article, state FROM links ORDER BY hash"


def test_what_a_crawl_recorded_is_what_it_stored(live: LiveSite, tmp_path: Path) -> None:
    changed, moved = live.site.articles("fa", SHOW)[1:3]
    old = moved.path.replace("/202", "/old/202")
    target = "https://www.rfi.fr" + encode(moved.path)
    live.override(old, Answer(301, [("Location", target)]))
    folder = tmp_path / "warc"
    given = (*ONE, "-s", f"NEWSCRAWL_RECORD={folder}")
    live.crawl(*given)
    # Another headline, a page that has not changed (304), and one that has moved.
    page = live.site.answer(encode(changed.path)).body
    fresh = page.replace(changed.title.encode(), "عنوان تازه".encode())
    live.override(changed.path, Answer(200, [("Content-Type", "text/html")], fresh))
    urls = ["https://www.rfi.fr" + path for path in (changed.path, moved.path, old)]
    live.crawl("-a", "urls=" + ",".join(urls), "-s", f"NEWSCRAWL_RECORD={folder}")
    assert live.run["changed"] == 1
    assert live.run["known"] == 2
    stored, known = live.rows(_VERSIONS), live.rows(_LINKS)

    other = tmp_path / "other"
    into = ("extract", str(folder), "--into-store", "--json", "-s")
    done = scrapy(*into, f"NEWSCRAWL_DATA_DIR={other}")
    assert done.returncode == 0, done.stderr
    assert query(other, _VERSIONS) == stored
    assert query(other, _LINKS) == known

    own = (*into, f"NEWSCRAWL_DATA_DIR={live.data}")
    told = json.loads(scrapy(*own).stdout)
    assert told["applied"]
    assert told["unchanged"] == told["records"] == len(stored) + 2
    # Rules of another version that read the same: no difference, so nothing to ask for.
    told = json.loads(scrapy(*own, **other_rules(tmp_path / "rules")).stdout)
    assert told["applied"]
    assert told["unchanged"] == told["records"]
    assert live.rows(_VERSIONS) == stored
    assert live.rows(_LINKS) == known
