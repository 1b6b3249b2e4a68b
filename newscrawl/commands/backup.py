"""``scrapy backup DIR``: a copy of the data dir, also while a crawl runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from newscrawl.command import StoreCommand
from newscrawl.console import say


class Command(StoreCommand):
    """Copies the database and the published line files; asks the site nothing."""

    most = 1

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "DIR"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Copy the data dir to a folder, also while a crawl runs"

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Copy."""
        from newscrawl.errors import UsageProblem
        from newscrawl.upkeep.backup import backup

        if not args:
            raise UsageProblem("name the folder: scrapy backup DIR")
        folder = self.data_dir
        articles = backup(folder, Path(args[0]).expanduser())
        say(f"{articles} articles: {folder} -> {args[0]}")
