"""Where tables for people go: a terminal, or a file that a table must not be cut for."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

#: Columns of text that a file or pipe gets at most.
_WIDE = 400


def console(file: TextIO) -> Console:
    """A console that shows text as it is: no highlighting, no markup, no colours in a pipe."""
    width = None if file.isatty() else _WIDE
    return Console(file=file, highlight=False, markup=False, soft_wrap=True, width=width)
