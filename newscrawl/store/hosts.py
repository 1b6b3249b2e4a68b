"""Hosts: until when they want to be left alone."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from newscrawl.clock import iso
from newscrawl.store.database import transaction

#: How long a host's pages are left after the first, second, and each further series of refusals.
_LEFT_FOR = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))

#: The longest time for which a host is left at its own wish.
LONGEST = timedelta(days=30)


@dataclass(frozen=True)
class HostMemory:
    """What is remembered of a host; times are ISO text, UTC."""

    not_before: str | None = None
    pages_not_before: str | None = None
    refusals: int = 0
    """Series of refusals since the host last answered."""

    def is_closed(self, moment: datetime) -> bool:
        """Whether nothing may be asked."""
        return _is_ahead(self.not_before, moment)

    def closed_for_s(self, moment: datetime) -> float:
        """Seconds for which nothing may be asked."""
        if self.not_before is None or not self.is_closed(moment):
            return 0.0
        return (datetime.fromisoformat(self.not_before) - moment).total_seconds()

    def refuses_pages(self, moment: datetime) -> bool:
        """Whether its pages may not be asked for."""
        return _is_ahead(self.pages_not_before, moment)

    def closed_until(self, moment: datetime) -> str | None:
        """Until when its pages may not be asked for, ``None`` when they may be now."""
        times = (self.not_before, self.pages_not_before)
        return max((time for time in times if time and _is_ahead(time, moment)), default=None)


class Hosts:
    """Reads and writes ``hosts``, each change in a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def get(self, host: str) -> HostMemory:
        """Memory of a host."""
        row = self._db.execute(
            "SELECT not_before, pages_not_before, coalesce(refusals, 0) AS refusals FROM hosts"
            " WHERE host = ?",
            (host,),
        ).fetchone()
        return HostMemory(**dict(row)) if row is not None else HostMemory()

    def leave(self, host: str, until: datetime) -> bool:
        """The host asked to be left alone until some time; whether that is the latest it named."""
        if _is_ahead(self.get(host).not_before, until):
            return False
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO hosts (host, not_before) VALUES (?, ?)"
                " ON CONFLICT (host) DO UPDATE SET not_before = excluded.not_before",
                (host, iso(until)),
            )
        return True

    def refused(self, host: str, moment: datetime) -> datetime:
        """A series of refusals; gives until when the host's pages are left."""
        refusals = self.get(host).refusals
        until = moment + _LEFT_FOR[min(refusals, len(_LEFT_FOR) - 1)]
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO hosts (host, pages_not_before, refusals) VALUES (?, ?, ?)"
                " ON CONFLICT (host) DO UPDATE SET pages_not_before = excluded.pages_not_before,"
                " refusals = excluded.refusals",
                (host, iso(until), refusals + 1),
            )
        return until

    def answered(self, host: str, moment: datetime) -> None:
        """A page came: earlier refusals are over; a time that the host has named holds."""
        if self.get(host) == HostMemory():
            return
        with transaction(self._db):
            if self.get(host).is_closed(moment):
                self._db.execute(
                    "UPDATE hosts SET pages_not_before = NULL, refusals = 0 WHERE host = ?",
                    (host,),
                )
            else:
                self._db.execute("DELETE FROM hosts WHERE host = ?", (host,))


def _is_ahead(time: str | None, moment: datetime) -> bool:
    """Whether a time is still to come; one beyond the longest wait was set by a wrong clock."""
    return time is not None and iso(moment) < time <= iso(moment + LONGEST)
