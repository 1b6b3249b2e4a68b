"""The form of a page is recognised wherever it has a mark."""

from __future__ import annotations

from collections import Counter

from fixtures.cases import FETCHED, cases
from newscrawl.rfi import SITE
from newscrawl.rfi.forms import form_of
from newscrawl.rfi.page import Page
from tests import captures


def test_forms_of_the_cases() -> None:
    wrong: Counter[tuple[int, str]] = Counter()
    for case in cases():
        form = SITE.read_article(case.html, case.article.url, FETCHED).form
        # Pages of 2021 without a lead look like pages of 2023.
        alike = case.article.form == 2021 and case.article.lead is None and form == "2023"
        if form != str(case.article.form) and not alike:
            wrong[case.article.form, form] += 1
    assert wrong == {}


def test_the_real_page_is_of_2023() -> None:
    html = captures.text(captures.ARTICLE)
    assert form_of(Page(html, "https://www.rfi.fr/tw/")) == "2023"


def test_what_is_no_article_has_no_form() -> None:
    assert form_of(Page("<main></main>", "https://www.rfi.fr/tw/")) == "unknown"
