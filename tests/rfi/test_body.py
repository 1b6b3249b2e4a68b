"""What the body keeps, what it drops, and that both outputs say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newscrawl.rfi.body import Body, read_body
from newscrawl.selector import Selector

BASE = "https://www.rfi.fr/cn/国际/20240101-x"


def body(markup: str) -> Body:
    root = Selector.from_html(f"<div id=b>{markup}</div>").first("#b")
    assert root is not None
    return read_body(root, BASE)


def said_by(html: str | None) -> str:
    """Text of clean HTML without its figures, white space left out."""
    root = Selector.from_html(f"<body>{html or ''}</body>").first("body")
    assert root is not None
    for figure in root.css("figure"):
        figure.decompose()
    return "".join(root.text(deep=True).split())


@pytest.mark.parametrize(
    ("markup", "text", "html"),
    [
        ("<p>A</p><p>B</p>", "A\n\nB", "<p>A</p><p>B</p>"),
        (
            "<p><strong>港府</strong><strong> 8號</strong></p>",
            "港府 8號",
            "<p><strong>港府 8號</strong></p>",
        ),
        ("<h2>Head</h2><p>A</p>", "Head\n\nA", "<h2>Head</h2><p>A</p>"),
        ("<h4>Head</h4>", "Head", "<h3>Head</h3>"),
        ("<p>两岸\n关系</p>", "两岸关系", "<p>两岸关系</p>"),
        ("<p>two\n  words</p>", "two words", "<p>two words</p>"),
        ("<p>\u3000\u3000正文\u00a0</p>", "正文", "<p>正文</p>"),
        ("<p>10\u00a0% de x</p>", "10\u00a0% de x", "<p>10&nbsp;% de x</p>"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb", "<ul><li>a</li><li>b</li></ul>"),
        (
            "<table><tr><th>a</th><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
            "a\tb\n\nc\td",
            "<table><tbody><tr><th>a</th><td>b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>",
        ),
        (
            "<blockquote><p>q</p></blockquote>",
            "q",
            "<blockquote><p>q</p></blockquote>",
        ),
        ("<p><em>(with AFP)</em></p>", "(with AFP)", "<p><em>(with AFP)</em></p>"),
        ("loose<br>text<p>A</p>", "loose\ntext\n\nA", "<p>loose<br>text</p><p>A</p>"),
        ("<p></p><p> \u00a0</p>", None, None),
        ("", None, None),
    ],
)
def test_kept(markup: str, text: str | None, html: str | None) -> None:
    found = body(markup)
    assert found.text == text
    assert found.html == html


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="m-interstitial">Advertising <button>continue</button></div>',
        '<div class="o-self-promo"><p class="o-self-promo__text">our app</p></div>',
        '<div class="a-read-more"><a href="/x">read also</a></div>',
        '<div class="m-block-ad">ad</div>',
        '<div class="t-content__shares">share</div>',
        "<p class=t-copyright>© 2024 AFP</p>",
        "<script>evil()</script>",
        "<style>p{}</style>",
        "<noscript>enable it</noscript>",
        "<form><input value=x><button>send</button></form>",
        "<!-- a comment -->",
    ],
)
def test_dropped(markup: str) -> None:
    found = body(f"<p>A</p>{markup}<p>B</p>")
    assert found.text == "A\n\nB"
    assert found.html == "<p>A</p><p>B</p>"


def test_links_are_absolute_and_scripts_in_them_gone() -> None:
    found = body('<p><a href="/cn/x/" onclick="evil()">x</a> <a href="javascript:evil()">y</a></p>')
    assert found.html == '<p><a href="https://www.rfi.fr/cn/x/">x</a> y</p>'


def test_an_embed_is_a_link_in_a_figure() -> None:
    found = body(
        '<p>A</p><div class="m-em-flash"><iframe src="https://www.youtube.com/embed/x"></iframe></div>'
    )
    assert found.text == "A"
    assert "<figure><a href=" in (found.html or "")


def test_text_is_not_markup() -> None:
    found = body("<p>1 &lt; 2 &amp; <b>&lt;script&gt;</b></p>")
    assert found.text == "1 < 2 & <script>"
    assert found.html == "<p>1 &lt; 2 &amp; <strong>&lt;script&gt;</strong></p>"


def test_deep_nesting_loses_no_text() -> None:
    found = body("<div>" * 3000 + "deep" + "</div>" * 3000)
    assert found.text == "deep"


TAGS = (
    "p div h2 h3 ul ol li b strong em i a span blockquote table tr td figure img br aside".split()
)


@st.composite
def markup(draw: st.DrawFn) -> str:
    pieces = []
    for _ in range(draw(st.integers(1, 12))):
        tag = draw(st.sampled_from(TAGS))
        words = draw(st.text("ab 中文\n\u00a0\u3000<&", max_size=6)).replace("<", "&lt;")
        pieces.append(draw(st.sampled_from([f"<{tag}>", f"</{tag}>", words, f"<{tag}>{words}"])))
    return "".join(pieces)


@given(markup())
@settings(max_examples=400)
def test_text_and_html_say_the_same_whatever_the_markup(pieces: str) -> None:
    found = body(pieces)
    assert said_by(found.html) == "".join((found.text or "").split())
    assert body(found.html or "").text == found.text
