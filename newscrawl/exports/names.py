"""Names of files made of names of editions, columns and sections, whatever these hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from hashlib import sha256

from newscrawl.text import normalised

#: What some file system or shell reads as something else.
_FORBIDDEN = frozenset('/\\:*?"<>|')
_JOINERS = "\u200c\u200d"  # invisible, and letters of Persian and Indic words
#: Control and format characters, surrogates, private and unknown ones, ends of lines.
_CATEGORIES = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])
#: Devices of Windows, with whatever ending.
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
#: Bytes; file systems allow 255, and endings are to come.
_LONGEST = 150


def file_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A file name (without its ending) for each name, no two alike for any file system.

    The same names give the same file names in whatever order they come. A name that can be kept
    as it is comes first; of names that would be one file all but the first get a mark of their own.

    >>> file_names(["Afrique", "afrique", "a/b", "../b"], taken=["_all"])
    {'Afrique': 'Afrique', 'afrique': 'afrique-fb667a38', '../b': '-b', 'a/b': 'a-b'}
    """
    used = {_folded(name) for name in taken}
    found = {}
    for name in sorted(set(names), key=lambda name: (safe_name(name) != name, name)):
        safe = safe_name(name)
        if _folded(safe) in used:
            safe = f"{safe}-{_mark(name)}"
        used.add(_folded(safe))
        found[name] = safe
    return found


def safe_name(name: str) -> str:
    """A name that is one file below its folder everywhere; letters of all scripts are kept.

    >>> safe_name("科技时空"), safe_name("../../etc/passwd"), safe_name("..."), safe_name("nul")
    ('科技时空', '-..-etc-passwd', '-', 'nul-')
    """
    normal = normalised(name)
    # Blanks and dots at the ends: hidden files, ways up, and what Windows takes off.
    safe = "".join(char if _is_plain(char) else "-" for char in normal).strip(" .") or "-"
    if len(safe.encode()) > _LONGEST:
        cut = safe.encode()[:_LONGEST].decode(errors="ignore").rstrip(" .")
        safe = f"{cut}-{_mark(name)}"
    stem, _, ending = safe.rpartition(".")
    # "x.atom" would be the Atom feed of "x".
    if _folded(safe.split(".")[0]) in _DEVICES or (stem and ending.lower() == "atom"):
        safe += "-"
    return safe


def _is_plain(char: str) -> bool:
    if char in _JOINERS:
        return True
    return char not in _FORBIDDEN and unicodedata.category(char) not in _CATEGORIES


def _folded(name: str) -> str:
    return normalised(name.casefold())


def _mark(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
