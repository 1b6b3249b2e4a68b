"""Where the tools of others live, and how the machine and its versions are told."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from importlib.metadata import version
from pathlib import Path

from newscrawl.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
_OTHERS = ROOT / ".venv-quality"
#: Interpreters; those of others are made by ``make bench``, as by ``make quality``.
OWN = Path(sys.executable)
OTHERS = _OTHERS / "others" / "bin" / "python"
FUNDUS = _OTHERS / "fundus" / "bin" / "python"


def processor(place: int) -> int:
    """A processor for what serves (0, the first), or for what is measured (-1, the last)."""
    return sorted(os.sched_getaffinity(0))[place]


def versions(*packages: str) -> dict[str, str]:
    """Of the project, of some packages beside it, of SQLite and Python, and the processors."""
    return {
        "newscrawl": VERSION,
        **{package: version(package) for package in packages},
        "SQLite": sqlite3.sqlite_version,
        "Python": platform.python_version(),
        "processors": str(os.cpu_count()),
    }
