"""The site that is crawled, what it has ever said, and what goes wrong with its answers.

What an article *is* is told by its ``content_id``: the site may give it another address, another
text, take it away and bring it back.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit

from fixtures import content
from fixtures.loopback import write_seeds
from fixtures.model import EDITIONS, HOST, Article, Column, encode
from fixtures.site import Answer, StandInSite
from fixtures.words import words
from newscrawl.rfi import SITE
from tests.faults.server import Peer

_HTML = ("Content-Type", "text/html; charset=UTF-8")
#: What may come of a request, by what is asked for. A listing that is falsely empty or missing
#: beyond page 1 tells that the listing ends there: a site that says so is believed.
FAULTS = {
    "article": ("503", "500", "403", "404", "429", "cut", "short", "reset", "304", "slow", "empty"),
    "listing": ("503", "500", "403", "429", "cut", "short", "reset", "304", "slow", "empty"),
    "feed": ("503", "404", "cut", "reset", "304", "slow", "empty"),
    "sitemap": ("503", "404", "cut", "reset", "304", "slow", "empty"),
    "robots": ("503", "reset", "slow", "404", "403"),
}
_SECOND = timedelta(seconds=1)
#: How often each kind occurs, where it may.
_WEIGHTS = {"404": 2, "503": 2, "cut": 2, "304": 2}


@dataclass
class Story:
    """One article of the site through all its changes."""

    article: Article
    born: datetime
    listed: bool = True
    away: bool = False
    """Whether its page is not there now."""
    was_missing: bool = False
    """Whether its page was ever answered with 404: only a walk that meets it may find it again."""
    paths: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    """Content hashes of every page of it that went out whole."""

    @property
    def id(self) -> str:
        """What stays the same."""
        return self.article.content_id


@dataclass(frozen=True)
class Weather:
    """What goes wrong with answers while one command runs."""

    share: float = 0.0
    kinds: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    seed: str = ""

    def fault(self, what: str, path: str, turn: int) -> str | None:
        """The fault of one answer: the same one for the same request."""
        if not self.share or what not in self.where:
            return None
        random = Random(f"{self.seed} {path} {turn}")
        possible = [kind for kind in self.kinds if kind in FAULTS[what]]
        if not possible or random.random() >= self.share:
            return None
        return random.choice(possible)


FINE = Weather()


def weather(random: Random, seed: str) -> Weather:
    """Some weather with faults."""
    where = random.choice([("article",), ("listing",), ("article", "listing"), tuple(FAULTS)])
    where = (*where, "robots") if random.random() < 0.1 else where
    every = sorted({kind for what in where for kind in FAULTS[what]})
    kinds = random.choices(
        every, [_WEIGHTS.get(kind, 1) for kind in every], k=random.randrange(1, 4)
    )
    return Weather(random.choice([0.1, 0.3, 0.6, 1.0]), tuple(kinds), where, seed)


class _Site(StandInSite):
    """Renders a page once as long as nothing changes."""

    def __init__(self, *, rows_per_page: int) -> None:
        super().__init__(rows_per_page=rows_per_page)
        self._pages: dict[str, tuple[str, bytes] | str | None] = {}

    def _touch(self) -> None:
        super()._touch()
        self._pages.clear()

    def _find(self, path: str) -> tuple[str, bytes] | str | None:
        if path not in self._pages:
            self._pages[path] = super()._find(path)
        return self._pages[path]


class World:
    """The site, its truth, and its answers."""

    def __init__(self, random: Random, moment: datetime) -> None:
        self.moment = moment
        self.weather = FINE
        self.site: StandInSite = _Site(rows_per_page=random.choice([5, 6, 8]))
        self.stories: dict[str, Story] = {}
        self.redirects: dict[str, str] = {}
        self.on_request: Callable[[int], None] = lambda count: None
        """Told the number of each request of the command at work, before it is answered."""
        self.asked = 0
        self.statuses: Counter[int] = Counter()
        self.bare_304: set[str] = set()
        """Stories that were answered 304 although nobody had asked for that, by this command."""
        self.errors: list[str] = []
        self._turns: Counter[str] = Counter()
        self._hashes: dict[int, tuple[Article, str]] = {}
        self._lock = threading.RLock()
        self._taken: list[Story] = []
        self._last = moment - timedelta(hours=7)
        _build(self.site, random, moment)
        for article in self.site.articles():
            self._enter(article)

    # -- the truth -------------------------------------------------------------------------------

    def write_seeds(self, folder: Path) -> None:
        """Seeds of all columns."""
        folder.mkdir(exist_ok=True)
        write_seeds(self.site, folder)

    def story_at(self, url: str) -> Story | None:
        """The story that a URL ever led to by itself."""
        path = unquote(urlsplit(url).path)
        return next((story for story in self.stories.values() if path in story.paths), None)

    def text_of(self, article: Article) -> str:
        """Content hash of an article's page as the site has it now."""
        found = self._hashes.get(id(article))
        if found is None:
            html = self.site.answer(encode(article.path)).body.decode()
            read = SITE.read_article(html, article.url, datetime.now(UTC))
            found = self._hashes[id(article)] = (article, read.article.content_hash)
        return found[1]

    # -- changes ---------------------------------------------------------------------------------

    def change(self, random: Random) -> str:
        """Let something happen at the site; gives it in words."""
        with self._lock:
            kinds = ["publish"] * 6 + ["edit"] * 4 + ["move"] * 2 + ["take away"] * 2
            kinds += ["bring back"] * 2 + ["redirect"] * 2 + ["pin", "also in a section"]
            kind = random.choice(kinds)
            done = getattr(self, "_" + kind.replace(" ", "_"))(random)
            return f"{kind}: {done}" if done else ""

    def publish(self, random: Random, count: int) -> str:
        """New articles at the top of a column."""
        with self._lock:
            column = random.choice(self.site.columns())
            for _ in range(count):
                # Later than all before: a section stands in the order of time.
                self._last = max(self.moment - timedelta(minutes=20), self._last + _SECOND)
                (url,) = self.site.publish(column.edition.prefix, column.name, 1, self._last)
                self._enter(self.site.article(url))
            return f"{count} in {column.path}"

    def _publish(self, random: Random) -> str:
        return self.publish(random, random.choice([1, 1, 2, 3, 6, 9]))

    def _edit(self, random: Random) -> str:
        story = self._any(random)
        if story is None:
            return ""
        told = content.story(words(story.article.edition.prefix), random.randrange(20_000, 90_000))
        self.site.edit(story.article.url, title=told.title, paragraphs=told.paragraphs)
        self._renew(story)
        return story.article.url

    def _move(self, random: Random) -> str:
        story = self._any(random)
        if story is None or story.article.is_wire:
            return ""
        old = story.article.url
        story.article = self.site.article(self.site.move(old, f"other-{random.randrange(10**6)}"))
        story.paths |= {story.article.path, *story.article.other_paths}
        story.was_missing = True  # its old address is
        return f"{old} -> {story.article.url}"

    def _take_away(self, random: Random) -> str:
        story = self._any(random)
        if story is None or len(self.site.articles()) < 12:
            return ""
        self._remove(story)
        self._taken.append(story)
        return story.article.url

    def _bring_back(self, random: Random) -> str:
        if not self._taken:
            return ""
        story = self._taken.pop(random.randrange(len(self._taken)))
        self.site.bring_back(story.article)
        story.listed, story.away, story.was_missing = True, False, True
        return story.article.url

    def _redirect(self, random: Random) -> str:
        story, other = self._any(random), self._any(random)
        if story is None or other is None or story is other or len(self.site.articles()) < 12:
            return ""
        self._remove(story)
        self.redirects[story.article.path] = other.article.path
        return f"{story.article.url} -> {other.article.url}"

    def _pin(self, random: Random) -> str:
        story = self._any(random)
        if story is None:
            return ""
        self.site.pin(story.article.url)
        return story.article.url

    def _also_in_a_section(self, random: Random) -> str:
        story = self._any(random)
        sections = [column for column in self.site.columns() if column.kind == "section"]
        if story is None or story.article.other_paths or story.article.column.kind == "section":
            return ""
        here = [column for column in sections if column.edition == story.article.edition]
        if not here or story.article not in self.site.listed(story.article.column)[:2]:
            return ""  # a section shows it on top, as the latest
        newest = max((one.published_at for one in self.site.listed(here[0])), default=None)
        if newest is not None and newest >= story.article.published_at:
            return ""
        self.site.also_in(story.article.url, here[0])
        story.paths |= set(story.article.other_paths)
        return story.article.url

    def _any(self, random: Random) -> Story | None:
        there = [story for story in self.stories.values() if story.listed]
        new = [story for story in there if story.born > self.moment - timedelta(days=20)]
        return random.choice(new if new and random.random() < 0.5 else there) if there else None

    def _remove(self, story: Story) -> None:
        self.site.unpublish(story.article.url)
        story.listed, story.away, story.was_missing = False, True, True

    def _enter(self, article: Article) -> None:
        story = Story(article, article.published_at)
        story.paths |= {article.path, *article.other_paths}
        self.stories[story.id] = story

    def _renew(self, story: Story) -> None:
        story.article = self.site.article(story.article.url)

    # -- answers ---------------------------------------------------------------------------------

    def begin(self, weather: Weather, on_request: Callable[[int], None] | None = None) -> None:
        """Another command begins."""
        with self._lock:
            self.weather, self.asked = weather, 0
            self.on_request = on_request or (lambda count: None)
            self.statuses.clear()
            self.bare_304.clear()
            self._turns.clear()

    def fault(self, peer: Peer) -> bool:
        """Answer one request, rightly or not; whether the connection is kept."""
        try:
            return self._answer(peer)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  (of a thread: nobody else would hear of it)
            self.errors.append(f"the stand-in failed: {error!r} at {peer.asked.path}")
            return False

    def _answer(self, peer: Peer) -> bool:
        path = unquote(urlsplit(peer.asked.path).path)
        with self._lock:
            self.asked += 1
            self._turns[path] += 1
            self.on_request(self.asked)
            kind = self.weather.fault(_what(path), path, self._turns[path])
            answer = self._right(path, peer.asked.headers)
            story = self._story_there(path)
            if kind == "404" or answer.status == 404:
                found = self.story_at(HOST + encode(path))
                if found is not None:
                    found.was_missing = True
            if kind == "304" and story is not None and "if-none-match" not in peer.asked.headers:
                self.bare_304.add(story.id)
            if story is not None and answer.status == 200 and kind in (None, "slow"):
                story.texts.add(self.text_of(story.article))
            self.statuses[int(kind) if kind and kind.isdecimal() else answer.status] += 1
        return _send(peer, answer, kind)

    def _right(self, path: str, headers: dict[str, str]) -> Answer:
        to = self.redirects.get(path)
        if to is not None:
            return Answer(301, [("Location", HOST + encode(to))])
        return self.site.answer(encode(path), headers)

    def _story_there(self, path: str) -> Story | None:
        try:
            return self.stories.get(self.site.article(HOST + encode(path)).content_id)
        except KeyError:
            return None


def _send(peer: Peer, answer: Answer, kind: str | None) -> bool:
    """Send an answer as a fault leaves it; whether the connection is kept."""
    if kind == "slow":
        time.sleep(0.15)
    if kind in (None, "slow"):
        peer.answer(answer if answer.status != 304 else _bare(answer))
        return True
    if kind == "reset":
        peer.reset()
        return False
    if kind == "cut":
        peer.answer(Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2]))
        return True
    if kind == "short":
        length = [("Content-Length", str(len(answer.body) + 100))]
        peer.answer(Answer(answer.status, [*answer.headers, *length], answer.body))
        return False
    if kind == "empty":
        peer.answer(Answer(200, [_HTML], b""))
    elif kind == "304":
        peer.answer(_bare(Answer(304, [("ETag", '"nobody-asked"')])))
    else:
        peer.answer(Answer(int(kind), [_HTML], b"<html><body>no</body></html>"))
    return True


def _bare(answer: Answer) -> Answer:
    """A 304 says nothing of a length."""
    return Answer(304, [*answer.headers, ("Content-Length", "0")])


def _what(path: str) -> str:
    """What is asked for."""
    if path == "/robots.txt":
        return "robots"
    if path.startswith("/sitemaps/"):
        return "sitemap"
    if path.endswith("/rss"):
        return "feed"
    return "listing" if path.endswith("/") else "article"


def _build(site: StandInSite, random: Random, moment: datetime) -> None:
    """A handful of small columns of two editions; some articles are of these days."""
    for edition in ("cn", "en"):
        bank = words(edition)
        chosen = [entry for entry in bank.columns if entry["stories"]][: random.randrange(1, 3)]
        for number, entry in enumerate([*chosen, *bank.sections[:1]]):
            is_section = entry in bank.sections
            column = Column(
                EDITIONS[edition],
                entry["name"],
                entry["kind"],
                entry["name"],
                number,
                not is_section,
            )
            total = random.randrange(2, 13)
            articles = content.articles_of(column, total, 100 * number)
            site._add(column, [_recent(one, place, moment) for place, one in enumerate(articles)])
    for edition in ("cn", "en"):
        section = next(
            c for c in site.columns() if c.edition.prefix == edition and c.kind == "section"
        )
        first = next(c for c in site.columns() if c.edition.prefix == edition)
        for article in site.listed(first)[::4]:
            if not article.is_wire:
                site.also_in(article.url, section)


def _recent(article: Article, place: int, moment: datetime) -> Article:
    """The first articles of a column are of the last days: they are looked at again."""
    if place >= 4:
        return article
    article.published_at = moment - timedelta(hours=7 + 40 * place, minutes=article.column.number)
    article.modified_at = None
    return article
