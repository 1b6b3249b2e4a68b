"""What general extractors make of the same pages; run in an environment of their own.

``python others.py TOOL FOLDER``: the folder holds pages and ``index.json`` (name to address); a
line of JSON a page comes out.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Extract = Callable[[str, str], dict[str, Any]]


def trafilatura() -> Extract:
    import trafilatura as library

    def extract(html: str, url: str) -> dict[str, Any]:
        found = library.bare_extraction(html, url=url, with_metadata=True)
        fields = found.as_dict() if found is not None else {}
        return {
            "title": fields.get("title"),
            "lead": fields.get("description"),
            "authors": [name.strip() for name in (fields.get("author") or "").split(";") if name],
            "day": fields.get("date"),
            "text": fields.get("text"),
        }

    return extract


def newspaper4k() -> Extract:
    from newspaper import Article

    def extract(html: str, url: str) -> dict[str, Any]:
        article = Article(url, fetch_images=False)
        article.download(input_html=html)
        article.parse()
        return {
            "title": article.title,
            "lead": article.meta_description,
            "authors": list(article.authors),
            **_moment(article.publish_date),
            "text": article.text,
        }

    return extract


def news_please() -> Extract:
    from newsplease import NewsPlease

    def extract(html: str, url: str) -> dict[str, Any]:
        article = NewsPlease.from_html(html, url=url, fetch_images=False)
        return {
            "title": article.title,
            "lead": article.description,
            "authors": list(article.authors or []),
            **_moment(article.date_publish),
            "text": article.maintext,
        }

    return extract


def fundus() -> Extract:
    """Its generic functions, told where the paragraphs are, as a parser of a publisher would."""
    from fundus.parser import utility
    from fundus.parser.data import LinkedDataMapping
    from lxml.etree import XPath
    from lxml.html import document_fromstring

    paragraphs = XPath("//div[contains(@class, 't-content__body')]/p")
    summary = XPath("//p[contains(@class, 't-content__chapo')]")
    heads = XPath("//div[contains(@class, 't-content__body')]/h2")

    def extract(html: str, url: str) -> dict[str, Any]:
        page = document_fromstring(html)
        linked = LinkedDataMapping(_flat(utility.extract_json_from_dom(page, scripts)))
        body = utility.extract_article_body_with_selector(page, paragraphs, summary, heads)
        published = utility.generic_date_parsing(linked.bf_search("datePublished"))
        sections = [block for section in body.sections for block in section.paragraphs]
        titles = [line for section in body.sections for line in section.headline]
        return {
            "title": linked.bf_search("headline"),
            "lead": "\n".join(body.summary) or None,
            "authors": utility.generic_author_parsing(linked.bf_search("author")),
            **_moment(published),
            "text": "\n\n".join([*titles, *sections]),
        }

    scripts = XPath("//script[@type='application/ld+json']")

    def _flat(documents: Any) -> list[Any]:
        flat: list[Any] = []
        for document in documents:
            flat += document if isinstance(document, list) else [document]
        return flat

    return extract


def _moment(value: Any) -> dict[str, Any]:
    """Day and, where the library keeps it, time: a time without zone is taken as UTC."""
    if not isinstance(value, datetime):
        return {"day": None}
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC).replace(microsecond=0)
    return {"day": f"{moment:%Y-%m-%d}", "published_at": moment.isoformat()}


TOOLS = {
    "trafilatura": trafilatura,
    "newspaper4k": newspaper4k,
    "news-please": news_please,
    "fundus": fundus,
}


def main() -> None:
    """Read all pages once to warm up, then once against the clock."""
    tool, folder = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")
    extract = TOOLS[tool]()
    index = json.loads((folder / "index.json").read_text("utf-8"))
    pages = {name: (folder / f"{name}.html").read_text("utf-8") for name in index}
    found, seconds = {}, 0.0
    for name, html in pages.items():
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                extract(html, index[name])
                began = time.perf_counter()
                found[name] = extract(html, index[name])
                seconds += time.perf_counter() - began
            except Exception as error:  # noqa: BLE001  (whatever it raises, it gives no record)
                found[name] = {"error": f"{type(error).__name__}: {error}"}
    version = importlib.metadata.version(tool)
    print(json.dumps({"tool": tool, "version": version, "ms": 1000 * seconds / len(pages)}))
    for name, record in found.items():
        print(json.dumps({"name": name, **record}, ensure_ascii=False))


if __name__ == "__main__":
    main()
