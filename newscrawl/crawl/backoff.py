"""Host back-off: when a host's pages are left alone because it refuses them.

It hears of an answer before anything else may leave. A callback would be too late: while it waits
for its turn the next request is on its way.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from newscrawl.clock import iso, now
from newscrawl.crawl.run import Refusal, Run
from newscrawl.errors import StorageFailed

logger = logging.getLogger(__name__)

#: What says nothing of the pages when it is answered.
_NO_PAGE = frozenset(["feed", "robots", "sitemap"])


class HostBackOff:
    """Counts refusals in a row; pages end the count, whatever robots.txt and feeds answer."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._refusals = 0
        self._has_answered = False

    def learn(self, url: str, status: int) -> None:
        """An answer came.

        Once the run has left the host, or its pages, the request was sent before that: what is
        remembered of the host stays.
        """
        run, kind = self._run, self._run.site.classify(url)
        if run.left is not None or run.refused is not None:
            return
        try:
            if status == HTTPStatus.FORBIDDEN and kind != "robots":
                self._refused()
            elif kind not in _NO_PAGE and (
                200 <= status < 300 or status == HTTPStatus.NOT_MODIFIED
            ):
                self._answered()
        except StorageFailed as error:
            run.fail(str(error))

    def _refused(self) -> None:
        run = self._run
        self._refusals += 1
        if self._refusals < run.conf.refusals:
            return
        until = moment = now()
        run.refused = Refusal(iso(until))
        logger.warning("refused: no more pages are asked for in this run")
        if not run.conf.replay:  # what an archive says binds nobody today
            with run.store.patient():
                until = run.store.hosts.refused(run.site.host, moment)
            run.refused = Refusal(iso(until))

    def _answered(self) -> None:
        run = self._run
        self._refusals = 0
        if not self._has_answered and not run.conf.replay:
            with run.store.patient():
                run.store.hosts.answered(run.site.host, now())
            self._has_answered = True
