"""``scrapy restore DIR``: a data dir from a backup."""

from __future__ import annotations

import argparse
from pathlib import Path

from newscrawl.command import StoreCommand
from newscrawl.console import say


class Command(StoreCommand):
    """Fills an empty data dir; overwrites nothing."""

    most = 1

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "DIR"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Make a data dir from a backup"

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Restore."""
        from newscrawl.errors import UsageProblem
        from newscrawl.upkeep.backup import restore

        if not args:
            raise UsageProblem("name the folder: scrapy restore DIR")
        folder = self.data_dir
        articles = restore(Path(args[0]), folder)
        say(f"{articles} articles: {args[0]} -> {folder}")
