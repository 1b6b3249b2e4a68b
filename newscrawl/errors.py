"""Mistakes that a person can mend: each says what to do next and carries its exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CrawlError(Exception):
    """Ends a command with one line on stderr and ``exit_code``."""

    exit_code = 1


class UsageProblem(CrawlError):
    """Wrong use: an argument, a setting, a seed file, an archive, a data dir, a missing group."""

    exit_code = 2


class Busy(CrawlError):
    """Another run holds what this one needs."""

    exit_code = 3


class StorageFailed(CrawlError):
    """The store could not write; the run cannot go on."""

    exit_code = 1


class StorageBusy(StorageFailed):
    """Another program holds the database: what was to be written can be tried again."""


def nearest(word: str, known: Iterable[str], most: int = 3) -> str:
    """A tail for an error line that names the nearest known words.

    >>> nearest("colums", ["columns", "editions"])
    '; did you mean columns?'
    >>> nearest("zz", ["columns", "editions"])
    '; known: columns, editions'
    """
    names = list(known)
    close = difflib.get_close_matches(word, names, n=most, cutoff=0.5)
    if close:
        return f"; did you mean {' or '.join(close)}?"
    shown = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
    return f"; known: {shown}" if names else ""
