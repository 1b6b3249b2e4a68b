"""The real article page of 2023-09-01.

What it says is told here without its sentences: names, addresses and numbers as read on the page,
running text by cutting it out of the page with plain expressions.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

import newscrawl
from tests import captures

FETCHED = datetime(2023, 9, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def html() -> str:
    return captures.text(captures.ARTICLE)


@pytest.fixture(scope="module")
def record(html: str) -> dict[str, Any]:
    canonical = re.search(r'<link rel="canonical" href="([^"]+)"', html)
    assert canonical
    return asdict(newscrawl.extract(html, canonical[1], FETCHED))


def decoded(urls: list[str]) -> list[str]:
    return [unquote(url).removeprefix("https://www.rfi.fr") for url in urls]


def test_address(record: dict[str, Any]) -> None:
    path = unquote(record["url"]).removeprefix("https://www.rfi.fr")
    assert path.startswith("/tw/國際/20230901-")
    assert path.endswith("700公里")
    assert record["content_id"] == "WBMZ94965-RFI-TW-20230901"


def test_place(record: dict[str, Any]) -> None:
    assert (record["kind"], record["edition"], record["language"]) == ("article", "tw", "zh-Hant")
    assert (record["column"], record["column_url"]) == (None, None)
    assert (record["section"], record["breadcrumb"]) == ("國際", ["國際"])


def test_headline(record: dict[str, Any], html: str) -> None:
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert heading
    assert record["title"] == heading[1].strip()
    assert record["surtitle"] == "烏克蘭/俄羅斯/國際"


def test_lead(record: dict[str, Any], html: str) -> None:
    lead = re.search(r'<p class="t-content__chapo">(.*?)</p>', html, re.DOTALL)
    assert lead
    assert record["lead"] == lead[1].strip()


def test_text(record: dict[str, Any], html: str) -> None:
    begin = html.index('<div class="t-content__body')
    body = html[begin : html.index("data-selfpromo-app", begin)]
    paragraphs = [p.strip() for p in re.findall(r"<p>(.*?)</p>", body, re.DOTALL)]
    assert len(paragraphs) == 7
    assert record["text"].split("\n\n") == paragraphs
    assert record["html"] == "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    assert record["body_status"] == "full"


def test_author(record: dict[str, Any]) -> None:
    (author,) = record["authors"]
    assert (author["name"], author["role"]) == ("弗林", None)
    assert decoded([author["url"]]) == ["/tw/作者/弗林/"]


def test_times(record: dict[str, Any]) -> None:
    assert record["published_at"] == "2023-09-01T01:03:28+00:00"
    assert record["modified_at"] is None
    assert record["reading_minutes"] == 6


def test_picture(record: dict[str, Any]) -> None:
    (image,) = record["images"]
    place = "https://s.rfi.fr/media/display/18b62adc-2015-11ee-9d23-005056a90284"
    assert image["url"] == f"{place}/w:1280/p:16x9/000_33NQ2W9.jpg"
    assert (image["width"], image["height"], image["lead"]) == (1280, 720, True)
    assert image["credit"] == "© 法新社圖片"
    assert image["alt"] == image["caption"]
    assert image["caption"].endswith("資料圖片")


def test_no_recording_and_no_live_stream(record: dict[str, Any]) -> None:
    assert record["audio"] == record["videos"] == []


def test_tags(record: dict[str, Any]) -> None:
    assert [tag["name"] for tag in record["tags"]] == ["烏克蘭", "俄羅斯", "國際"]
    assert decoded([tag["url"] for tag in record["tags"]]) == [
        "/tw/關鍵詞/烏克蘭/",
        "/tw/關鍵詞/俄羅斯/",
        "/tw/關鍵詞/國際/",
    ]


def test_twin(record: dict[str, Any]) -> None:
    assert list(record["alternates"]) == ["zh-Hans"]
    (twin,) = decoded(list(record["alternates"].values()))
    assert twin.startswith("/cn/国际/20230901-")


def test_related(record: dict[str, Any]) -> None:
    begins = ["/tw/國際/20230831-", "/tw/政治/20230831-", "/tw/國際/20230901-"]
    found = decoded(record["related"])
    assert len(found) == 3
    assert all(path.startswith(begin) for path, begin in zip(found, begins, strict=True))


def test_first_rules_gave_it_all(record: dict[str, Any]) -> None:
    assert record["rules"]["url"] == "link.canonical"
    assert record["rules"]["published_at"] == "jsonld.datePublished"
    assert record["rules"]["title"] == "dom.h1"
