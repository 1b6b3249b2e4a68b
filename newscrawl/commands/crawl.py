"""``scrapy crawl``: checks before the reactor starts, and an exit code that tells how it went."""

from __future__ import annotations

import argparse
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.commands import BaseRunSpiderCommand
from scrapy.exceptions import UsageError

from newscrawl.clock import iso, now
from newscrawl.command import explained, leave, refuse_extra
from newscrawl.console import say
from newscrawl.errors import CrawlError, UsageProblem, nearest
from newscrawl.text import shown

if TYPE_CHECKING:
    from newscrawl.crawl.run import Run


class Command(BaseRunSpiderCommand):
    """Replaces Scrapy's command of the same name for the project's spiders."""

    requires_project = True
    _run: Run | None = None

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "[options] <spider>"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Crawl the columns of a site into the data dir"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check everything and enter the run, while an error can still be one plain line."""
        super().process_options(args, opts)
        usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._prepare(args, opts)
        except UsageError:
            raise
        except KeyboardInterrupt:
            leave(CrawlError("told to stop before the run began: nothing was asked"))
        except Exception as error:  # noqa: BLE001  (what is none of these is raised again)
            mistake = explained(error)
            self._log(mistake)
            leave(mistake)
        finally:
            signal.signal(signal.SIGTERM, usual)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; the exit code is the run's verdict."""
        process = self.crawler_process
        assert process is not None
        arguments: dict[str, Any] = dict(opts.spargs)
        if self._run is not None:
            arguments["run"] = self._run
        _close_log()
        process.crawl(self._create_crawler(args[0]), **arguments)
        process.start()
        for number in (signal.SIGINT, signal.SIGTERM):  # one more changes nothing now
            signal.signal(number, signal.SIG_IGN)
        if self._run is not None:
            self.exitcode = self._run.exit_code
        if process.bootstrap_failed:
            self.exitcode = 1
        elif self._run is not None and not self._run.has_ended:
            leave(
                CrawlError(
                    f"run {self._run.number} was told twice and stopped at once: nothing is lost,"
                    " run again to go on from here"
                )
            )

    def _prepare(self, args: list[str], opts: argparse.Namespace) -> None:
        refuse_extra(args, ("-a", "-o", "-O", "-s", "--output", "--overwrite-output"), most=1)
        if not args:
            raise UsageError
        spider = self._spider(args[0])
        if not hasattr(spider, "site"):
            return
        from newscrawl.crawl.prepare import prepare

        assert self.settings is not None
        if "run" in opts.spargs:
            raise UsageProblem("unknown argument 'run'")
        self._run = prepare(self.settings, spider.site, args[0], opts.spargs)
        # The log may lie on the disk that is full: losing its lines is no second disaster.
        logging.raiseExceptions = False
        if not self.settings["LOG_FILE"] and self.settings.getbool("LOG_ENABLED"):
            self.settings.set("LOG_FILE", str(self._run.log_file), priority="cmdline")
            _keep_last_logs(self._run)
        if not self._log_is_writable():
            self.settings.setdict({"LOG_ENABLED": False, "LOG_FILE": None}, priority="cmdline")

    def _log(self, error: CrawlError) -> None:
        """A log that was asked for tells of the mistake too: Scrapyd shows nothing else."""
        assert self.settings is not None
        if self.settings["LOG_FILE"]:
            with suppress(OSError), Path(self.settings["LOG_FILE"]).open("a") as log:
                log.write(f"{iso(now())} [newscrawl] ERROR: {shown(str(error))}\n")

    def _log_is_writable(self) -> bool:
        """A log on a full disk is left out: Scrapy opens it anew for each crawler, and fails."""
        assert self.settings is not None
        assert self._run is not None
        try:
            with Path(self.settings["LOG_FILE"] or os.devnull).open("a") as log:
                log.write(f"{iso(now())} [newscrawl] INFO: run {self._run.number}\n")
        except OSError as error:
            say(f"newscrawl: no log: {error}", error=True)
            return False
        return True

    def _spider(self, name: str) -> Any:
        from scrapy.spiderloader import get_spider_loader

        assert self.settings is not None
        loader = get_spider_loader(self.settings)
        if name not in loader.list():
            raise UsageProblem(f"unknown spider {name!r}{nearest(name, loader.list())}")
        return loader.load(name)


def _close_log() -> None:
    """Scrapy opens the log anew for the crawler, and closes the first one: a full disk lets that
    fail once."""
    from scrapy.utils.log import get_scrapy_root_handler

    handler = get_scrapy_root_handler()
    if handler is not None:
        with suppress(OSError):
            handler.close()


#: Logs kept in a data dir.
_LOGS = 30


def _keep_last_logs(run: Run) -> None:
    logs = sorted(run.log_file.parent.glob("*.log"), key=lambda path: path.stat().st_mtime)
    for old in logs[: -(_LOGS - 1)]:
        old.unlink()
