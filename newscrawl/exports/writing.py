"""One export from beginning to end: records, progress, and what takes its place."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newscrawl.console import console, say
from newscrawl.exports import FILES
from newscrawl.exports.output import output_file, output_folder
from newscrawl.store.selection import Selected

_MADE_BY = "an export"


def export(name: str, selected: Selected, out: str, **options: Any) -> int:
    """Write a selection in a format; gives the number of records.

    A format is a module of this package. A file's has ``write(records, out)`` and
    ``is_ours(path)``; a folder's has ``write(selected, folder, seen, **options)``, which calls
    ``seen`` for each record it has written. Either may have ``check()``, which raises
    :class:`UsageProblem` where the packages it needs are missing, and ``WHOLE = False`` where it
    leaves records of the selection out.
    """
    format_ = importlib.import_module(f"newscrawl.exports.{name}")
    if hasattr(format_, "check"):
        format_.check()
    with _progress(selected, whole=getattr(format_, "WHOLE", True)) as counted:
        if name in FILES:
            with output_file(out, _MADE_BY, format_.is_ours) as file:
                format_.write(counted.each(selected), file)
        else:
            with output_folder(out, _MADE_BY) as folder:
                format_.write(selected, folder, counted.seen, **options)
    say(f"{counted.number:,} records: {out}", error=True)
    return counted.number


class _Counted:
    """How many records have been written, shown where somebody looks."""

    def __init__(self, progress: Progress, task: Any) -> None:
        self.number = 0
        self._progress = progress
        self._task = task

    def each(self, records: Selected) -> Iterator[dict[str, Any]]:
        """Hand records on, counted."""
        for record in records:
            yield record
            self.seen()

    def seen(self) -> None:
        """One more has been written."""
        self.number += 1
        if self.number % 100 == 0:
            self._progress.update(self._task, completed=self.number)


@contextmanager
def _progress(selected: Selected, *, whole: bool) -> Iterator[_Counted]:
    screen = console(sys.stderr)
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        # Counting reads all of the store: only for somebody who looks.
        total = selected.count() if whole and screen.is_terminal else None
        task = bar.add_task("", total=total)
        yield _Counted(bar, task)
