"""What commands share that ask the site and store nothing: the checks, the lease, a passing run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from newscrawl.crawl.run import Run


def quiet(settings: Settings) -> None:
    """No log unless one was asked for: what such a command finds is its output."""
    if not settings["LOG_FILE"]:
        settings.set("LOG_ENABLED", False, priority="cmdline")


@contextmanager
def passing_run(settings: Settings, editions: str | None) -> Iterator[Run]:
    """A run whose store is thrown away; the host's locks are the real ones, and what the host asks
    for is remembered.

    Raises :class:`newscrawl.errors.CrawlError` as a crawl does: wrong use, no contact, a busy host.
    """
    from newscrawl.clock import iso, now
    from newscrawl.crawl.conf import Conf
    from newscrawl.crawl.prepare import prepare
    from newscrawl.errors import CrawlError
    from newscrawl.rfi import SITE
    from newscrawl.store.folder import LOCKS, make_folders
    from newscrawl.store.locks import acquire
    from newscrawl.store.overview import closed_until

    conf = Conf.read(settings)
    until = None if conf.replay else closed_until(conf.data_dir, SITE.host, now())
    if until is not None:
        raise CrawlError(f"{SITE.host} is left alone until {until}: nothing was asked")
    with TemporaryDirectory(prefix="newscrawl-") as folder:
        settings.set("NEWSCRAWL_DATA_DIR", folder, priority="cmdline")
        settings.set("EXTENSIONS", {}, priority="cmdline")
        settings.set("ITEM_PIPELINES", {}, priority="cmdline")
        given = {"editions": editions} if editions else {}
        run = prepare(settings, SITE, SITE.name, given)
        try:
            if conf.replay:
                yield run
                return
            make_folders(conf.data_dir, conf.mode)
            holder = {"run": "a check", "pid": os.getpid(), "since": iso(now())}
            lease = acquire(conf.data_dir / LOCKS / SITE.host, holder, conf.lease_wait_s)
            try:
                yield run
            finally:
                _remember(conf.data_dir, run)
                lease.release()
        finally:
            run.release()


def _remember(data_dir: Path, run: Run) -> None:
    """Let the next crawl know how long the host wants to be left alone."""
    from contextlib import closing

    from newscrawl.clock import now
    from newscrawl.store.database import connect
    from newscrawl.store.hosts import Hosts

    memory, moment = run.store.hosts.get(run.site.host), now()
    if memory.closed_until(moment) is None:
        return
    with closing(connect(data_dir)) as connection:
        hosts = Hosts(connection)
        if memory.not_before is not None and memory.is_closed(moment):
            hosts.leave(run.site.host, datetime.fromisoformat(memory.not_before))
        if memory.refuses_pages(moment):
            hosts.refused(run.site.host, moment)
