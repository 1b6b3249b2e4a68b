"""What a reader sees of ``scrapy browse``, in a real Chromium; it also makes the README's pictures.

``NEWSCRAWL_SCREENSHOTS=docs/images pytest -m debian tests/browse`` writes these anew.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from fixtures.server import serve
from fixtures.site import Answer, StandInSite
from tests.browse.chromium import Browser, chromium
from tests.browse.conftest import CHANGED, HARM, SCRIPT, Browsing, browse
from tests.crawling import scrapy
from tests.live.conftest import LiveSite
from tests.search.stand_in import fill, stand_in_records

pytestmark = pytest.mark.debian

_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"><rect width="160" height="90"'
    b' fill="#9db8c9"/><path d="M0 70L45 30l30 26 25-18 60 52H0z" fill="#4d6b57"/><circle cx="125"'
    b' cy="22" r="9" fill="#f5e3a8"/></svg>'
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(autouse=True)
def calm(browser: Browser) -> Iterator[None]:
    """No page has the console complain of anything but pictures that nobody here can serve."""
    browser.complaints()
    yield
    own = [one for one in browser.complaints() if "net::ERR_NAME_NOT_RESOLVED" not in one]
    assert own == []


class _Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/svg+xml")
        self.send_header("Content-Length", str(len(_PICTURE)))
        self.end_headers()
        self.wfile.write(_PICTURE)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def pictures() -> Iterator[str]:
    """Somebody who serves pictures, as the publisher does."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def with_pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    """The stand-in's articles with pictures that can be had."""
    folder = tmp_path_factory.mktemp("pictures") / "data"
    with pictures() as place:
        records = stand_in_records()
        for record in records:
            for number, image in enumerate(record["images"]):
                image["url"] = f"{place}/{record['url_hash']}/{number}"
        fill(folder, records)
        with browse(folder) as found:
            yield found


@pytest.fixture(scope="module")
def crawled(replayed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsing]:
    """A store with two runs in it; in the second a page could not be had."""
    folder = tmp_path_factory.mktemp("crawled") / "data"
    shutil.copytree(replayed, folder)
    site = StandInSite.load()
    with serve(site) as server:
        live = LiveSite(site, server, folder)
        urls = sorted(live.stored)[:3]
        live.override(unquote(urlsplit(urls[0]).path), Answer(503))
        live.crawl("-a", f"urls={','.join(urls)}")
        assert live.run["answers"]["503"] == 3
    with browse(folder) as found:
        yield found


def picture_of(browser: Browser, name: str) -> None:
    """Keep what is seen for the README, where somebody asked for it."""
    folder = os.environ.get("NEWSCRAWL_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        browser.script("scrollTo(0, 0)")
        browser.driver.save_screenshot(str(Path(folder) / f"{name}.png"))


def test_search_typed_narrowed_and_an_article_opened(
    browser: Browser, with_pictures: Browsing
) -> None:
    browser.open(with_pictures.url)
    browser.one("input[name=q]").send_keys("候鸟驿站", Keys.ENTER)
    browser.until(lambda: "q=%E5%80%99" in browser.driver.current_url)
    assert {mark.text for mark in browser.all(".hits mark")} == {"候鸟驿站"}
    assert "5 found" in browser.one(".facts").text
    picture_of(browser, "search")
    title = browser.one(".hits .headline").text
    browser.follow(browser.one(".hits .headline"))
    assert browser.one("article h1").text == title
    loaded = "return [...document.images].every(one => one.complete && one.naturalWidth > 0)"
    assert browser.all("article figure img")
    browser.until(lambda: bool(browser.script(loaded)))
    picture_of(browser, "article")


def test_a_facet_clicked(browser: Browser, with_pictures: Browsing) -> None:
    browser.open(f"{with_pictures.url}/newscrawl/articles")
    facet = browser.one(".facet-info[data-column=tags] li a")
    name = facet.text
    (number,) = browser.script(
        "return [arguments[0].parentElement.childNodes[1].textContent.trim()]", facet
    )
    browser.follow(facet)
    assert f"_named_tags={quote(name)}" in browser.driver.current_url.replace("+", "%20")
    assert browser.one("h3").text.startswith(f"{number} row")
    assert len(browser.all(".rows .headline")) == min(int(number), 50)
    picture_of(browser, "facets")


def test_right_to_left(browser: Browser, with_pictures: Browsing) -> None:
    browser.open(f"{with_pictures.url}/newscrawl/articles?edition=fa")
    browser.follow(browser.one(".rows .headline"))
    assert browser.style("article", "direction") == "rtl"
    places = browser.script(
        "const line = document.createRange();"
        "line.selectNodeContents(document.querySelector('article h1'));"
        "const text = line.getClientRects()[0];"
        "const box = document.querySelector('article').getBoundingClientRect();"
        "return [text.left - box.left, box.right - text.right]"
    )
    assert places[1] < 2 < places[0], "the headline begins at the right side"
    browser.open(f"{with_pictures.url}/newscrawl/articles?edition=en")
    browser.follow(browser.one(".rows .headline"))
    assert browser.style("article", "direction") == "ltr"


def test_the_dashboard_is_drawn(browser: Browser, crawled: Browsing) -> None:
    browser.open(f"{crawled.url}/-/dashboard")
    _all_drawn(browser, "#days", "#lag", "#coverage", "#troubles")
    picture_of(browser, "dashboard")
    browser.one("#days details summary").click()
    assert browser.is_drawn(browser.one("#days details svg"))
    browser.follow(browser.one('a[href="?days=14"]'))
    assert browser.all("#days svg")


def test_the_report_is_drawn(browser: Browser, crawled: Browsing, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = scrapy("report", "-o", str(out), "-s", f"NEWSCRAWL_DATA_DIR={crawled.folder}")
    assert done.returncode == 0, done.stderr
    browser.open(out.as_uri())
    _all_drawn(browser, "#days", "#lag", "#coverage", "#troubles")


def _all_drawn(browser: Browser, *sections: str) -> None:
    for section in sections:
        assert browser.is_drawn(browser.one(f"{section} svg")), section


HOSTILE = [
    "/",
    "/-/dashboard",
    "/-/search?q=harmful",
    f"/-/search?q={quote(SCRIPT)}",
    f"/-/article/{HARM}",
    f"/-/article/{HARM}/versions",
    f"/-/article/{CHANGED}/versions",
    "/newscrawl/articles",
    f"/newscrawl/articles/{HARM}",
    "/newscrawl/articles?edition=en",
    f"/newscrawl/articles?_named_tags={quote(SCRIPT)}",
]
_SQL = f"/newscrawl?sql={quote('SELECT title, html FROM articles ORDER BY length(html)')}"


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_text_is_text(browser: Browser, browsing: Browsing, path: str) -> None:
    browser.open(browsing.url + path)
    assert browser.driver.title != "harmed"
    assert not browser.all("img[src=x]")
    scripts = browser.script("return [...document.scripts].map(one => one.text).join('')")
    assert "harmed" not in scripts


def test_hostile_text_of_a_query_is_text(browser: Browser, browsed_folder: Path) -> None:
    with browse(browsed_folder, "--sql") as found:
        test_hostile_text_is_text(browser, found, _SQL)


def test_hostile_text_can_be_read(browser: Browser, browsing: Browsing) -> None:
    browser.open(f"{browsing.url}/-/article/{HARM}")
    assert SCRIPT in browser.one("article h1").text
    assert SCRIPT in browser.one("article").text.split("\n")[-1]


def test_what_is_not_there(browser: Browser, browsing: Browsing) -> None:
    browser.open(f"{browsing.url}/-/article/none")
    assert "404" in browser.one("body").text
    assert all("404" in complaint for complaint in browser.complaints())
