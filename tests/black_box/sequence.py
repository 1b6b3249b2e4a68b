"""A sequence: its steps are done one after the other, and after each the data dir is judged."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from urllib.parse import unquote

from fixtures.model import HOST, encode
from tests.black_box.holding import Holding, Row, damage, holding, lines
from tests.black_box.machine import CALM, Done, Machine, Started
from tests.black_box.plan import Plan, Step
from tests.black_box.world import FINE, Story, World
from tests.faults.server import Hostile

BEGIN = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
_OWED = 0
#: Days between the last runs: by then every debt and every refusal is due.
_LATER = timedelta(days=8)
_SPEED = ("-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=1", "-s", "DOWNLOAD_TIMEOUT=10")
_GROUPS = {"parquet": "pyarrow", "dataset": "datasets"}


@dataclass(frozen=True)
class Violation:
    """A promise that was broken."""

    kind: str
    where: str
    """The step, by its seed and kind."""
    what: str

    def __str__(self) -> str:
        return f"{self.kind} after {self.where}: {self.what}"


@dataclass
class Known:
    """What a data dir must hold, and what it must not."""

    texts: set[tuple[str | None, str]] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)

    def copy(self) -> Known:
        """Of one moment."""
        return Known(set(self.texts), set(self.forgotten))


class Sequence:
    """One plan being carried out on a machine, against a world."""

    def __init__(
        self, machine: Machine, served: Hostile, plan: Plan, until: str | None = None
    ) -> None:
        """``until`` names a promise: once that is broken nothing more is done."""
        self.plan = plan
        self._until = until
        self.violations: list[Violation] = []
        self._machine = machine
        self._served = served
        self._now = BEGIN
        self._world = World(Random(f"world {plan.seed}"), BEGIN)
        served.patterns[:] = [("", self._world.fault)]
        served.requests.clear()
        self._seeds = machine.folder / "seeds"
        shutil.rmtree(self._seeds, ignore_errors=True)
        self._world.write_seeds(self._seeds)
        for path in self._seeds.glob("*.yaml"):
            path.write_text(path.read_text("utf-8") + "every: 6h\n", "utf-8")
        self._numbers = 0
        self._data = self._new("data")
        self._known = Known()
        self._backups: list[tuple[Path, Known]] = []
        self._sides: list[tuple[Path, Known]] = []
        self._archives: list[Path] = []
        self._where = "the beginning"
        self._has_mixed = False
        """Whether captures came in otherwise than by a crawl."""
        machine.moment = BEGIN

    @property
    def data(self) -> Path:
        """The data dir now."""
        return self._data

    def run(self) -> list[Violation]:
        """All steps, then the runs that must find everything."""
        with suppress(_Enough):
            for step in self.plan.steps:
                self._step(step)
            self._heal()
        for error in self._world.errors:
            self._broken("harness", error)
        return self.violations

    # -- steps -----------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        random = Random(step.seed)
        self._where = f"step {step.seed} ({step.kind})"
        self._pass(timedelta(seconds=step.advance_s))
        changes = [self._world.change(random) for _ in range(step.changes)]
        self._machine.transcript += [f"the site: {unquote(one)}" for one in changes if one]
        if step.weather.share:
            self._machine.transcript.append(f"faults: {step.weather}")
        began = time.time()
        with self._meanwhile(step):
            getattr(self, "_" + step.kind.replace(" ", "_"))(random, step)
        self._world.begin(FINE)
        self._date_files(began)
        self._judge()

    @contextmanager
    def _meanwhile(self, step: Step) -> Iterator[None]:
        """A crawl at work until the block ends."""
        if not step.meanwhile:
            yield
            return
        self._world.begin(step.weather)
        random = Random(f"meanwhile {step.seed}")
        crawl = self._start(Step("crawl", step.seed), "crawl", "rfi", *_SPEED)
        data = self._data
        time.sleep(random.random() * 0.5)
        try:
            yield
        finally:
            done = self._machine.wait(crawl)
            if data == self._data:
                self._judge_exit(step, done, {0, 1, 3})

    def _crawl(self, random: Random, step: Step) -> None:
        arguments = self._arguments(random)
        settings = {}
        archive = None
        if random.random() < 0.25:
            archive = self._new("warc")
            settings["NEWSCRAWL_RECORD"] = str(archive)
        sliding = random.random() < 0.15
        before = holding(self._data) if step.is_calm else None
        done = self._command(step, "crawl", "rfi", *_SPEED, *arguments, sliding=sliding, **settings)
        if archive is not None and any(archive.glob("*.warc.gz")):
            self._archives.append(archive)
        self._judge_crawl(step, [done], before)

    def _two_crawls(self, random: Random, step: Step) -> None:
        calm = replace(step, mishap=CALM)
        self._world.begin(step.weather)
        first = self._start(calm, "crawl", "rfi", *_SPEED, *self._arguments(random))
        if random.random() < 0.7:
            time.sleep(random.random() * 0.3)
        second = self._start(calm, "crawl", "rfi", *_SPEED, *self._arguments(random))
        both = [self._machine.wait(one) for one in (first, second)]
        self._judge_crawl(calm, both, None)

    def _replay(self, random: Random, step: Step) -> None:
        archive = self._archive(random)
        if archive is None:
            return
        side = self._new("replayed")
        settings = {"NEWSCRAWL_REPLAY": str(archive), "NEWSCRAWL_DATA_DIR": str(side)}
        done = self._command(step, "crawl", "rfi", **settings)
        self._judge_exit(step, done, {0, 1})
        self._add_side(side)

    def _replay_here(self, random: Random, step: Step) -> None:
        """An archive into the data dir itself: what it lacks says nothing of the site."""
        archive = self._archive(random)
        if archive is not None:
            done = self._command(step, "crawl", "rfi", NEWSCRAWL_REPLAY=str(archive))
            self._judge_exit(step, done, {0, 1})
            self._has_mixed = True

    def _merge(self, random: Random, step: Step) -> None:
        if not self._sides or random.random() < 0.4:
            self._make_side(random)
        side, known = random.choice(self._sides)
        done = self._command(step, "merge", str(side))
        self._judge_exit(step, done, {0})
        self._has_mixed = True
        if done.code == 0:
            self._known.forgotten |= known.forgotten
            self._known.texts |= known.texts

    def _backup(self, random: Random, step: Step) -> None:
        if holding(self._data) is None:
            return
        target = self._new("backup")
        known = self._known.copy()
        done = self._command(step, "backup", str(target))
        self._judge_exit(step, done, {0})
        if done.code == 0:
            self._judge_copy(target, known, "backup")
            self._backups.append((target, known))

    def _restore(self, random: Random, step: Step) -> None:
        if not self._backups:
            return
        source, known = random.choice(self._backups)
        target = self._new("restored")
        if step.meanwhile and random.random() < 0.7:
            self._restore_beside_a_crawl(random, step, source, target)
            return
        done = self._command(step, "restore", str(source), NEWSCRAWL_DATA_DIR=str(target))
        self._judge_exit(step, done, {0})
        if done.code != 0:
            found = holding(target) if not damage(target) else Holding()
            if found is not None or (target / "newscrawl.db").exists():
                self._judge_copy(target, known, "a restore that did not end")
                return
            calm = replace(step, mishap=CALM)
            done = self._command(calm, "restore", str(source), NEWSCRAWL_DATA_DIR=str(target))
            if done.code != 0:
                self._broken(
                    "restore_again", f"after a restore that did not end: {done.err[-300:]}"
                )
                return
        self._go_on_in(target, known)

    def _restore_beside_a_crawl(
        self, random: Random, step: Step, source: Path, target: Path
    ) -> None:
        """A crawl begins in the folder that is being restored into: one of them must leave."""
        calm = Step("restore", step.seed)
        there = {"NEWSCRAWL_DATA_DIR": str(target)}
        known = dict(self._backups)[source]
        both = [("restore", str(source)), ("crawl", "rfi", *_SPEED)]
        random.shuffle(both)
        first = self._start(calm, *both[0], **there)
        time.sleep(random.random() * 0.1)
        second = self._start(calm, *both[1], **there)
        all_done = [self._machine.wait(one) for one in (first, second)]
        for done in all_done:
            self._judge_exit(calm, done, {0, 2, 3} if done.arguments[0] == "restore" else {0, 1, 3})
        if any(done.code == 0 and done.arguments[0] == "restore" for done in all_done):
            self._go_on_in(target, known)

    def _go_on_in(self, target: Path, known: Known) -> None:
        """Another data dir takes the place of the one so far."""
        self._judge_copy(target, known, "restore")
        self._sides.append((self._data, self._known.copy()))
        self._data, self._known = target, known.copy()

    def _reconcile(self, random: Random, step: Step) -> None:
        if holding(self._data) is not None:
            self._judge_exit(step, self._command(step, "reconcile"), {0})

    def _rebuild_files(self, random: Random, step: Step) -> None:
        if holding(self._data) is not None:
            done = self._command(step, "reconcile", "--rebuild", "files")
            self._judge_exit(step, done, {0})

    def _rebuild_database(self, random: Random, step: Step) -> None:
        if holding(self._data) is not None:
            done = self._command(step, "reconcile", "--rebuild", "database")
            self._judge_exit(step, done, {0})

    def _lose_a_file(self, random: Random, step: Step) -> None:
        files = sorted((self._data / "articles").glob("*.jsonl"))
        if not files or self.plan.outputs != "jsonlines,sqlite":
            return
        lost = random.choice(files)
        lost.unlink()
        self._machine.transcript.append(f"lost: {lost.name}")
        self._command(step, "reconcile", "--rebuild", "files")
        calm = replace(step, mishap=CALM)
        self._judge_exit(calm, self._command(calm, "reconcile", "--rebuild", "files"), {0})

    def _lose_the_database(self, random: Random, step: Step) -> None:
        if "jsonlines" not in self.plan.outputs or holding(self._data) is None:
            return
        for path in self._data.glob("newscrawl.db*"):
            path.unlink()
        self._machine.transcript.append("lost: newscrawl.db")
        found = lines(self._data)
        if not found.records:
            return  # nothing to rebuild it from, and nothing was lost
        texts = {
            (line["content_id"], line["content_hash"])
            for line in found.records
            if line["body_status"] == "full"
        }
        self._known = Known(texts)
        self._has_mixed = True
        self._command(step, "reconcile", "--rebuild", "database")
        calm = replace(step, mishap=CALM)
        done = self._command(calm, "reconcile", "--rebuild", "database")
        self._judge_exit(calm, done, {0} if not found.parts else {0, 1})

    def _extract_to_store(self, random: Random, step: Step) -> None:
        archive = self._archive(random)
        if archive is None:
            return
        more = ["--apply"] if random.random() < 0.5 else []
        done = self._command(step, "extract", str(archive), "--into-store", "--jobs", "1", *more)
        self._judge_exit(step, done, {0, 1})
        self._has_mixed = True

    def _extract_to_file(self, random: Random, step: Step) -> None:
        archive = self._archive(random)
        if archive is None:
            return
        out = self._machine.disk / "extracted.jsonl"
        command = ("extract", str(archive), "-o", str(out), "--jobs", "1")
        self._judge_exit(step, self._command(step, *command), {0, 1})
        self._judge_json_lines(out)
        calm = replace(step, mishap=CALM)
        self._judge_exit(calm, self._command(calm, *command), {0, 1})
        self._judge_json_lines(out)

    def _export(self, random: Random, step: Step) -> None:
        before = holding(self._data)
        if before is None:
            return
        kind = random.choice(
            ["jsonl"] * 4 + ["csv", "csv", "rss", "fulltext", "parquet", "dataset"]
        )
        if kind in _GROUPS and not _is_installed(_GROUPS[kind]):
            kind = "jsonl"
        out = self._machine.disk / f"exported-{kind}"
        more = ["--versions"] if kind == "jsonl" and random.random() < 0.3 else []
        done = self._command(step, "export", kind, "-o", str(out), *more)
        self._judge_exit(step, done, {0})
        if kind == "jsonl":
            self._judge_json_lines(out)
        calm = replace(step, mishap=CALM)
        self._judge_exit(calm, self._command(calm, "export", kind, "-o", str(out), *more), {0})
        if kind == "jsonl":
            number = self._judge_json_lines(out)
            wanted = len(before.versions if more else before.current)
            if number != wanted and not step.meanwhile:
                self._broken("export", f"{number} lines of {wanted} records")

    def _prune(self, random: Random, step: Step) -> None:
        settings = {}
        if self._archives:
            settings["NEWSCRAWL_RECORD"] = str(random.choice(self._archives))
        age = random.choice(["1h", "2d", "30d"])
        done = self._command(step, "prune", "--older-than", age, **settings)
        self._judge_exit(step, done, {0})
        self._archives = [path for path in self._archives if any(path.glob("*.warc.gz"))]

    def _forget(self, random: Random, step: Step) -> None:
        before = holding(self._data)
        rows = [row for row in before.current if row.content_id] if before else []
        if not rows:
            return
        moved = [row for row in rows if self._leads_elsewhere(row)]
        rows = moved if moved and random.random() < 0.5 else rows
        for row in random.sample(rows, min(len(rows), random.choice([1, 1, 2]))):
            done = self._command(step, "forget", row.url)
            self._judge_exit(step, done, {0, 1} if step.meanwhile else {0})
            self._judge_forgotten(row, done)

    def _leads_elsewhere(self, row: Row) -> bool:
        """Whether the page of a record now leads to another one."""
        story = self._world.stories.get(row.content_id or "")
        return story is not None and story.article.path in self._world.redirects

    def _look(self, random: Random, step: Step) -> None:
        found = holding(self._data)
        if found is None:
            return
        url = random.choice(found.current).url if found.current else HOST + "/cn/20200101-x"
        commands: list[tuple[tuple[str, ...], set[int]]] = [
            (("status", "--json"), {0, 1}),
            (("history", url, "--json"), {0} if found.current else {1}),
            (("search", random.choice(["the", "科", "harbour"]), "--json"), {0}),
            (("columns", "--json"), {0}),
            (("schedule", "--once", "--dry-run"), {0, 1}),
        ]
        if random.random() < 0.2 and _is_installed("altair"):
            commands.append((("report", "-o", str(self._machine.disk / "report.html")), {0}))
        for command, codes in commands:
            self._judge_exit(step, self._command(step, *command), codes)

    def _delete_leftovers(self, random: Random, step: Step) -> None:
        places = [self._data / "locks"]
        if "sqlite" in self.plan.outputs:
            places.append(self._data / "articles")
        for place in places:
            for path in [*place.glob("*.part")] if place.name == "articles" else [*place.glob("*")]:
                self._machine.transcript.append(f"deleted: {path.name}")
                path.unlink()

    # -- the end ---------------------------------------------------------------------------------

    def _heal(self) -> None:
        """Ordinary runs in fine weather, then what must be true."""
        ended = self._now
        for number in range(1, 4):
            self._calm_crawl(f"update {number}")
        self._judge_listed(lambda story: not story.was_missing, "update runs")
        if not any(step.shift_s for step in self.plan.steps):
            self._judge_texts(
                lambda story: (
                    not story.was_missing and ended < story.born + timedelta(days=14) <= self._now
                ),
                "a look that was due",
            )
        self._calm_crawl("full", "-a", "mode=full")
        self._judge_listed(lambda story: True, "full walks")
        self._calm_crawl("refresh", "-a", "mode=refresh")
        self._judge_listed(lambda story: True, "a refresh")
        self._judge_texts(lambda story: True, "a refresh")
        self._judge_gone()
        self._judge_files()
        calm = Step("reconcile", "end")
        if holding(self._data) is not None:
            self._judge_exit(calm, self._command(calm, "reconcile"), {0})

    def _calm_crawl(self, name: str, *arguments: str) -> None:
        self._pass(_LATER)
        self._where = f"the end ({name})"
        step = Step("crawl", "end")
        before = holding(self._data)
        done = self._command(step, "crawl", "rfi", *_SPEED, *arguments)
        self._judge_crawl(step, [done], before)
        self._judge()

    # -- commands --------------------------------------------------------------------------------

    def _command(
        self,
        step: Step,
        *arguments: str,
        sliding: bool = False,
        **settings: str,
    ) -> Done:
        """Run a command with what happens to it."""
        started: list[Started] = []
        if not step.meanwhile:
            self._world.begin(step.weather, self._hook(step, started, sliding=sliding))
        with self._machine.room_left(step.mishap.room), self._busy(step.mishap.busy_s):
            started.append(self._start(step, *arguments, **settings))
            return self._machine.wait(started[0])

    def _start(self, step: Step, *arguments: str, **settings: str) -> Started:
        shown = {
            "NEWSCRAWL_ORIGIN": self._served.origin,
            "NEWSCRAWL_SEEDS": str(self._seeds),
            "NEWSCRAWL_DATA_DIR": str(self._data),
            "NEWSCRAWL_OUTPUTS": self.plan.outputs,
            "NEWSCRAWL_STOP_AFTER": str(self.plan.stop_after),
            "NEWSCRAWL_FULL_EVERY": self.plan.full_every,
            "NEWSCRAWL_LEASE_WAIT": "0s",
        }
        # What one command was given must not stay for the next one.
        self._machine.settings = {"NEWSCRAWL_RECORD": "", "NEWSCRAWL_REPLAY": "", **shown}
        return self._machine.start(*arguments, mishap=step.mishap, shift_s=step.shift_s, **settings)

    def _hook(self, step: Step, started: list[Started], *, sliding: bool) -> Callable[[int], None]:
        slides = Random(f"slides {step.seed}")
        at = slides.randrange(2, 12)

        def hook(count: int) -> None:
            if sliding and count == at:
                done = self._world.publish(slides, slides.randrange(1, 4))
                self._machine.transcript.append(f"the site, at request {count}: publish: {done}")
            mishap = step.mishap
            if count not in (mishap.kill_at_request, mishap.stop_at_request):
                return
            while not started:
                time.sleep(0.005)
            started[0].kill(9 if count == mishap.kill_at_request else 15)

        return hook

    def _busy(self, seconds: float) -> _Busy:
        return _Busy(self._data / "newscrawl.db", seconds)

    def _arguments(self, random: Random) -> list[str]:
        """What a crawl is asked to do."""
        given = {}
        mode = random.random()
        if mode < 0.25:
            given["mode"] = "full" if mode < 0.13 else "refresh"
        if random.random() < 0.3:
            given["sources"] = random.choice(
                ["feed", "sitemap", "columns,feed", "columns,sitemap", "columns,feed,sitemap"]
            )
        if random.random() < 0.2:
            given["since"] = f"{self._now - timedelta(days=random.choice([1, 3, 10, 60, 900])):%F}"
        if random.random() < 0.08:
            given["until"] = f"{self._now - timedelta(days=random.choice([0, 2, 5, 30])):%F}"
            if given.get("since", "") > given["until"]:
                del given["since"]
        if random.random() < 0.2:
            given["max_pages"] = str(random.choice([1, 1, 2]))
        which = random.random()
        if which < 0.1:
            given["editions"] = random.choice(["cn", "en"])
        elif which < 0.22:
            given["columns"] = random.choice(self._world.site.columns()).name
        elif which < 0.27:
            stories = [
                story
                for story in self._world.stories.values()
                if story.listed and story.id not in self._known.forgotten
            ]
            chosen = random.sample(stories, min(len(stories), random.randrange(1, 4)))
            if chosen:
                given = {"urls": ",".join(story.article.url for story in chosen)}
        return [part for name, text in given.items() for part in ("-a", f"{name}={text}")]

    # -- places ----------------------------------------------------------------------------------

    def _new(self, name: str) -> Path:
        self._numbers += 1
        return self._machine.disk / f"{name}-{self._numbers}"

    def _make_side(self, random: Random) -> None:
        """Another host has crawled too."""
        side = self._new("side")
        self._world.begin(FINE)
        calm = Step("crawl", "side")
        arguments = self._arguments(random)
        self._command(calm, "crawl", "rfi", *_SPEED, *arguments, NEWSCRAWL_DATA_DIR=str(side))
        self._add_side(side)
        if not self._sides:
            self._command(calm, "crawl", "rfi", *_SPEED, NEWSCRAWL_DATA_DIR=str(side))
            self._add_side(side)

    def _add_side(self, side: Path) -> None:
        found = holding(side)
        if found is not None:
            self._sides.append((side, Known(found.texts)))

    def _archive(self, random: Random) -> Path | None:
        """A recording, of this data dir's crawls or of another one's."""
        if not self._archives or random.random() < 0.4:
            archive, side = self._new("warc"), self._new("side")
            settings = {"NEWSCRAWL_RECORD": str(archive), "NEWSCRAWL_DATA_DIR": str(side)}
            arguments = self._arguments(random)
            self._command(Step("crawl", "side"), "crawl", "rfi", *_SPEED, *arguments, **settings)
            if any(archive.glob("*.warc.gz")):
                self._archives.append(archive)
        self._archives = [path for path in self._archives if any(path.glob("*.warc.gz"))]
        return random.choice(self._archives) if self._archives else None

    def _pass(self, time_: timedelta) -> None:
        self._now += time_
        self._machine.moment = self._world.moment = self._now

    def _date_files(self, began: float) -> None:
        """Files bear the time at which they were written: that of the machine, not the real one."""
        moment = self._now.timestamp()
        for folder in ("logs", "rejected", "articles"):
            for path in (self._data / folder).glob("*"):
                if path.stat().st_mtime >= began:
                    os.utime(path, (moment, moment))
        for archive in self._archives:
            for path in archive.glob("*"):
                if path.stat().st_mtime >= began:
                    os.utime(path, (moment, moment))

    # -- judging ---------------------------------------------------------------------------------

    def _broken(self, kind: str, what: str) -> None:
        what = what.replace(str(self._machine.disk), "")
        self.violations.append(Violation(kind, self._where, what))
        self._machine.transcript.append(f"!! {kind}: {what}")
        if kind == self._until:
            raise _Enough

    def _judge_exit(self, step: Step, done: Done, codes: Iterable[int]) -> None:
        """The exit code is one that the command may have, and nothing is a traceback."""
        command = " ".join(done.arguments[:2])
        if done.hung:
            self._broken("hang", f"{command} did not end")
        for text in (done.err, done.out):
            if "Traceback (most recent" in text:
                self._broken("traceback", f"{command}: {text[text.index('Traceback') :][-600:]}")
        mishap = step.mishap
        allowed = set(codes)
        if step.meanwhile:
            allowed.add(3)
        if mishap.kill_at or mishap.kill_at_request:
            allowed.add(-9)
        if mishap.room is not None or mishap.file_bytes or mishap.busy_s:
            allowed.add(1)
        if done.code not in allowed:
            said = (done.err.strip() or done.out.strip())[-300:]
            self._broken("exit", f"{command}: {done.code}, not {sorted(allowed)}: {said}")

    def _judge_crawl(self, step: Step, all_done: list[Done], before: Holding | None) -> None:
        """Exit codes of crawls, their logs, and what they say of themselves."""
        codes = {0, 1}
        refused = before is not None and before.left_until is not None
        told_missing = any(status >= 400 for status in self._world.statuses)
        if step.is_calm and len(all_done) == 1 and not refused and not told_missing:
            codes = {0}
        if len(all_done) > 1:
            codes.add(3)
        for done in all_done:
            self._judge_exit(step, done, codes)
        for log in (self._data / "logs").glob("*.log"):
            if log.stat().st_mtime > time.time() - 100:
                text = log.read_text("utf-8", "replace")
                if "Traceback (most recent" in text:
                    found = text[text.index("Traceback") :]
                    self._broken("traceback", f"{log.name}: {found[:1500]}")
        if len(all_done) == 1 and all_done[0].code == 0:
            self._judge_bare_304()

    def _judge_bare_304(self) -> None:
        """An article answered 304 that is not stored must be pending as a failure."""
        found = holding(self._data)
        if found is None:
            return
        stored = {row.content_id for row in found.current}
        settled = []
        for identity in sorted(self._world.bare_304 - stored):
            links = [
                found.links.get(sha256((HOST + encode(path)).encode()).hexdigest()[:32])
                for path in self._world.stories[identity].paths
            ]
            if any(link and link[0] == _OWED and not link[1] for link in links):
                settled.append(identity)
        if settled:
            self._broken("bare_304", f"{len(settled)} were answered 304, and are no failures")

    def _judge(self) -> None:
        """What must hold after every step."""
        wrong = damage(self._data)
        if wrong:
            self._broken("integrity", wrong)
            return
        found = holding(self._data)
        if found is None:
            if self._known.texts:
                self._broken("lost_database", "there is no database any more")
            return
        forgotten = self._known.forgotten
        held = found.texts
        lost = {text for text in self._known.texts - held if text[0] not in forgotten}
        if lost:
            self._broken(
                "lost_version", f"{len(lost)} texts, such as {self._named(min(lost, key=str))}"
            )
        back = {row.content_id for row in found.versions} & forgotten
        if back:
            self._broken("forgotten_back", ", ".join(sorted(map(str, back))))
        ids = [row.content_id for row in found.current if row.content_id]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            self._broken("duplicate", f"{len(twice)} articles, such as {twice[0]}")
        self._known.texts = {text for text in held if text[0] not in forgotten}
        self._judge_sums(found)

    def _judge_sums(self, found: Holding) -> None:
        for run in found.runs[-2:]:
            if not run["summary"]:
                continue
            summary = json.loads(run["summary"])
            names = "new changed refreshed known gone rejected left_out owed".split()
            ended = sum(summary[name] for name in names)
            if summary["differences"] or ended != summary["asked"]:
                self._broken(
                    "sums",
                    f"run {run['id']}: {summary['differences']}, {ended} of {summary['asked']}",
                )

    def _judge_copy(self, folder: Path, known: Known, what: str) -> None:
        """A copy of a data dir has all that was there when it began."""
        wrong = damage(folder)
        found = holding(folder) if not wrong else None
        if found is None:
            self._broken("half_copy", f"{what}: {wrong or 'no tables'}")
        elif known.texts - found.texts:
            self._broken("half_copy", f"{what}: {len(known.texts - found.texts)} texts are missing")

    def _judge_forgotten(self, row: Row, done: Done) -> None:
        found = holding(self._data)
        still = [one for one in found.versions if one.url_hash == row.url_hash] if found else []
        if done.code == 0 and still:
            self._broken("not_forgotten", f"{row.url}: {len(still)} versions are there")
        if not still:
            assert row.content_id is not None
            self._known.forgotten.add(row.content_id)

    def _judge_listed(self, which: Callable[[Story], bool], when: str) -> None:
        """Everything that the site lists is stored."""
        found = holding(self._data)
        stored = {row.content_id: row for row in found.current} if found else {}
        lost, gone = [], []
        for story in self._world.stories.values():
            if not story.listed or not which(story) or story.id in self._known.forgotten:
                continue
            row = stored.get(story.id)
            if row is None or row.body_status != "full":
                lost.append(story)
            elif row.gone_at and when != "update runs":
                gone.append(story)
        if lost:
            first = lost[0].article
            self._broken(
                "lost_article",
                f"{len(lost)} of {len(self._world.stories)} after {when}, such as {first.url}"
                f" of {first.published_at:%F}{self._link(found, lost[0])}",
            )
        if gone:
            self._broken("gone_wrongly", f"{len(gone)} after {when}, such as {gone[0].article.url}")

    def _judge_texts(self, which: Callable[[Story], bool], when: str) -> None:
        """The text of what is listed is what the site says now."""
        found = holding(self._data)
        stored = {row.content_id: row for row in found.current} if found else {}
        old = [
            story
            for story in self._world.stories.values()
            if story.listed
            and which(story)
            and story.id in stored
            and stored[story.id].body_status == "full"
            and stored[story.id].content_hash != self._world.text_of(story.article)
        ]
        if old:
            self._broken("old_text", f"{len(old)} after {when}, such as {old[0].article.url}")

    def _judge_gone(self) -> None:
        """No current record has a text that its page never had."""
        found = holding(self._data)
        for row in found.versions if found else []:
            story = self._world.stories.get(row.content_id or "")
            if row.body_status == "full" and story and row.content_hash not in story.texts:
                self._broken("foreign_text", f"{row.url} version {row.version}")
                return

    def _judge_files(self) -> None:
        """Lines and database say the same."""
        found, published = holding(self._data), lines(self._data)
        if published.parts:
            self._broken("part", ", ".join(published.parts))
        if published.torn:
            self._broken("torn_line", ", ".join(published.torn[:3]))
        if "jsonlines" not in self.plan.outputs:
            if published.records:
                self._broken("lines", "there are line files, and none were wanted")
            return
        by_key = published.by_key
        for row in found.versions if found else []:
            told = by_key.get((row.url_hash, row.version), [])
            if not told or told[-1]["content_hash"] != row.content_hash:
                self._broken(
                    "lines",
                    f"{row.url} version {row.version} has {'another line' if told else 'no line'}",
                )
                return
        if not self._has_mixed:
            for key, told in by_key.items():
                if len({record["content_hash"] for record in told}) > 1:
                    self._broken("lines", f"two texts of {key}")
                    return

    def _judge_json_lines(self, path: Path) -> int:
        """A file that is there is whole; gives its number of lines."""
        if not path.exists():
            return 0
        data = path.read_bytes()
        try:
            number = sum(bool(json.loads(line)) for line in data.split(b"\n") if line)
        except ValueError:
            self._broken("torn_output", path.name)
            return 0
        if data and not data.endswith(b"\n"):
            self._broken("torn_output", f"{path.name}: no end of line")
        return number

    def _named(self, text: tuple[str | None, str]) -> str:
        story = self._world.stories.get(text[0] or "")
        return f"{text[1]} of {story.article.url if story else text[0]}"

    def _link(self, found: Holding | None, story: Story) -> str:
        said = [
            f"{encode(path)}: {found.links[key]}"
            for path in sorted(story.paths)
            if found
            and (key := sha256((HOST + encode(path)).encode()).hexdigest()[:32]) in found.links
        ]
        return f" (links: {'; '.join(said) or 'none'})"


class _Enough(Exception):
    """The promise that was waited for is broken."""


class _Busy:
    """Another program that writes to a database for a while."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path, self._seconds = path, seconds
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        if not self._seconds or not self._path.exists():
            return
        ready = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(10)

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._thread.join(60)

    def _hold(self, ready: threading.Event) -> None:
        with suppress(sqlite3.Error):
            db = sqlite3.connect(self._path, timeout=5)
            try:
                db.execute("BEGIN IMMEDIATE")
                ready.set()
                time.sleep(self._seconds)
                db.rollback()
            finally:
                db.close()
        ready.set()


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None
