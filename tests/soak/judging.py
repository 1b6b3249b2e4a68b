"""Whether a long crawl stored every article once and whole, and how its memory did."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.crawling import query
from tests.soak.crawl import Soak

#: The crawl's memory at its end may be this much above that after the first tenth.
MOST_GROWTH = 0.15
_ROWS = "SELECT url, count(*) FROM articles WHERE text IS NOT NULL GROUP BY url"


def problems(folder: Path, found: Soak) -> list[str]:
    """Everything that is not as it must be, memory left out."""
    if found.exit_code != 0:
        return [f"exit code {found.exit_code}: {found.stderr.strip()[-2000:]}"]
    data = folder / "data"
    lines = (folder / "truth.txt").read_text().splitlines()
    truth = dict(line.split("\t") for line in lines)
    rows: Counter[str] = Counter(dict(query(data, _ROWS)))
    texts: dict[str, str] = {}
    written: Counter[str] = Counter()
    for record in _lines(data):
        written[record["url"]] += 1
        texts[record["url"]] = sha256((record["text"] or "").encode()).hexdigest()
    wrong = [*_once("rows", rows, truth), *_once("lines", written, truth)]
    wrong += [f"the text of {url} is not whole" for url in truth if texts.get(url) != truth[url]]
    wrong += _unbalanced(found.sums, found.articles)
    (owed,) = query(data, "SELECT count(*) FROM links WHERE url IS NOT NULL")[0]
    if owed:
        wrong.append(f"{owed} links are owed")
    if list((data / "articles").glob("*.part")):
        wrong.append("a line file was left unpublished")
    return wrong


def growth(found: Soak) -> list[str]:
    """What is wrong with the memory of the crawl."""
    if found.growth is None:
        return ["the crawl was too short to watch its memory; give more --articles"]
    if found.growth > MOST_GROWTH:
        return [
            f"memory grew by {found.growth:.0%} after the first tenth, {MOST_GROWTH:.0%} may be"
        ]
    return []


def _lines(data: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((data / "articles").glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                yield json.loads(line)


def _once(what: str, found: Counter[str], truth: dict[str, str]) -> list[str]:
    wrong = [f"{url} has {found[url]} {what}" for url in truth if found[url] != 1]
    return wrong + [f"{url} has {what} and does not exist" for url in found if url not in truth]


def _unbalanced(sums: dict[str, Any], articles: int) -> list[str]:
    wanted = {"asked": articles, "new": articles, "owed": 0, "rejected": 0, "differences": []}
    return [
        f"the run's {name} is {sums[name]}, {value} was expected"
        for name, value in wanted.items()
        if sums[name] != value
    ]
