"""A random life of a site and of a store that follows it, from one seed.

Runs of every kind come between whatever a newsroom and a bad server do; at the end all faults are
lifted, what was removed comes back, and a few ordinary update runs must leave what the site lists,
each story once and alive, and nothing pending.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from newscrawl.crawl.arguments import Arguments
from tests.walk_simulation.crawl import (
    SEEDS,
    STOP_AFTER,
    Crawl,
    WalkSpider,
    tally_problems,
    template,
    world_of,
)
from tests.walk_simulation.site import COLUMNS, Answer, Story, World

_TEMPLATE: list[sqlite3.Connection] = []
#: What a server may do to one address during a run, and how often a run begins with each.
_FAULTS = ("503", "404", "reset", "cut", "unasked 304", "no rows", "403")


def play(seed: int, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Returns what went wrong; ``say`` is told each step."""
    return _Scenario(seed, say).play()


class _Scenario:
    def __init__(self, seed: int, say: Callable[[str], None]) -> None:
        self._rng = Random(seed)
        self._say = say
        self._site = WalkSpider.site
        self._world = World(datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=40))
        self._site.world = self._world  # type: ignore[attr-defined]
        if not _TEMPLATE:
            _TEMPLATE.append(template())
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        self._db.row_factory = sqlite3.Row
        _TEMPLATE[0].backup(self._db)
        self._faults: dict[str, str] = {}
        self._missed: set[str] = set()
        self._bumps = dict.fromkeys(COLUMNS, STOP_AFTER - 1)
        # A new slug while all pages carry one id cannot be told from a new story.
        self._events = [*_EVENTS, self._rng.choice((_Scenario._rename, _Scenario._share_an_id))]
        self._problems: list[str] = []

    def play(self) -> list[str]:
        with world_of(self._site, self._db):  # type: ignore[arg-type]
            self._backlog()
            for _ in range(self._rng.randrange(2, 5)):
                self._pass_time()
                self._crawl()
            self._faults = {}
            self._world.shared_id = None
            self._finish()
            self._finish()
            self._return_all()
            self._finish()
            self._judge()
        self._db.close()
        return self._problems

    def _backlog(self) -> None:
        """Stories of the weeks before, oldest first."""
        now, rng = self._world.moment, self._rng
        number = rng.randrange(2, 12)
        for age in range(number, 0, -1):
            self._world.moment = now - timedelta(hours=12 * age)
            self._publish()
        self._world.moment = now

    # -- what happens on the site ----------------------------------------------------------------

    def _pass_time(self) -> None:
        self._world.moment += timedelta(hours=self._rng.choice((1, 5, 20, 30, 60, 120)))
        for _ in range(self._rng.choice((0, 1, 1, 2))):
            event = self._rng.choice(self._events)
            event(self)

    def _publish(self) -> None:
        column = self._rng.choice(COLUMNS)
        columns = COLUMNS if self._rng.random() < 0.15 else (column,)
        self._world.publish(columns)

    def _news(self) -> None:
        for _ in range(self._rng.choice((1, 2, 4, 7))):
            self._publish()
            self._world.moment += timedelta(minutes=10)

    def _story(self) -> Story:
        return self._rng.choice(self._world.stories)

    def _edit(self) -> None:
        story = self._story()
        story.revision += 1
        if self._rng.random() < 0.3:
            story.title += "!"
        self._say(f"edit {story.number}")

    def _rename(self) -> None:
        """A new slug; the old address leads to it, or nowhere."""
        story = self._story()
        old = story.url
        story.addresses.append(f"{old}-x")
        if self._rng.random() < 0.5:
            self._world.redirects[old] = story.url
        self._say(f"rename {story.number}")

    def _remove(self) -> None:
        story = self._story()
        story.is_gone = True
        for rows in (*self._world.listed.values(), *self._world.pinned.values()):
            if story in rows:
                rows.remove(story)
        self._say(f"remove {story.number}")

    def _return(self) -> None:
        """A story that was removed is listed again, on top, under the address that it had."""
        gone = [story for story in self._world.stories if story.is_gone]
        if gone:
            self._list_again(self._rng.choice(gone))

    def _return_all(self) -> None:
        for story in self._world.stories:
            if story.is_gone:
                self._list_again(story)

    def _list_again(self, story: Story) -> None:
        story.is_gone = False
        self._world.listed[self._column_of(story)].insert(0, story)
        self._say(f"return {story.number}")

    def _move_up(self) -> None:
        """Old rows come to the top: never as many as end a walk."""
        column = self._rng.choice(COLUMNS)
        rows = self._world.listed[column]
        if self._bumps[column] and rows:
            self._bumps[column] -= 1
            story = self._rng.choice(rows)
            rows.remove(story)
            rows.insert(0, story)
            self._say(f"move up {story.number}")

    def _pin(self) -> None:
        column = self._rng.choice(COLUMNS)
        rows = self._world.listed[column]
        count = self._rng.randrange(STOP_AFTER + 2)
        self._world.pinned[column] = self._rng.sample(rows, min(count, len(rows)))

    def _share_an_id(self) -> None:
        """The template bug comes, or goes."""
        self._world.shared_id = None if self._world.shared_id else "ID of all"
        self._say(f"one id for all pages: {self._world.shared_id is not None}")

    def _column_of(self, story: Story) -> str:
        return next(column for column in COLUMNS if story.url.startswith(column))

    # -- what the crawl does ---------------------------------------------------------------------

    def _crawl(self) -> None:
        rng = self._rng
        arguments = self._arguments()
        columns = [rng.choice(SEEDS)] if rng.random() < 0.2 else SEEDS
        kill_at = rng.randrange(1, 12) if rng.random() < 0.3 else None
        self._break()
        crawl = Crawl(
            self._db,
            self._site,  # type: ignore[arg-type]
            rng,
            arguments=arguments,
            columns=columns,
            answer=self._answer,
            kill_at=kill_at,
        )
        crawl.go()
        told = {column.url[-4:-1]: column.over for column in crawl.run.tally.columns.values()}
        self._say(
            f"{self._world.moment:%d %H:%M} run {crawl.run.number} {_shown(arguments)}"
            f" {[column.name for column in columns]} faults {self._faults}: {told}"
            f" {dict(crawl.run.tally.outcomes)}{' killed' if crawl.died else ''}"
        )
        if not crawl.died:
            self._problems += [f"run {crawl.run.number}: {p}" for p in tally_problems(crawl.run)]

    def _arguments(self) -> Arguments:
        rng = self._rng
        given: dict[str, Any] = {}
        if rng.random() < 0.05 and self._world.stories:
            return Arguments(urls=(self._story().url,))
        given["mode"] = rng.choices(("update", "full", "refresh"), (8, 1, 1))[0]
        day = self._world.moment - timedelta(days=rng.randrange(7))
        if rng.random() < 0.3:
            given["since"] = day
        elif rng.random() < 0.1:
            given["until"] = day
        if rng.random() < 0.2:
            given["max_pages"] = rng.randrange(1, 3)
        given["sources"] = rng.choices(
            (("columns",), ("columns", "feed"), ("feed",), ("columns", "sitemap"), ("sitemap",)),
            (6, 2, 1, 1, 1),
        )[0]
        return Arguments(**given)

    def _break(self) -> None:
        """Faults of this run. Nothing is missing twice: a story would be gone, a listing over."""
        self._faults = {}
        if self._rng.random() < 0.03:
            self._faults["*"] = "403"
        for _ in range(self._rng.choice((0, 0, 1, 2))):
            fault = self._rng.choice(_FAULTS)
            if self._rng.random() < 0.5 or not self._world.stories:
                url = f"{self._rng.choice(COLUMNS)}{self._rng.choice(('', '2/', '3/'))}"
                if fault == "404" and url in COLUMNS:
                    continue  # the column itself would be gone
            else:
                url = self._story().url
            if fault in ("404", "no rows"):
                if url in self._missed:
                    continue
                self._missed.add(url)
            self._faults[url] = fault

    def _answer(self, url: str, etag: str | None) -> Answer | None:
        if self._rng.random() < 0.03:
            self._rng.choice((self._publish, self._news, self._edit))()
        fault = self._faults.get(url) or self._faults.get("*")
        if fault is None:
            return self._world.answer(url, etag)
        if fault.isdecimal():
            return Answer(int(fault))
        if fault == "reset":
            return None
        if fault == "unasked 304":
            return Answer(304) if etag is None else self._world.answer(url, etag)
        if fault == "no rows" and url.startswith(COLUMNS) and url.endswith("/"):
            return self._world.without_rows(url)
        return Answer(200, "!cut")

    def _finish(self) -> None:
        """An ordinary run a week later: what was put off is due."""
        self._world.moment += timedelta(days=8)
        crawl = Crawl(
            self._db,
            self._site,  # type: ignore[arg-type]
            self._rng,
            arguments=Arguments(),
            columns=SEEDS,
            answer=self._world.answer,
        )
        crawl.go()
        self._problems += [f"last runs: {p}" for p in tally_problems(crawl.run)]
        told = {column.url[-4:-1]: column.over for column in crawl.run.tally.columns.values()}
        self._say(f"last run {crawl.run.number}: {told} {dict(crawl.run.tally.outcomes)}")

    # -- what must hold then ---------------------------------------------------------------------

    def _judge(self) -> None:
        rows = self._db.execute("SELECT surtitle, title, url, gone_at, body_status FROM articles")
        found: dict[str, list[sqlite3.Row]] = {}
        for row in rows:
            found.setdefault(row["surtitle"], []).append(row)
        for number, records in found.items():
            if len(records) > 1:
                self._problems.append(f"story {number} is there {len(records)} times")
        listed = {story.number: story for rows in self._world.listed.values() for story in rows}
        for story in listed.values():
            self._judge_story(story, found.get(str(story.number), []))
        for row in self._db.execute("SELECT url, reason FROM links WHERE url IS NOT NULL"):
            self._problems.append(f"{row['url']} is still pending ({row['reason']})")

    def _judge_story(self, story: Story, records: list[sqlite3.Row]) -> None:
        if len(story.addresses) > 1 and not self._was_shown(story):
            return
        if not records:
            self._problems.append(f"story {story.number} ({story.url}) is lost")
        elif records[0]["gone_at"] is not None:
            self._problems.append(f"story {story.number} ({story.url}) counts as gone")
        elif records[0]["body_status"] != "full":
            self._problems.append(f"of story {story.number} there is only a summary")

    def _was_shown(self, story: Story) -> bool:
        """Whether the crawl can know the address: a new one deep in a listing, it cannot."""
        key = bytes.fromhex(self._site.url_hash(story.url))
        row = self._db.execute("SELECT 1 FROM links WHERE hash = ?", (key,)).fetchone()
        return row is not None


_EVENTS: tuple[Callable[[_Scenario], None], ...] = (
    *[_Scenario._news] * 4,
    *[_Scenario._edit] * 2,
    _Scenario._remove,
    _Scenario._return,
    _Scenario._move_up,
    _Scenario._pin,
)


def _shown(arguments: Arguments) -> str:
    names = ("mode", "since", "until", "max_pages", "sources", "urls")
    given = {name: getattr(arguments, name) for name in names}
    return " ".join(
        f"{name}={value:%m-%d}" if isinstance(value, datetime) else f"{name}={value}"
        for name, value in given.items()
        if value
    )
