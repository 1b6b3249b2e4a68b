"""``scrapy prune --older-than AGE``: old logs, rejected pages and archives go."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from newscrawl.command import StoreCommand, print_json, wants_json
from newscrawl.console import say

if TYPE_CHECKING:
    from newscrawl.upkeep.prune import Old


class Command(StoreCommand):
    """Removes what nobody needs any more; never articles, the database, or a living run's files."""

    options = ("--older-than", "--dry-run", "--json")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "--older-than AGE [--dry-run] [--json]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Remove old logs, rejected pages and archives"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--older-than", metavar="AGE", help="last written so long ago, as 90d")
        parser.add_argument("--dry-run", action="store_true", help="tell only, remove nothing")
        parser.add_argument("--json", action="store_true", help="machine-readable output")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Remove, and tell what and how much."""
        import time

        from newscrawl.crawl.conf import Conf
        from newscrawl.durations import parse_duration
        from newscrawl.errors import UsageProblem
        from newscrawl.upkeep.prune import old_files, remove

        if opts.older_than is None:
            raise UsageProblem("say how old: scrapy prune --older-than 90d")
        age = parse_duration(opts.older_than, "--older-than")
        assert self.settings is not None
        conf = Conf.read(self.settings)
        if not conf.data_dir.is_dir():
            raise UsageProblem(f"there is no data dir {conf.data_dir}: set NEWSCRAWL_DATA_DIR")
        record = Path(conf.record).expanduser() if conf.record else None
        files = list(old_files(conf.data_dir, record, time.time() - age))
        if not opts.dry_run:
            remove(files, conf.data_dir)
        _tell(files, opts)


def _tell(files: list[Old], opts: argparse.Namespace) -> None:
    total = sum(file.size for file in files)
    if wants_json(opts):
        entries = [{"kind": f.kind, "path": str(f.path), "bytes": f.size} for f in files]
        print_json({"dry_run": opts.dry_run, "removed": entries, "bytes": total})
        return
    what = "would be removed" if opts.dry_run else "removed"
    for file in files:
        say(f"{what}: {file.path} ({file.size} bytes)")
    say(f"{what}: {len(files)} files, {total} bytes")
