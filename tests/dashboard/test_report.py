"""``scrapy report``: the file it writes, and what it refuses."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from newscrawl.store import Store
from newscrawl.store.database import FILE
from tests.browse.conftest import SCRIPT
from tests.crawling import scrapy
from tests.store.test_store import capture, open_store


class Reading(HTMLParser):
    """Elements, and every address that a page would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.asked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "action", "data"):
                self.asked.append(value or "")


def read(html: str) -> Reading:
    reading = Reading()
    reading.feed(html)
    return reading


def report(folder: Path, out: Path, *more: str) -> Any:
    return scrapy("report", "-o", str(out), *more, "-s", f"NEWSCRAWL_DATA_DIR={folder}")


def test_a_report_stands_alone(replayed: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = report(replayed, out)
    assert (done.returncode, done.stderr) == (0, "")
    html = out.read_text("utf-8")
    reading = read(html)
    assert "script" not in reading.elements
    assert [url for url in reading.asked if not url.startswith(("data:", "#"))] == []
    assert "url(" not in html.replace("url(#", "")
    assert reading.elements.count("svg") > 10
    assert "408</b> articles" in html
    assert "科技时空" in html
    assert "408 new, 0 changed" in html
    assert not list(tmp_path.glob(".*"))


def test_it_replaces_only_its_own(replayed: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert report(replayed, out).returncode == 0
    assert report(replayed, out, "--days", "14").returncode == 0
    out.write_text("<html>of somebody else")
    refused = report(replayed, out)
    assert refused.returncode == 2
    assert "was not made by a report" in refused.stderr
    assert out.read_text() == "<html>of somebody else"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "name the file to write"),
        (("-o", "x.html", "--days", "0"), "give a number from 1 to 366"),
        (("-o", "x.html", "--days", "many"), "give a number from 1 to 366"),
        (("-o", "/none/x.html"), "cannot write /none/x.html"),
        (("-o", "x.html", "--dayz", "3"), "did you mean --days"),
        (("-o", "x.html", "-s", "NEWSCRAWL_DATA_DIR=/none"), "there is no database in"),
    ],
)
def test_mistakes(replayed: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = scrapy("report", "-s", f"NEWSCRAWL_DATA_DIR={replayed}", *arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


def test_hostile_names_stay_text(tmp_path: Path, make_article: Any) -> None:
    store: Store = open_store(tmp_path)
    for number in range(1, 5):
        day = f"2026-06-0{number}T10:00:00+00:00"
        article = replace(make_article(number, published_at=day), column=SCRIPT, section="\u202eX")
        store.keep(capture(article))
    store.close()
    done = report(tmp_path, Path("-"))
    assert done.returncode == 0, done.stderr
    reading = read(done.stdout)
    assert not {"script", "img"} & set(reading.elements)
    assert "&lt;script&gt;document.title" in done.stdout
    assert re.search(r"<svg[^>]*>(?:(?!</svg>).)*&lt;script&gt;", done.stdout, re.DOTALL)


def test_a_database_alone(replayed: Path, tmp_path: Path) -> None:
    """As it may be copied from a server, and as nobody may write it."""
    (tmp_path / "data").mkdir()
    shutil.copy(replayed / FILE, tmp_path / "data")
    (tmp_path / "data" / FILE).chmod(0o444)
    assert report(tmp_path / "data", tmp_path / "report.html").returncode == 0
