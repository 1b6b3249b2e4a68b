"""All forms of an address lead to one canonical form."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.rfi import urls

PATH = "/cn/专栏检索/科技时空/20240220-chatgpt之后"
CANONICAL = "https://www.rfi.fr" + quote(PATH)
FORMS = [
    PATH,
    quote(PATH),
    quote(PATH).replace("%E", "%e"),
    quote(PATH).lower(),
    CANONICAL,
    "https://www.rfi.fr" + PATH,
    "http://www.rfi.fr" + quote(PATH),
    "https://WWW.RFI.FR:443" + quote(PATH),
    "//www.rfi.fr" + PATH,
    "https://rfi.fr" + PATH,
    "https://amp.rfi.fr" + PATH,
    "https://m.rfi.fr" + PATH,
    PATH + "/",
    PATH + "#pager",
    PATH + "?utm_source=x&utm_medium=y",
    PATH + "#xtor=RSS-1",
    PATH + "?xtor=CS2-1",
    PATH + "/?utm_source=x#pager",
    " " + PATH + "\n",
    "/cn//专栏检索/./科技时空/x/../20240220-chatgpt之后",
    "../20240220-chatgpt之后",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_article_has_one_hash(form: str) -> None:
    base = "https://www.rfi.fr/cn/专栏检索/科技时空/2/"
    found = urls.canonical(form, base)
    assert found == CANONICAL
    assert urls.url_hash(found) == urls.url_hash(CANONICAL)
    assert len(urls.url_hash(found)) == 32


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/cn/x",
        "https://www.rfi.fr.example.org/",
        "https://www.rfi.ro/",
        "https://www.rfi.fr:8080/cn/",
        "http://www.rfi.fr:443/cn/",
        "ftp://www.rfi.fr/cn/",
        "javascript:alert(1)",
        "mailto:someone@rfi.fr",
        "file:///etc/passwd",
        "http://[::1",
        "https://www.rfi.fr:99999/",
        "data:text/html,x",
    ],
)
def test_what_is_not_of_the_site(url: str) -> None:
    assert urls.canonical(url, "https://www.rfi.fr/cn/") is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/fr/europe/20211208-slug", "article"),
        ("/fr/podcasts/accents-d-europe/20211208-slug", "article"),
        ("/cn/英国采购欧洲速度最快列车-合约金额近731亿元", "article"),
        ("/fr/en-bref/20211208-slug", "article"),
        ("/cn/专栏检索/科技时空/", "listing"),
        ("/cn/专栏检索/科技时空", "listing"),
        ("/cn/专栏检索/科技时空/2/#pager", "listing"),
        ("/cn/专栏检索/", "listing"),
        ("/ru/тег/слово/", "listing"),
        ("/cn/档案资料库/2021/", "listing"),
        ("/uk/", "listing"),
        ("/fr/applications", "static"),
        ("/cn/视频", "static"),
        ("/en/about-us", "static"),
        ("/en/sponsored-content/20240101-x", "static"),
        ("/", "static"),
        ("/robots.txt", "robots"),
        ("/cn/rss", "feed"),
        ("/cn/中国/rss", "feed"),
        ("/sitemaps/fr/index.xml", "sitemap"),
    ],
)
def test_kinds(path: str, kind: str) -> None:
    found = urls.canonical(path)
    assert found is not None
    assert urls.classify(found) == kind


def test_listings_end_with_a_slash_and_articles_do_not() -> None:
    for path in ("/cn/专栏检索/科技时空", "/cn/专栏检索/科技时空/", "/cn/专栏检索/科技时空/#x"):
        assert unquote(urls.canonical(path) or "").endswith("/科技时空/")
    assert urls.canonical(PATH + "/") == CANONICAL


def test_full_width_punctuation_is_kept() -> None:
    url = urls.canonical("/cn/专栏检索/法国世界报/20260827-两场大会，看中国") or ""
    assert "，" in unquote(url)


def test_day_of_an_address() -> None:
    assert urls.date_of(CANONICAL) == date(2024, 2, 20)
    assert urls.date_of("https://www.rfi.fr/cn/x/20241399-no-such-day") is None
    assert urls.date_of("https://www.rfi.fr/cn/x/") is None


SEGMENTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/?#\\"),
    min_size=1,
    max_size=20,
)


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_canonical_is_idempotent(segments: list[str]) -> None:
    first = urls.canonical("https://www.rfi.fr/" + "/".join(quote(part) for part in segments))
    assert first is not None
    assert urls.canonical(first) == first
    assert first.isascii()


@given(st.text())
def test_anything_gives_an_address_of_the_site_or_nothing(text: str) -> None:
    found = urls.canonical(text, CANONICAL)
    assert found is None or found.startswith("https://www.rfi.fr/")


@pytest.mark.parametrize(
    ("url", "edition"),
    [
        ("http://cn.rfi.fr/中国/20171030-x", "cn"),
        ("http://trad.cn.rfi.fr/20180722-20180722-x", "tw"),
        ("http://m.cn.rfi.fr/中国/", "cn"),
        ("http://t.cn.rfi.fr/", "cn"),
        ("https://en.rfi.fr/africa/20180101-x", "en"),
        ("http://M.BR.rfi.fr/x", "br"),
        ("http://www.chinese.rfi.fr/node/58553", "cn"),
        ("http://www.rfi.fr/emission/20170626-x", "fr"),
        ("https://m.rfi.fr/fr/europe/20240101-x", None),
        ("https://amp.rfi.fr/fr/europe/20240101-x", None),
        ("https://www.rfi.fr/cn/中国/20240101-x", None),
        ("https://xx.rfi.fr/", None),
        ("https://cn.rfi.fr.example.org/", None),
        ("http://[::1", None),
    ],
)
def test_old_addresses_are_recognised_and_mapped_to_an_edition(
    url: str, edition: str | None
) -> None:
    assert urls.moved_from(url) == edition
