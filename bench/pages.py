"""Pages to measure with: articles of the stand-in, as heavy as real pages are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fixtures.site import StandInSite

#: Form to the bytes of style and drawings that make a page as heavy as it is on the site.
FORMS = {"320 KB": 272_000, "170 KB": 130_000}
EDITIONS = ("cn", "fr", "fa")
#: Every edition in every form: what a tool reads in turn, so that any number of turns is fair.
TURN = len(EDITIONS) * len(FORMS)


@dataclass(frozen=True)
class Page:
    """One article page."""

    name: str
    form: str
    url: str
    body: bytes


def pages(articles: int) -> Iterator[Page]:
    """So many articles of each edition in each form; one turn of all forms after the other."""
    sites = {
        (edition, form): StandInSite.generated(
            editions=(edition,), columns=3, articles=max(30, articles), weight=weight
        )
        for edition in EDITIONS
        for form, weight in FORMS.items()
    }
    for number in range(articles):
        for (edition, form), site in sites.items():
            article = site.articles()[number]
            body = site.answer(article.path).body
            yield Page(f"{edition}-{number}-{form[:3]}", form, article.url, body)


def write_pages(folder: Path, articles: int) -> list[Page]:
    """Write them, and ``index.json`` with name and address of each in their order."""
    made = list(pages(articles))
    for page in made:
        (folder / f"{page.name}.html").write_bytes(page.body)
    index = [[page.name, page.url] for page in made]
    (folder / "index.json").write_text(json.dumps(index), "utf-8")
    return made
