"""Dates as every edition shows them: labels, digits, and the hours in which clocks change."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from fixtures.cases import FETCHED, cases
from fixtures.model import PARIS, shown_ambiguous
from newscrawl.rfi import SITE
from newscrawl.rfi.dates import visible_day, visible_time
from tests.quality.sources import REMOVERS

_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_visible_time_alone_in_every_edition_and_form(case: object) -> None:
    html = case.html
    article = case.article
    for rule, remove in REMOVERS["published_at"].items():
        if rule != "dom.visible":
            html = remove(html)
    record = asdict(SITE.read_article(html, article.url, FETCHED).article)
    minute = article.published_at.replace(second=0)
    if shown_ambiguous(article.published_at):
        # Told twice in autumn: the page shows one text for two moments, an hour apart.
        found = datetime.fromisoformat(record["published_at"])
        assert abs((found - minute).total_seconds()) in (0, 3600)
    else:
        assert record["published_at"] == minute.isoformat()
    assert record["rules"]["published_at"] == "dom.visible"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("發表時間： 01/09/2023 - 03:03", "2023-09-01T01:03:00+00:00"),
        ("Issued on: 31/01/2024 - 08:10", "2024-01-31T07:10:00+00:00"),
        ("Publié le : 31/01/2024 - 08:10", "2024-01-31T07:10:00+00:00"),
        ("发表时间： 17/06/2026 - 15:44", "2026-06-17T13:44:00+00:00"),
        ("تاریخ انتشار: 31/01/2024 - 08:10", "2024-01-31T07:10:00+00:00"),
        ("31/01/2024 - 08:10".translate(_PERSIAN), "2024-01-31T07:10:00+00:00"),
        ("31/01/2024 - 08:10".translate(_ARABIC), "2024-01-31T07:10:00+00:00"),
        ("31/01/2024 - 08:10".translate(_KHMER), "2024-01-31T07:10:00+00:00"),
        ("03/04/2024 - 00:00", "2024-04-02T22:00:00+00:00"),
        ("31/03/2024 - 01:59", "2024-03-31T00:59:00+00:00"),
        ("31/03/2024 - 03:00", "2024-03-31T01:00:00+00:00"),
        ("27/10/2024 - 01:59", "2024-10-26T23:59:00+00:00"),
        ("27/10/2024 - 03:00", "2024-10-27T02:00:00+00:00"),
        ("31/12/2023 - 23:59", "2023-12-31T22:59:00+00:00"),
        ("29/02/2024 - 12:00", "2024-02-29T11:00:00+00:00"),
    ],
)
def test_visible_times(text: str, moment: str) -> None:
    found = visible_time(text)
    assert found is not None
    assert found.astimezone(UTC).isoformat() == moment


def test_hours_that_are_told_twice_or_never_are_within_an_hour() -> None:
    for text, around in (
        ("27/10/2024 - 02:30", datetime(2024, 10, 27, 1, 0, tzinfo=UTC)),
        ("31/03/2024 - 02:30", datetime(2024, 3, 31, 1, 0, tzinfo=UTC)),
    ):
        found = visible_time(text)
        assert found is not None
        assert abs((found - around).total_seconds()) <= 3600


@pytest.mark.parametrize("text", ["", "soon", "Publié le :", "99/99/2024 - 08:10", "3:54"])
def test_what_is_no_time(text: str) -> None:
    assert visible_time(text) is None


def test_days_of_rows() -> None:
    assert str(visible_day("30/01/2026")) == "2026-01-30"
    assert str(visible_day("30/01/2026".translate(_PERSIAN))) == "2026-01-30"
    assert visible_day("2026") is None
    assert visible_day("31/02/2026") is None


def test_pages_show_the_time_of_paris() -> None:
    case = next(case for case in cases() if case.name == "fa-video-2024")
    local = case.article.published_at.astimezone(PARIS)
    assert re.search(f"{local:%d/%m/%Y - %H:%M}", case.html)
