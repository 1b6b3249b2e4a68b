"""Looks again: which stored articles are due for one more look, for changes of the newsroom."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from newscrawl.clock import iso
from newscrawl.store.links import Link, columns_of, is_ahead, key_of


class Looks:
    """Reads ``articles`` and when each was last asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def due(
        self,
        editions: Collection[str],
        columns: Collection[int] | None,
        moment: datetime,
        steps_s: Sequence[float],
        budget: int,
    ) -> list[Link]:
        """Articles of some editions (of some columns: those that they list), newest first.

        A look is due when a step after the publication lies between the last time the page was
        asked for and now: one look however many steps have passed, and none is made up for steps
        before the first fetch.
        """
        if not steps_s or budget < 1:
            return []
        steps = sorted(timedelta(seconds=seconds) for seconds in steps_s)
        found: list[Link] = []
        rows = self._db.execute(
            "SELECT coalesce(s.url, a.url) AS url, a.url_hash, a.edition, a.published_at,"
            " a.fetched_at, s.checked_at FROM articles a LEFT JOIN article_state s USING (url_hash)"
            " WHERE a.published_at > ? AND a.gone_at IS NULL"
            " AND a.body_status <> 'summary' ORDER BY a.published_at DESC",
            # Older than the last step by as much again: whoever was not asked by then is left.
            (iso(moment - 2 * steps[-1]),),
        )
        for row in rows:
            published = datetime.fromisoformat(row["published_at"])
            asked = _asked(row, moment)
            is_due = any(asked < published + step <= moment for step in steps)
            if not is_due:
                continue
            link = Link(key_of(row["url"]), row["url"], None)
            if self._is_put_off(link.hash, moment):
                continue
            listed = (link.hash, bytes.fromhex(row["url_hash"]))
            if row["edition"] in editions and self._is_listed(listed, columns):
                found.append(link)
                if len(found) == budget:
                    break
        return found

    def changed(self, entries: Iterable[tuple[Link, datetime]], moment: datetime) -> list[Link]:
        """Links of stored articles that were last asked for before they changed.

        ``entries`` pairs a link with the time of its last change as the site tells it; a time that
        lies ahead of ``moment`` says nothing.
        """
        return [
            link
            for link, changed_at in entries
            if changed_at <= moment and self._was_asked_before(link.hash, changed_at, moment)
        ]

    def _was_asked_before(self, key: bytes, changed_at: datetime, moment: datetime) -> bool:
        row = self._db.execute(
            "SELECT a.published_at, a.fetched_at, s.checked_at FROM links l"
            " JOIN articles a ON a.url_hash = lower(hex(coalesce(l.article, l.hash)))"
            " LEFT JOIN article_state s USING (url_hash) WHERE l.hash = ? AND l.url IS NULL",
            (key,),
        ).fetchone()
        return row is not None and _asked(row, moment) < changed_at

    def _is_put_off(self, key: bytes, moment: datetime) -> bool:
        """Whether the last look failed, and the time for another try has not come."""
        row = self._db.execute("SELECT next_try FROM links WHERE hash = ?", (key,)).fetchone()
        return row is not None and row["next_try"] is not None and is_ahead(row["next_try"], moment)

    def _is_listed(self, keys: Iterable[bytes], columns: Collection[int] | None) -> bool:
        if columns is None:
            return True
        return any(not columns_of(self._db, key).isdisjoint(columns) for key in keys)


def _asked(row: sqlite3.Row, moment: datetime) -> datetime:
    """When a page was last asked for; times that are still to come were set by a wrong clock."""
    times = [row["fetched_at"], row["checked_at"] or row["fetched_at"]]
    past = [time for time in times if time <= iso(moment)]
    return datetime.fromisoformat(max(past, default=row["published_at"]))
