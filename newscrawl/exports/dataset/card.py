"""The card of a data set: README.md with its head in YAML, and LICENSE.md."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newscrawl.exports.dataset.figures import Figures
from newscrawl.exports.dataset.plots import LENGTHS, MONTHS, draw_plots
from newscrawl.exports.dataset.shards import DATA
from newscrawl.exports.dataset.splits import SPLITS
from newscrawl.items import Article
from newscrawl.rfi.editions import HOST
from newscrawl.store.selection import Selection
from newscrawl.version import VERSION

CARD, LICENCE = "README.md", "LICENSE.md"
#: The configuration of all editions.
ALL = "all"
NAME = "RFI articles"
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_SIZES = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
_MOST_COLUMNS = 40
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_FULLER = {"id": "name of the row", "story": "name of the story: the same for all that tell it"}


def write_card(folder: Path, figures: Figures, selection: Selection) -> None:
    """Write the card, the licence note and the pictures."""
    draw_plots(folder, figures)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["cell"] = cell
    context = {
        "head": yaml.safe_dump(head(figures), sort_keys=False, allow_unicode=True),
        "name": NAME,
        "figures": figures,
        "splits": list(SPLITS.items()),
        "fields": described(),
        "columns": figures.columns.most_common(_MOST_COLUMNS),
        "selection": chosen(selection),
        "versions": selection.versions,
        "months": MONTHS,
        "lengths": LENGTHS,
        "host": HOST,
        "version": VERSION,
        "licence": LICENCE,
        "all": ALL,
    }
    for name in (CARD, LICENCE):
        text = environment.get_template(f"{name}.j2").render(context)
        (folder / name).write_text(text, "utf-8")


def head(figures: Figures) -> dict[str, Any]:
    """The card's head: what Hugging Face's library and pages read."""
    tags = sorted(set(figures.languages.values()))
    languages = sorted({tag.split("-")[0] for tag in tags})
    return {
        "pretty_name": NAME,
        "language": languages,
        "language_bcp47": tags,
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "license": "other",
        "license_name": "texts-of-rfi",
        "license_link": LICENCE,
        "size_categories": [size_category(figures.records)],
        "task_categories": [
            "text-generation",
            "fill-mask",
            "text-classification",
            "summarization",
        ],
        "annotations_creators": ["no-annotation"],
        "language_creators": ["found"],
        "source_datasets": ["original"],
        "tags": ["news"],
        "configs": configurations(figures),
    }


def configurations(figures: Figures) -> list[dict[str, Any]]:
    """One of all editions, and one of each; a split without records is left out."""
    every = {name for splits in figures.splits.values() for name in splits}
    found = [_configuration(ALL, "*", every) | {"default": True}]
    return found + [
        _configuration(edition, edition, set(figures.splits[edition]))
        for edition in figures.editions
    ]


def _configuration(name: str, folder: str, splits: set[str]) -> dict[str, Any]:
    files = [
        {"split": split, "path": f"{DATA}/{folder}/{split}-*.parquet"}
        for split in SPLITS
        if split in splits
    ]
    return {"config_name": name, "data_files": files}


def described() -> list[tuple[str, str]]:
    """Field and meaning, from the record's own metadata."""
    record = [
        (one.name, one.metadata["json_schema_extra"]["description"]) for one in fields(Article)
    ]
    return [*_FULLER.items(), *record]


def chosen(selection: Selection) -> list[str]:
    """Which records were asked for, in words."""
    found = [
        f"{name}: {', '.join(cell(value) for value in values)}"
        for name in ("editions", "columns", "kinds", "languages")
        if (values := getattr(selection, name))
    ]
    if selection.since:
        found.append(f"published {selection.since.isoformat()} or later")
    if selection.until:
        found.append(f"published {selection.until.isoformat()} or earlier")
    if selection.full:
        found.append("only articles with their text")
    found.append("every version" if selection.versions else "the current version of each article")
    return found


def size_category(records: int) -> str:
    """As Hugging Face names sizes.

    >>> size_category(408), size_category(1000), size_category(2 * 10**6)
    ('n<1K', '1K<n<10K', '1M<n<10M')
    """
    names = ("1K", "10K", "100K", "1M", "10M", "100M")
    for place, (size, name) in enumerate(zip(_SIZES, names, strict=True)):
        if records < size:
            return f"n<{name}" if place == 0 else f"{names[place - 1]}<n<{name}"
    return f"n>{names[-1]}"


def cell(text: object) -> str:
    """Text of the store that stays text in a cell of a Markdown table.

    >>> print(cell("a|b <script> [x](y)\\n# \\u202e`z`"))
    a\\|b &#60;script&#62; \\[x\\]\\(y\\) \\# \\`z\\`
    """
    flat = " ".join(str(text).split())
    shown = "".join(letter for letter in flat if letter.isprintable())
    return "".join(
        f"&#{ord(letter)};" if letter in "<>&" else _PUNCTUATION.sub(r"\\\1", letter)
        for letter in shown
    )
