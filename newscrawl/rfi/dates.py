"""Dates as the site shows them: Paris time, ``DD/MM/YYYY - HH:MM``, in every edition.

Seen: ``發表時間： 01/09/2023 - 03:03`` beside ``datetime="2023-09-01T01:03:28+00:00"``, and
``Issued on: 31/01/2024 - 08:10`` beside ``2024-01-31T07:10:10+00:00``.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from newscrawl.clock import PARIS

_SHOWN_DAY = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
#: What stands before a date: a label and its colon.
_LABEL = re.compile(r"[^\d]*+")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
#: Characters of a visible date without its label; ``31/01/2024 - 08:10`` has 18.
_LONGEST = 60


def visible_time(text: str) -> datetime | None:
    """A time as a page shows it, read by dateparser (two milliseconds: the last resort).

    >>> visible_time("Publié le : 31/01/2024 - 08:10").isoformat()
    '2024-01-31T08:10:00+01:00'
    """
    plain = " ".join(ascii_digits(text).split())
    shown = plain[_LABEL.match(plain).end() :]  # type: ignore[union-attr]
    if not shown or len(shown) > _LONGEST:
        return None
    import dateparser

    moment: datetime | None = dateparser.parse(
        shown.replace(" - ", " "),
        languages=["en", "fr"],
        settings={
            "DATE_ORDER": "DMY",
            "TIMEZONE": "Europe/Paris",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
        },
    )
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


def visible_day(text: str) -> date | None:
    """The day in a row of a listing.

    >>> visible_day("30/01/2026")
    datetime.date(2026, 1, 30)
    """
    match = _SHOWN_DAY.search(ascii_digits(text))
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def ascii_digits(text: str) -> str:
    """Digits of any script as ASCII.

    >>> ascii_digits("۱۴۰۲/x")
    '1402/x'
    """
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in text
    )


def first_number(text: str) -> int | None:
    """First number in a text, whatever its digits; one of five and more is none.

    >>> first_number(" 6 分鐘")
    6
    """
    match = _NUMBER.search(ascii_digits(text))
    return int(match[0]) if match else None
