"""``scrapy reconcile``: whether the database and the line files tell the same, and mending it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from newscrawl.command import StoreCommand, wants_json
from newscrawl.console import say

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from newscrawl.upkeep.compare import Comparison, Finding

_SIDES = ("files", "database")


class Command(StoreCommand):
    """Compares, and rebuilds one side from the other; asks the site nothing."""

    options = ("--rebuild", "--json")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--rebuild files|database] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Compare the database with the files, and rebuild one from the other"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument(
            "--rebuild", metavar="SIDE", help="files (from the database) or database (from files)"
        )
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Rebuild where asked to, then compare."""
        from newscrawl.crawl.conf import Conf
        from newscrawl.errors import UsageProblem, nearest
        from newscrawl.rfi import SITE
        from newscrawl.upkeep.reconcile import alone, has_database, opened

        side = opts.rebuild
        if side is not None and side not in _SIDES:
            raise UsageProblem(f"--rebuild {side}: there is no such side{nearest(side, _SIDES)}")
        assert self.settings is not None
        conf = Conf.read(self.settings)
        if side == "files" and not has_database(conf.data_dir):
            raise UsageProblem("there is no database to rebuild from: --rebuild database makes one")
        bodies = "sqlite" in conf.outputs
        with (
            alone(conf.data_dir, SITE.host, conf.lease_wait_s),
            opened(conf.data_dir, make=side == "database") as connection,
        ):
            done = _rebuild(connection, conf.data_dir, side, bodies=bodies)
            tell = _tell_json if wants_json(opts) else _tell
            differences = tell(connection, conf.data_dir, side, done)
        self.exitcode = 1 if differences else 0


def _rebuild(
    connection: sqlite3.Connection, folder: Path, side: str | None, *, bodies: bool
) -> dict[str, Any] | None:
    """Rebuild one side; gives what was done."""
    from dataclasses import asdict

    if side == "files":
        from newscrawl.upkeep.rebuild_files import rebuild_files

        return asdict(rebuild_files(connection, folder))
    if side == "database":
        from newscrawl.upkeep.rebuild_database import rebuild_database

        return asdict(rebuild_database(connection, folder, bodies=bodies))
    return None


def _tell(
    connection: sqlite3.Connection, folder: Path, side: str | None, done: dict[str, Any] | None
) -> int:
    """Print every finding as it is met; gives the number of differences."""
    from newscrawl.upkeep.compare import Comparison

    for line in _done_lines(side, done):
        say(line)
    comparison = Comparison(connection, folder)
    differences = 0
    for finding in comparison.findings():
        differences += finding.is_difference
        say(_line(finding))
    sums = ", ".join(f"{number} {what}" for what, number in _sums(connection, comparison).items())
    say(f"{sums}: {f'{differences} differences' if differences else 'they agree'}")
    return differences


def _tell_json(
    connection: sqlite3.Connection, folder: Path, side: str | None, done: dict[str, Any] | None
) -> int:
    """The same for machines. The findings may be millions: they are never all in memory."""
    import orjson

    from newscrawl.upkeep.compare import Comparison

    rebuilt = None if side is None else {"side": side, **(done or {})}
    head = {"data_dir": str(folder), "rebuilt": rebuilt}
    say(orjson.dumps(head).decode().removesuffix("}") + ',"findings":[')
    comparison = Comparison(connection, folder)
    differences = 0
    comma = ""
    for finding in comparison.findings():
        differences += finding.is_difference
        say(comma + orjson.dumps(finding.as_json()).decode())
        comma = ","
    tail = {
        **_sums(connection, comparison),
        "differences": differences,
        "agree": not differences,
    }
    say("]," + orjson.dumps(tail).decode().removeprefix("{"))
    return differences


def _sums(connection: sqlite3.Connection, comparison: Comparison) -> dict[str, int]:
    from newscrawl.upkeep.reconcile import articles_and_versions

    articles, versions = articles_and_versions(connection)
    return {
        "articles": articles,
        "versions": versions,
        "files": comparison.files,
        "lines": comparison.lines,
    }


def _line(finding: Finding) -> str:
    from newscrawl.upkeep.compare import KINDS

    meaning, remedy = KINDS[finding.kind]
    place = [finding.file] if finding.file else []
    if finding.line is not None:
        place.append(f"line {finding.line}")
    what = finding.url or (f"record {finding.key}" if finding.key else "")
    about = f" ({what})" if what else ""
    return f"{', '.join(place) or 'database'}: {meaning}{about}: {remedy}"


def _done_lines(side: str | None, done: dict[str, Any] | None) -> list[str]:
    if done is None:
        return []
    if side == "database":
        return [
            f"entered: {done['versions']} versions, {done['lines']} lines, {done['links']} links;"
            f" dropped: {done['dropped']} links"
        ]
    lines = [f"written again: {name}" for name in done["files"]]
    lines += [f"removed, nothing of it is left: {name}" for name in done["removed"]]
    if done["owed"]:
        lines.append(f"owed again, the next crawl asks for them: {done['owed']} articles")
    if done["lost"]:
        lines.append(f"lost, their text is nowhere: {done['lost']} old versions")
    return lines or ["nothing to write again"]
