"""``scrapy restore DIR``: a data dir from a backup."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand

from newscrawl.commands.options import guarded, refuse_extra


class Command(ScrapyCommand):
    """Fills an empty data dir; overwrites nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "DIR"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Make a data dir from a backup"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Restore."""
        guarded(lambda: self._run(args))

    def _run(self, args: list[str]) -> None:
        refuse_extra(args, (), most=1)
        from newscrawl.crawl.conf import data_dir
        from newscrawl.errors import UsageProblem
        from newscrawl.store.backup import restore

        assert self.settings is not None
        if not args:
            raise UsageProblem("name the folder: scrapy restore DIR")
        folder = data_dir(self.settings)
        articles = restore(Path(args[0]), folder)
        print(f"{articles} articles: {args[0]} -> {folder}")
