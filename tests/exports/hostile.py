"""A record as somebody would make it who wants to do harm to whoever reads an export."""

from __future__ import annotations

from typing import Any

from newscrawl.items import Article, Author, Image, Media, Tag

SCRIPT = "<script>alert(1)</script>"
#: Everything that ends a field of some format too early, or that XML refuses.
WORDS = f"{SCRIPT}]]>--></title></item><b>&amp;<!--\"'\x00\x0b\x1b[31m\ufffe\u2028\u202e"


def hostile(number: int = 1, **fields: Any) -> Article:
    """Bad words in every text, bad addresses in every address but its own."""
    bad, words = "javascript:alert(1)", f"{number} {WORDS}"
    given: dict[str, Any] = {
        "url": f"https://www.rfi.fr/en/podcasts/x/20240101-bad-{number}",
        "url_hash": f"{number:032x}",
        "edition": "en",
        "language": "en",
        "column": words,
        "column_url": bad,
        "section": words,
        "title": words,
        "surtitle": words,
        "lead": f"{words}\n\n{words}",
        "text": words,
        "html": f"<p onclick='x()'>{words}</p>{SCRIPT}<a href='{bad}'>a</a><iframe src='{bad}'>"
        f"</iframe><img src='{bad}'><a href='/en/x/'>b</a><p>]]></p><svg onload='x()'/>",
        "authors": [Author(words, bad, words), Author(words, "/en/author/x/")],
        "published_at": f"2024-01-01T10:00:{number % 60:02}+00:00",
        "images": [
            Image(bad, words, words, words, lead=True),
            Image('https://s.rfi.fr/a b/"x".jpg', words, words, words, 10, 10),
        ],
        "audio": [Media(bad, 1, words), Media('https://a.rfi.fr/"x" y.mp3', 1, words)],
        "videos": [Media("data:text/html,x", None, words)],
        "tags": [Tag(words, bad), Tag(words, "//www.rfi.fr/en/tag/x/")],
        "body_status": "full",
        "content_hash": f"{number:032x}",
        "fetched_at": "2024-01-02T10:00:00+00:00",
    }
    return Article(**(given | fields))
