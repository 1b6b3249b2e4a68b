"""``scrapy backup DIR``: a copy of the data dir, also while a crawl runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand

from newscrawl.commands.options import guarded, refuse_extra


class Command(ScrapyCommand):
    """Copies the database and the published line files; asks the site nothing."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "DIR"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Copy the data dir to a folder, also while a crawl runs"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Copy."""
        guarded(lambda: self._run(args))

    def _run(self, args: list[str]) -> None:
        refuse_extra(args, (), most=1)
        from newscrawl.crawl.conf import data_dir
        from newscrawl.errors import UsageProblem
        from newscrawl.store.backup import backup

        assert self.settings is not None
        if not args:
            raise UsageProblem("name the folder: scrapy backup DIR")
        folder = data_dir(self.settings)
        articles = backup(folder, Path(args[0]))
        print(f"{articles} articles: {folder} -> {args[0]}")
