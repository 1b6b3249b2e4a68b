"""Before a run: everything that it needs is checked and opened, before the first request.

``prepare`` is called by ``scrapy crawl`` before the reactor starts, or by the spider itself when a
script runs it, so that both meet the same checks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from newscrawl.clock import iso, now
from newscrawl.console import log_as_shown
from newscrawl.crawl.arguments import Arguments
from newscrawl.crawl.conf import Conf, Settings
from newscrawl.crawl.origin import check_origin, origin_is_loopback
from newscrawl.crawl.run import Run
from newscrawl.crawl.seed_reading import load_seeds
from newscrawl.crawl.seeds import Column, EditionSeeds, select_columns
from newscrawl.crawl.ways import check_ways
from newscrawl.errors import CrawlError, StorageFailed, UsageProblem
from newscrawl.site import Site
from newscrawl.store import Store, folder
from newscrawl.store.links import key_of
from newscrawl.store.locks import REPLAY, Lock, acquire, acquire_host


def prepare(settings: Settings, site: Site, spider: str, given: Mapping[str, Any]) -> Run:
    """Check everything, take the locks, mend what a dead run left, and enter the run.

    Raises :class:`newscrawl.errors.CrawlError` with the exit code that belongs to it.
    """
    log_as_shown()
    conf = Conf.read(settings)
    arguments = Arguments.read(given, site)
    seeds = {} if arguments.urls else load_seeds(conf.seeds, site)
    columns = _columns(seeds, arguments)
    _check_way_out(conf, settings)
    check_ways(conf, settings)
    folder.prepare_folder(conf.data_dir, conf.mode)
    started = now()
    locks = [_lease(conf, site, started)]
    try:
        if not conf.replay and not origin_is_loopback(settings):
            locks.append(_host_lock(conf, site, started))
        store = Store(conf.data_dir, conf.outputs)
        _refuse_forgotten(arguments, store)
        with store.patient():
            store.mend()
            number = store.begin_run(
                spider=spider,
                started=started,
                mode=arguments.mode,
                arguments={name: str(value) for name, value in given.items()},
                extractor=site.extractor,
                rotate=(conf.rotate_s, conf.rotate_lines),
            )
        for lock in locks:
            lock.note(_holder(conf, number, started))
        sign_of_life = conf.data_dir / folder.LOCKS / str(number)
        locks.append(acquire(sign_of_life, _holder(conf, number, started)))
    except (OSError, CrawlError) as error:
        for lock in locks:
            lock.release()  # a script may go on and try again
        if isinstance(error, CrawlError):
            raise
        raise StorageFailed(f"the data dir {conf.data_dir} failed: {error}") from error
    return Run(
        site=site,
        conf=conf,
        arguments=arguments,
        columns=columns,
        seeds={name: seeds[name] for name in {column.edition for column in columns}},
        store=store,
        number=number,
        started=started,
        locks=locks,
    )


def _columns(seeds: Mapping[str, EditionSeeds], arguments: Arguments) -> list[Column]:
    if arguments.urls:
        return []
    return select_columns(seeds, list(arguments.editions) or None, list(arguments.columns) or None)


def _refuse_forgotten(arguments: Arguments, store: Store) -> None:
    for url in arguments.urls:
        if store.forgotten.has(key_of(url)):
            store.close()
            raise UsageProblem(
                f"urls: {url} was forgotten (scrapy forget) and does not come back: leave it out"
            )


def _check_way_out(conf: Conf, settings: Settings) -> None:
    """Where the answers come from: an archive, a loopback origin, or the site with a contact."""
    if conf.replay:
        from newscrawl.archives.files import check_archives

        check_archives(conf.replay)
        return
    if conf.origin:
        check_origin(conf.origin)
    if not conf.contact and not origin_is_loopback(settings):
        raise UsageProblem(
            "a live crawl says who it is: set NEWSCRAWL_CONTACT to your e-mail address or page"
            " (-s NEWSCRAWL_CONTACT=you@example.org)"
        )


def _lease(conf: Conf, site: Site, started: datetime) -> Lock:
    """One run at a time asks a host; one replay at a time uses a data dir."""
    name = REPLAY if conf.replay else site.host
    path = conf.data_dir / folder.LOCKS / name
    return acquire(path, _holder(conf, "starting", started), conf.lease_wait_s)


def _host_lock(conf: Conf, site: Site, started: datetime) -> Lock:
    """One run at a time asks a host, whatever data dirs a user has on this machine."""
    host = urlsplit(conf.origin).hostname or site.host
    return acquire_host(host, _holder(conf, "starting", started), conf.lease_wait_s)


def _holder(conf: Conf, number: int | str, started: datetime) -> dict[str, Any]:
    return {
        "run": number,
        "pid": os.getpid(),
        "since": iso(started),
        "data_dir": str(conf.data_dir.absolute()),
    }
