"""Records as CSV (RFC 4180): one row a record, lists and maps as JSON, no formulas.

Spreadsheets run a cell that begins like a formula. Such a text gets an apostrophe in front, and one
that has apostrophes there already gets one more, so that taking one away gives every text back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from newscrawl.items import ARTICLE_FIELDS

#: What a formula begins with, for one spreadsheet or another; some look past blanks.
_STARTERS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(rf"[' ]*[{_STARTERS}]")
_HEADER = (",".join(ARTICLE_FIELDS) + "\r\n").encode()


def write(records: Iterable[Mapping[str, Any]], out: IO[bytes]) -> None:
    """A row of names, then one row a record: UTF-8, lines ended by CR and LF, null as nothing."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow(ARTICLE_FIELDS)
        for record in records:
            rows.writerow([_cell(record[name]) for name in ARTICLE_FIELDS])
    finally:
        text.detach()  # whoever opened it closes it


def is_ours(path: Path) -> bool:
    """Whether a file begins with the names of the record's fields."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula; all but a few stay as they are.

    >>> defused("=1+1"), defused("'-x"), defused("'t is")
    ("'=1+1", "''-x", "'t is")
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return defused(value)
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return value
