"""``scrapy merge DIR...``: other stores are folded into the one of the settings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand, print_json, wants_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from newscrawl.crawl.conf import Conf
    from newscrawl.upkeep.merge import Merged

#: Data dirs that are merged at most in one go: a limit that nobody meets.
_MOST = 1000


class Command(StoreCommand):
    """Folds data dirs in, one after the other; asks the site nothing."""

    options = ("--dry-run", "--json")
    most = _MOST

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "DIR... [--dry-run] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Fold the stores of other data dirs into this one"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--dry-run", action="store_true", help="tell only, write nothing")
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Merge each, then tell what it brought."""
        from newscrawl.crawl.conf import Conf
        from newscrawl.errors import UsageProblem

        if not args:
            raise UsageProblem("name the data dirs to fold in: scrapy merge DIR...")
        assert self.settings is not None
        conf = Conf.read(self.settings)
        folders = [Path(arg).expanduser() for arg in dict.fromkeys(args)]
        _check(folders, conf)
        found = list(_merged(folders, conf, dry_run=opts.dry_run))
        if wants_json(opts):
            _tell_json(found, conf.data_dir, dry_run=opts.dry_run)
        else:
            _tell(found, dry_run=opts.dry_run)
        self.exitcode = 0 if all(merged.is_whole for _, merged in found) else 1


def _check(folders: list[Path], conf: Conf) -> None:
    """Open every source once: a mistake in the last one should not come after hours of work."""
    from newscrawl.rfi import SITE
    from newscrawl.upkeep.merging.source import check

    for folder in folders:
        check(folder, conf.data_dir, SITE.host)


def _merged(folders: list[Path], conf: Conf, *, dry_run: bool) -> Iterator[tuple[Path, Merged]]:
    from newscrawl.rfi import SITE
    from newscrawl.store.folder import LINES
    from newscrawl.store.mend import mend
    from newscrawl.upkeep.merge import Outputs, merge, writes_lines
    from newscrawl.upkeep.merging.source import opened_source
    from newscrawl.upkeep.reconcile import opened

    with _alone(conf, dry_run=dry_run), opened(conf.data_dir, make=not dry_run) as db:
        if not dry_run:
            mend(db, conf.data_dir / LINES)
        outputs = Outputs(
            bodies="sqlite" in conf.outputs,
            lines=writes_lines(db, conf.outputs),
            lines_of_a_file=conf.rotate_lines,
        )
        for folder in folders:
            with opened_source(folder, conf.data_dir, SITE.host) as source:
                yield folder, merge(db, conf.data_dir, source, outputs, dry_run=dry_run)


def _alone(conf: Conf, *, dry_run: bool) -> AbstractContextManager[None]:
    """Keep runs away from the store, which is made where there is none yet."""
    from contextlib import closing, nullcontext

    from newscrawl.errors import UsageProblem
    from newscrawl.rfi import SITE
    from newscrawl.store.database import connect
    from newscrawl.store.folder import LINES, prepare_folder
    from newscrawl.upkeep.reconcile import alone, has_database

    if not has_database(conf.data_dir):
        if any((conf.data_dir / LINES).glob("*.jsonl*")):
            raise UsageProblem(
                f"{conf.data_dir} has line files and no database: scrapy reconcile --rebuild"
                " database makes one of them, then merge"
            )
        if dry_run:
            return nullcontext()
        prepare_folder(conf.data_dir, conf.mode)
        with closing(connect(conf.data_dir)):
            pass
    return alone(conf.data_dir, SITE.host, conf.lease_wait_s, who="merge")


def _tell(found: list[tuple[Path, Merged]], *, dry_run: bool) -> None:
    from rich.table import Table

    from newscrawl.console import console

    out = console(sys.stdout)
    table = Table(title="would come in" if dry_run else None, box=None)
    table.add_column("source")
    for name in ("articles", "versions", "renewed", "known", "links"):
        table.add_column(name, justify="right")
    for folder, merged in found:
        counts = merged.articles
        numbers = (counts.new, counts.versions, counts.renewed, counts.known, merged.links)
        table.add_row(str(folder), *map(str, numbers))
    out.print(table)
    for folder, merged in found:
        for line in _lines(merged):
            out.print(f"{folder}: {line}")


def _lines(merged: Merged) -> list[str]:
    """What the table does not say."""
    counts = merged.articles
    said = [
        (counts.forgotten, "articles stay away, they were forgotten here"),
        (
            merged.removed,
            "articles removed here, they were forgotten there: scrapy reconcile --rebuild files"
            " takes them out of the line files",
        ),
        (counts.unreadable, "versions could not be read, or their texts are nowhere"),
        (counts.postponed, "articles are one here and several there: merge once more"),
    ]
    lines = [f"{number} {what}" for number, what in said if number]
    if merged.problem is not None:
        lines.append(f"not read whole ({merged.problem}): what was read is here")
    return lines


def _tell_json(found: list[tuple[Path, Merged]], target: Path, *, dry_run: bool) -> None:
    print_json(
        {
            "data_dir": str(target),
            "dry_run": dry_run,
            "sources": [_as_json(folder, merged) for folder, merged in found],
            "whole": all(merged.is_whole for _, merged in found),
        }
    )


def _as_json(folder: Path, merged: Merged) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "source": str(folder),
        "articles": asdict(merged.articles),
        "links": merged.links,
        "runs": merged.runs,
        "removed": merged.removed,
        "whole": merged.is_whole,
        "problem": merged.problem,
    }
