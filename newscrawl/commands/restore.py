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
        from newscrawl.crawl.conf import Conf
        from newscrawl.errors import UsageProblem
        from newscrawl.rfi import SITE
        from newscrawl.upkeep.restore import restore

        if not args:
            raise UsageProblem("name the folder: scrapy restore DIR")
        assert self.settings is not None
        conf = Conf.read(self.settings)
        source = Path(args[0]).expanduser()
        articles = restore(source, conf.data_dir, SITE.host, conf.mode, conf.lease_wait_s)
        say(f"{articles} articles: {source} -> {conf.data_dir}")
