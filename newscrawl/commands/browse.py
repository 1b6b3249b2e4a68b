"""``scrapy browse``: the store in a browser, on this machine alone."""

from __future__ import annotations

import argparse

from newscrawl.command import StoreCommand


class Command(StoreCommand):
    """Serves the store read-only with Datasette, also while a crawl runs."""

    options = ("--port", "--open", "--sql")

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[--port PORT] [--open] [--sql]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Look at the store in a browser: search, articles, versions, dashboard"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument("--port", default="8001", help="0 takes a free one (default: 8001)")
        parser.add_argument("--open", action="store_true", help="open it in the web browser")
        parser.add_argument("--sql", action="store_true", help="let its pages ask in SQL, too")

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve until told to end."""
        from newscrawl.browse.server import serve
        from newscrawl.errors import UsageProblem

        if not opts.port.isdecimal() or int(opts.port) > 65535:
            raise UsageProblem(f"--port {opts.port!r} is no port: give a number from 0 to 65535")
        newest = {name: edition.newest_s for name, edition in self.seeds().items()}
        serve(self.data_dir, int(opts.port), newest, open_browser=opts.open, sql=opts.sql)
