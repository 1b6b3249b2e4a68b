"""Scrapy's settings of one run: what follows from its own settings."""

from __future__ import annotations

import logging

from scrapy.settings import Settings

from newscrawl.crawl.run import Run
from newscrawl.middlewares.politeness import enforce_floor

logger = logging.getLogger(__name__)


def configure(settings: Settings, run: Run) -> None:
    """Say who we are, hold the floor of politeness, and drop all waits in replay."""
    agent = str(settings["USER_AGENT"])
    if run.conf.contact and run.conf.contact not in agent:
        settings.set("USER_AGENT", f"{agent} (+{run.conf.contact})", priority="cmdline")
    if settings["JOBDIR"]:
        logger.warning("JOBDIR is ignored: the data dir remembers what is still to be fetched")
        settings.set("JOBDIR", None, priority="cmdline")
    if run.conf.replay:
        settings.set("DOWNLOAD_DELAY", 0, priority="cmdline")
        return
    for message in enforce_floor(settings):
        logger.warning(message)
