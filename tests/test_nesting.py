"""Hostile markup is pruned before it is parsed; what a page says is kept."""

from __future__ import annotations

import time

import pytest
from selectolax.lexbor import LexborHTMLParser

from fixtures.cases import cases
from newscrawl.nesting import within_bounds
from newscrawl.selector import Selector

DEEP = 100_000
FRAME = "<main><div id=main-content>{}<p>rain</p></div></main>"


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_pages_of_the_site_stay_as_they_are(case: object) -> None:
    html = case.html
    assert within_bounds(html) is html


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * DEEP,
        "<div>" * DEEP + "</div>" * DEEP,
        "</div>" * DEEP + "<div>" * DEEP,
        "<div x='</div>'>" * DEEP,
        "<div><!--</div>-->" * DEEP,
        "<div/>" * DEEP,
        "<ul><li>" * DEEP,
        "<table><tr><td>" * DEEP,
        "<svg><g>" * DEEP,
        "<svg>" + "<td>" * DEEP,
        "<p>" + "".join(f"<b a{n}=1>" for n in range(5000)) + "</p>" + "<p>x" * 5000,
        "".join(f"<b a{n}=1><table></b></table>" for n in range(5000)) + "<p>x" * 5000,
        "<p>x" * 1_000_000,
        "<p " + " ".join(f"a{n}=1" for n in range(500_000)) + ">",
        "</p>" * 500_000,
        "<optgroup><option>x" * DEEP,
        "".join(f"<html a{n}=1>" for n in range(DEEP)),
        "<p>" + "".join(f"<b a{n}=1>" for n in range(15)) + "</p><p>x" * 49_000,
        "<p>" + "".join(f"<b a{n}/>" for n in range(1500)) + "<p>x" * 1500,
        "<svg>" + "".join(f"<i a{n}/>" for n in range(1500)) + "</svg>" + "<p>x" * 1500,
    ],
    ids=lambda markup: markup[:24],
)
def test_hostile_markup_is_parsed_in_time_and_keeps_its_text(markup: str) -> None:
    began = time.process_time()
    page = Selector.from_html(FRAME.format(markup))
    assert time.process_time() - began < 20  # without bounds: minutes, or gigabytes
    assert isinstance(page.root, LexborHTMLParser)
    assert page.root.body is not None
    assert "rain" in page.root.body.text(deep=True)
    assert len(page.root.css("*")) < 1_500_000


def test_scripts_and_comments_are_no_markup() -> None:
    script = "<script>" + "'<div>'" * 5000 + "</script><!--" + "<div>" * 5000 + "-->"
    html = FRAME.format(script)
    assert within_bounds(html) is html
    pruned = within_bounds(FRAME.format(script + "<div>" * DEEP))
    assert script in pruned


def test_what_lies_deeper_than_the_bound_loses_its_tags_and_not_its_text() -> None:
    page = Selector.from_html("<i>" * 9 + "<div>" * DEEP + "<p>one</p><p>two</p>" + "</div>" * DEEP)
    assert page.root.css_first("body") is not None
    assert "one" in page.css("body::text")[0]
    assert "two" in page.css("body::text")[0]
