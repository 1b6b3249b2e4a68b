"""One step of storing: rows and lines written together, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from newscrawl.store.database import transaction
from newscrawl.store.inserting import Inserting
from newscrawl.store.linefiles import LineFiles


@contextmanager
def one_step(
    connection: sqlite3.Connection, lines: LineFiles | None, inserting: Inserting
) -> Iterator[None]:
    """A transaction that line files follow."""
    try:
        with transaction(connection):
            yield
    except BaseException:
        inserting.rolled_back()
        if lines is not None:
            lines.rolled_back()
        raise
    if lines is not None:
        lines.committed()
