"""Data that pages carry in scripts, mutated leaf by leaf, and what must still hold of a record."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
from itemadapter import ItemAdapter

import newscrawl
from fixtures.cases import FETCHED, cases
from newscrawl.items import Article
from newscrawl.lines import to_line
from newscrawl.store import database, records

_SCRIPT = re.compile(r"(<script[^>]*>)(\s*[{\[].*?)(</script>)", re.DOTALL)
_MARK = "\ue000"
#: What takes the place of a leaf, as JSON.
VALUES = {
    "20 digits": "9" * 20,
    "5000 digits": "9" * 5000,
    "20 digits as text": f'"{"9" * 20}"',
    "5000 digits as text": f'"{"9" * 5000}"',
    "32 bits": str(2**31),
    "63 bits": str(2**63),
    "negative": "-5",
    "zero": "0",
    "fraction": "1.5",
    "infinite": "1e999",
    "NaN": "NaN",
    "null": "null",
    "true": "true",
    "empty": '""',
    "blank": '" "',
    "list": "[]",
    "object": "{}",
    "mixed list": '[null, 1, "x", {"a": [2]}, [["y"]], true]',
    "nested lists": "[" * 2000 + "]" * 2000,
    "nested objects": '{"@type":' * 300 + "1" + "}" * 300,
    "half a pair": '"\\ud800"',
    "null byte": '"a\\u0000b"',
    "separators": '"a\\u2028b\\u0085c"',
    "markup": '"<b>\\u003c/script>&#x110000;&#xd800;"',
    "long text": f'"{"x" * 300_000}"',
    "blanks": f'"{" " * 100_000}"',
    "address": '"https://[x/"',
    "wide picture": f'"https://s.rfi.fr/media/display/a/w:{"9" * 20}/p:16x9/x.jpg"',
    "wider picture": f'"https://s.rfi.fr/media/display/a/w:{"9" * 5000}/p:1x{"9" * 5000}/x.jpg"',
    "long clock": f'"{"9" * 5000}:00:00"',
    "long duration": f'"PT{"9" * 5000}S"',
    "first moment": '"0001-01-01T00:00:00+14:00"',
    "last moment": '"9999-12-31T23:59:59-12:00"',
}
#: The same for numbers that stand in the markup.
NUMBERS = {
    "20 digits": "9" * 20,
    "5000 digits": "9" * 5000,
    "zero": "0",
    "superscript": "²",
    "none": "",
}
_IN_MARKUP = re.compile(r"/w:(\d+)/p:(\d+)x(\d+)/|a-reading-time[^<]*>\D*(\d+)|datetime=\"(\d+)")


def targets() -> list[str]:
    """A page of each form and kind."""
    return [f"mutated {case.name}" for case in _cases().values()]


@cache
def _cases() -> dict[str, Any]:
    chosen = [case for case in cases() if case.name.startswith(("cn-", "fr-"))]
    return {case.name: case for case in chosen[::5]}


def texts(target: str) -> Iterator[tuple[str, str]]:
    """The page with one leaf after the other mutated, by place and value."""
    html = _cases()[target.removeprefix("mutated ")].html
    for number, script in enumerate(_SCRIPT.finditer(html)):
        try:
            document = json.loads(script[2])
        except ValueError:
            continue
        for path in _paths(document):
            marked = json.dumps(_with(document, path), ensure_ascii=False)
            for name, value in VALUES.items():
                data = marked.replace(f'"{_MARK}"', value)
                place = f"script {number} {'.'.join(map(str, path))}: {name}"
                yield place, html[: script.start(2)] + data + html[script.end(2) :]
    for number, found in enumerate(_IN_MARKUP.finditer(html)):
        for group in range(1, 6):
            for name, value in NUMBERS.items():
                if found[group] is not None:
                    page = html[: found.start(group)] + value + html[found.end(group) :]
                    yield f"number {number}.{group} in the markup: {name}", page


def _paths(document: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every leaf, and everything that holds leaves."""
    yield above
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _paths(value, (*above, key))
    elif isinstance(document, list):
        for key, value in enumerate(document[:2]):
            yield from _paths(value, (*above, key))


def _with(document: Any, path: tuple[Any, ...]) -> Any:
    """A copy with a mark in one place."""
    if not path:
        return _MARK
    if isinstance(document, dict):
        return {**document, path[0]: _with(document[path[0]], path[1:])}
    return [*document[: path[0]], _with(document[path[0]], path[1:]), *document[path[0] + 1 :]]


def reader(target: str) -> Callable[[str], None]:
    """Reads a page and keeps its record wherever records are kept."""
    url = _cases()[target.removeprefix("mutated ")].article.url
    schema = jsonschema.Draft202012Validator(ItemAdapter.get_json_schema(Article))
    connection = _database()
    parquet = _parquet()

    def read(html: str) -> None:
        article = newscrawl.extract(html, url, FETCHED)
        record = asdict(article)
        error = next(iter(schema.iter_errors(record)), None)
        assert error is None, f"{error.json_path}: {error.message[:100]}"
        records.replace(connection, article, bodies=True, updated_at=None)
        to_line(article)
        parquet(article)

    return read


def _database() -> sqlite3.Connection:
    with TemporaryDirectory() as folder:  # it stays as long as it is open
        return database.connect(Path(folder))


def _parquet() -> Callable[[Article], None]:
    try:
        import pyarrow

        from newscrawl.exports import parquet
    except ImportError:
        return lambda article: None
    schema = parquet.schema()

    def convert(article: Article) -> None:
        pyarrow.Table.from_pylist([parquet.row(article)], schema)

    return convert
