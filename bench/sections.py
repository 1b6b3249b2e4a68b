"""``docs/benchmarks.md``: each benchmark writes its own section and leaves the others alone."""

from __future__ import annotations

import re
from pathlib import Path

_TITLE = "# Benchmarks\n\n"


def write_section(path: Path, section: str) -> None:
    """Put a section (it begins with ``## ``) in the place of the one with its heading, or last."""
    heading = section.split("\n", 1)[0]
    text = path.read_text("utf-8") if path.exists() else _TITLE
    old = re.compile(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    section = section.rstrip("\n") + "\n"
    if old.search(text):
        text = old.sub(lambda _: section + "\n", text)
    else:
        text = text.rstrip("\n") + "\n\n" + section
    path.write_text(text.rstrip("\n") + "\n", "utf-8")
