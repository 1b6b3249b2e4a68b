"""Commands that write, and what must be there after a loss of power in the middle of each.

Each begins with a data dir that is whole. After the loss the ordinary next command must work; what
the exit code 0 or a line on the terminal promised must be there before it, and everything after.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.server import serve
from fixtures.site import StandInSite
from newscrawl.store import database
from newscrawl.upkeep.compare import Comparison
from tests.crawling import ROOT, SEEDS, query, records, replay_settings, scrapy

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
#: What a command says when it is done; a crawl says where its records are.
_RECORDS, _ARTICLES = b"records:", b" articles: "


class World:
    """A folder in which a command works, and what all of it begins with."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "world"
        self.kept = folder / "kept"
        self.kept.mkdir()
        site = StandInSite.load()
        articles = site.articles("fa", SHOW)
        self.expected = {article.url for article in articles}
        self.one = articles[2].url
        with serve(site) as server:
            record = self.kept / "record"
            self._begin(
                "full",
                *("crawl", "rfi", *ONE, "-s", f"NEWSCRAWL_ORIGIN={server.origin}"),
                *("-s", "DOWNLOAD_DELAY=0", "-s", f"NEWSCRAWL_RECORD={record}"),
                *("-s", f"NEWSCRAWL_SEEDS={SEEDS}"),
            )
        (self.archive,) = record.glob("*.warc.gz")
        self._begin(
            "one", "crawl", "rfi", "-a", f"urls={self.one}", *replay_settings(Path(), self.archive)
        )

    def _begin(self, name: str, *command: str) -> None:
        data = self.kept / name
        done = scrapy(*command, "-s", f"NEWSCRAWL_DATA_DIR={data}")
        assert done.returncode == 0, done.stderr

    @property
    def data(self) -> Path:
        """The data dir."""
        return self.root / "data"

    def start(self, data: str = "") -> None:
        """An empty world, or one with a data dir as a crawl left it: ``full``, or of ``one``."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        if data:
            shutil.copytree(self.kept / data, self.data)

    def crawling(self, *more: str) -> tuple[str, ...]:
        """A crawl, which finds all articles."""
        return ("crawl", "rfi", *ONE, *replay_settings(self.data, self.archive), *more)

    def command(self, *command: str) -> tuple[str, ...]:
        """Another command on the data dir."""
        return (*command, "-s", f"NEWSCRAWL_DATA_DIR={self.data}")

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> Any:
        """Run a command, which must end well and without a traceback."""
        done = scrapy(*command)
        said = f"{' '.join(command[:3])}: exit code {done.returncode}: {done.stdout}{done.stderr}"
        assert done.returncode in codes, said
        assert "Traceback" not in done.stderr, said
        return done


def check_whole(data: Path, expected: set[str]) -> None:
    """A data dir holds some articles, each once in files and database, and both agree."""
    urls = Counter(record["url"] for record in records(data))
    assert set(urls) == expected, f"missing in the files: {sorted(expected - set(urls))}"
    assert max(urls.values()) == 1, "a line stands twice"
    check_stored(data, expected)
    assert not list((data / "articles").glob("*.part")), "a file is unpublished"
    with closing(database.connect(data)) as connection:
        found = [one for one in Comparison(connection, data).findings() if one.is_difference]
    assert found == [], found[:3]


def check_stored(data: Path, expected: set[str]) -> None:
    """The database is sound and has some articles."""
    assert query(data, "PRAGMA integrity_check") == [("ok",)]
    stored = {url for (url,) in query(data, "SELECT url FROM articles")}
    assert stored == expected, f"stored: {len(stored)} of {len(expected)}"


@dataclass
class Scenario:
    """A command and its checks."""

    prepare: Callable[[World], None]
    command: Callable[[World], tuple[str, ...]]
    check: Callable[[World, bool, random.Random], None]
    """Told whether the command had promised that it was done."""
    promise: bytes = b"\0"
    """A part of the line that promises it, where there is one."""


def _crawl(*more: str, outputs: str = "jsonlines,sqlite", data: str = "") -> Scenario:
    more = (*more, "-s", f"NEWSCRAWL_OUTPUTS={outputs}")

    def check(world: World, is_done: bool, _: random.Random) -> None:
        whole = check_whole if "jsonlines" in outputs else check_stored
        if is_done:
            whole(world.data, world.expected)
        world.run(*world.crawling(*more))
        whole(world.data, world.expected)

    return Scenario(lambda w: w.start(data), lambda w: w.crawling(*more), check, _RECORDS)


def _content(path: Path) -> dict[str, bytes] | bytes | None:
    if path.is_dir():
        files = (file for file in sorted(path.rglob("*")) if file.is_file())
        return {str(file.relative_to(path)): file.read_bytes() for file in files}
    return path.read_bytes() if path.exists() else None


def _output(name: str, *command: str, old: bool = True, same: bool = True) -> Scenario:
    """A file or folder that a command makes; ``old``: in place of an earlier one."""
    states: dict[str, Any] = {}

    def given(world: World) -> tuple[str, ...]:
        parts = (part.format(out=world.root / name, archive=world.archive) for part in command)
        return world.command(*parts)

    def prepare(world: World) -> None:
        world.start("full")
        world.run(*given(world))
        states["new"] = _content(world.root / name)
        world.start("one")
        if old:
            world.run(*given(world))
        states["old"] = _content(world.root / name)
        shutil.rmtree(world.data)
        shutil.copytree(world.kept / "full", world.data)

    def is_new(found: Any) -> bool:
        return bool(found == states["new"] if same else found and found.endswith(b"</html>"))

    def check(world: World, is_done: bool, _: random.Random) -> None:
        out = world.root / name
        found = _content(out)
        if is_done:
            assert is_new(found), "what was written is not there, or not whole"
        elif found is None and isinstance(states["old"], dict):
            kept = _content(out.with_name(out.name + ".old"))
            assert kept == states["old"], "the earlier export is gone, and the new one not there"
        else:
            assert is_new(found) or found == states["old"], "the output is torn"
        world.run(*given(world))
        assert is_new(_content(out))
        left = {path.name for path in out.parent.iterdir()} - {"data", out.name, "discovered"}
        assert not left or out.parent != world.root, f"left behind: {left}"

    return Scenario(prepare, given, check, b" records")


def _into_store() -> Scenario:
    def command(world: World) -> tuple[str, ...]:
        return world.command("extract", str(world.archive), "--into-store", "--jobs", "1")

    def check(world: World, is_done: bool, _: random.Random) -> None:
        if is_done:
            check_whole(world.data, world.expected)
        world.run(*command(world))
        check_whole(world.data, world.expected)

    return Scenario(lambda w: w.start("one"), command, check)


def _backup() -> Scenario:
    def check(world: World, is_done: bool, _: random.Random) -> None:
        copy = world.root / "copies" / "copy"
        if not is_done and not (copy.exists() and any(copy.iterdir())):
            world.run(*world.command("backup", str(copy)))
        check_whole(copy, world.expected)

    return Scenario(
        lambda w: w.start("full"),
        lambda w: w.command("backup", str(w.root / "copies" / "copy")),
        check,
        _ARTICLES,
    )


def _restore() -> Scenario:
    def prepare(world: World) -> None:
        world.start("full")
        world.run(*world.command("backup", str(world.root / "copy")))
        shutil.rmtree(world.data)

    def command(world: World) -> tuple[str, ...]:
        return world.command("restore", str(world.root / "copy"))

    def check(world: World, is_done: bool, chance: random.Random) -> None:
        if is_done:
            check_whole(world.data, world.expected)
        elif chance.random() < 0.5:  # somebody crawls first
            done = world.run(*world.crawling(), codes=(0, 2))
            assert done.returncode == 0 or "no database" in done.stderr, done.stderr
        if not (world.data / "newscrawl.db").exists():
            world.run(*command(world))
        check_whole(world.data, world.expected)
        world.run(*world.crawling())
        check_whole(world.data, world.expected)

    return Scenario(prepare, command, check, _ARTICLES)


def _reconcile(side: str) -> Scenario:
    def prepare(world: World) -> None:
        world.start("full")
        if side == "database":
            (world.data / "newscrawl.db").unlink()
            return
        (file,) = (world.data / "articles").glob("*.jsonl")
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] + bytes(5000))

    def command(world: World) -> tuple[str, ...]:
        return world.command("reconcile", "--rebuild", side)

    def check(world: World, is_done: bool, _: random.Random) -> None:
        if is_done:
            check_whole(world.data, world.expected)
        world.run(*command(world))
        check_whole(world.data, world.expected)
        world.run(*world.crawling())
        check_whole(world.data, world.expected)

    return Scenario(prepare, command, check, b": they agree")


def _merge() -> Scenario:
    def prepare(world: World) -> None:
        world.start("one")
        shutil.copytree(world.kept / "full", world.root / "other")

    def command(world: World) -> tuple[str, ...]:
        return world.command("merge", str(world.root / "other"))

    def check(world: World, is_done: bool, _: random.Random) -> None:
        if is_done:
            check_whole(world.data, world.expected)
        world.run(*command(world))
        check_whole(world.data, world.expected)
        check_whole(world.root / "other", world.expected)

    return Scenario(prepare, command, check, b"source")


def _forget() -> Scenario:
    def command(world: World) -> tuple[str, ...]:
        return world.command("forget", world.one)

    def check(world: World, is_done: bool, _: random.Random) -> None:
        if not is_done:
            world.run(*command(world))
        rest = world.expected - {world.one}
        (lead,) = (one["lead"] for one in records(world.kept / "full") if one["url"] == world.one)
        held = b"".join(path.read_bytes() for path in world.data.glob("newscrawl.db*"))
        assert lead.encode() not in held, "its text is still in the database or its log"
        check_stored(world.data, rest)
        world.run(*world.crawling())
        check_stored(world.data, rest)

    return Scenario(lambda w: w.start("full"), command, check, b": forgotten")


def _prune() -> Scenario:
    def command(world: World) -> tuple[str, ...]:
        return world.command("prune", "--older-than", "0s")

    def check(world: World, is_done: bool, _: random.Random) -> None:
        if not is_done:
            world.run(*command(world))
        assert not list((world.data / "logs").iterdir()), "a log that was removed is back"
        check_whole(world.data, world.expected)

    return Scenario(lambda w: w.start("full"), command, check, b"removed: ")


_NOTE = (
    "import sys; from datetime import UTC, datetime; from pathlib import Path;"
    "from newscrawl.schedule.memory import Memory, Sent;"
    "memory = Memory(Path(sys.argv[1]));"
    "memory.note(sys.argv[2:], Sent('http://a', datetime.now(UTC), 'j')); memory.live()"
)


def _schedule() -> Scenario:
    """What a schedule remembers, without the servers that it sends to."""

    def note(world: World, *editions: str) -> tuple[str, ...]:
        return ("-c", _NOTE, str(world.data), *editions)

    def prepare(world: World) -> None:
        world.start("one")
        subprocess.run([sys.executable, *note(world, "cn")], cwd=ROOT, check=True)

    def check(world: World, is_done: bool, _: random.Random) -> None:
        sent = json.loads((world.data / "schedule.json").read_text("utf-8"))["sent"]
        assert set(sent) == {"cn", "tw"} if is_done else "cn" in sent
        subprocess.run([sys.executable, *note(world, "tw")], cwd=ROOT, check=True)

    return Scenario(prepare, lambda w: note(w, "tw"), check)


def _again() -> Scenario:
    """A crawl that begins with what another one has left at a loss of power."""
    once = _crawl("-s", "NEWSCRAWL_JSONL_ROTATE=1h,3")

    def prepare(world: World) -> None:
        from tests.power_loss.recording import lose_power, record

        recording = record(world, once)
        lose_power(recording, world, random.Random(world.root.parent.name + "again"))

    return Scenario(prepare, once.command, once.check, once.promise)


SCENARIOS: dict[str, Scenario] = {
    "crawl": _crawl(),
    "crawl, rotating": _crawl("-s", "NEWSCRAWL_JSONL_ROTATE=1h,3"),
    "crawl, JSON Lines alone": _crawl(outputs="jsonlines"),
    "crawl, SQLite alone": _crawl(outputs="sqlite"),
    "crawl into a store": _crawl(data="one"),
    "crawl after a loss of power": _again(),
    "restore": _restore(),
    "backup": _backup(),
    "merge": _merge(),
    "forget": _forget(),
    "prune": _prune(),
    "reconcile --rebuild files": _reconcile("files"),
    "reconcile --rebuild database": _reconcile("database"),
    "extract --into-store": _into_store(),
    "extract -o": _output("out.jsonl", "extract", "{archive}", "-o", "{out}", old=False),
    "export jsonl": _output("out.jsonl", "export", "jsonl", "-o", "{out}"),
    "export csv": _output("out.csv", "export", "csv", "-o", "{out}", old=False),
    "export parquet": _output("out.parquet", "export", "parquet", "-o", "{out}"),
    "export rss": _output("feeds", "export", "rss", "-o", "{out}"),
    "export fulltext": _output("below/texts", "export", "fulltext", "-o", "{out}", old=False),
    "export fulltext, again": _output("texts", "export", "fulltext", "-o", "{out}"),
    "export dataset": _output("set", "export", "dataset", "-o", "{out}"),
    "report": _output("report.html", "report", "-o", "{out}", same=False),
    "schedule": _schedule(),
}
