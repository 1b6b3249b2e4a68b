"""``docs/benchmarks.md``: each benchmark writes its own section and leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TITLE = "# Benchmarks\n\n"


def write_section(path: Path, section: str, *, first: bool = False) -> None:
    """Put a section (it begins with ``## ``) in the place of the one with its heading, or last.

    One that is to be ``first`` and is new comes before all others.
    """
    heading = section.split("\n", 1)[0]
    text = path.read_text("utf-8") if path.exists() else _TITLE
    old = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    section = section.rstrip("\n") + "\n"
    if old.search(text):
        text = old.sub(lambda _: section + "\n", text)
    elif first:
        text = text.replace(_TITLE, f"{_TITLE}{section}\n", 1)
    else:
        text = text.rstrip("\n") + "\n\n" + section
    path.write_text(text.rstrip("\n") + "\n", "utf-8")


def rendered(template: str, **values: Any) -> str:
    """A section from its template beside this module; ``spread`` shows figures of rounds there."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        keep_trailing_newline=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["spread"] = _spread
    return environment.get_template(template).render(**values)


def _spread(figures: Mapping[str, float], digits: int = 2) -> str:
    """``2.86 (2.81-3.02)``: the middle of the rounds, and how far they lie apart."""
    middle, least, most = (figures[name] for name in ("median", "least", "most"))
    return f"{middle:,.{digits}f} ({least:,.{digits}f}\u2013{most:,.{digits}f})"
