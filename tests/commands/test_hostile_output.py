"""Every command that prints, over a store whose every text is hostile: nothing of it is obeyed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newscrawl.items import Author, Tag
from newscrawl.rfi import SITE
from tests.crawling import ARCHIVE, SEEDS, scrapy
from tests.exports.hostile import hostile
from tests.store.test_store import capture, open_store
from tests.terminal import HARM, obeyed

URL = "https://www.rfi.fr/en/podcasts/x/20240101-bad-1"
#: Also in names of folders and files.
WORDS = f"harm {HARM} [red]markup[red] :smile:"


def hostile_store(folder: Path) -> None:
    """Two versions of an article, a run, a column and links, harmful in every text."""
    texts: dict[str, Any] = dict.fromkeys(
        ("column", "section", "title", "surtitle", "lead", "text", "html"), WORDS
    )
    store = open_store(folder)
    for number, title in ((1, WORDS), (2, f"{WORDS} again")):
        given = texts | {
            "url_hash": SITE.url_hash(URL),
            "title": title,
            "authors": [Author(WORDS)],
            "tags": [Tag(WORDS)],
            "content_hash": f"{number:032x}",
            "fetched_at": f"2024-01-0{number + 1}T10:00:00+00:00",
        }
        store.keep(capture(hostile(1, **given)))
    store.publish()
    store.close()
    summary = {"problems": [WORDS], "warnings": [WORDS], "owed": 1}
    with closing(sqlite3.connect(folder / "newscrawl.db")) as database, database:
        database.execute(
            "UPDATE runs SET ended_at = started_at, state = 'ended', exit_code = 1, verdict = ?,"
            " summary = ?, mode = ?, arguments = ?",
            (WORDS, json.dumps(summary), WORDS, json.dumps({WORDS: WORDS})),
        )
        column = (WORDS, f"https://www.rfi.fr/en/{WORDS}/", WORDS)
        database.execute(
            "INSERT INTO columns (edition, name, url, kind) VALUES ('en', ?, ?, ?)", column
        )
        database.execute(
            "INSERT INTO links (hash, url, state, attempts, reason) VALUES (x'01', ?, 0, 1, ?)",
            (f"https://www.rfi.fr/en/{WORDS}", WORDS),
        )


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of the stand-in, with columns of harmful names."""
    folder = tmp_path_factory.mktemp("seeds") / WORDS
    folder.mkdir()
    text = (SEEDS / "en.yaml").read_text("utf-8")
    name = "".join(f"\\U{ord(char):08x}" for char in WORDS)
    (folder / "en.yaml").write_text(text.replace('name: "', f'name: "{name} '), "utf-8")
    return folder


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> tuple[Path, Path]:
    """The store, and a file that is no archive."""
    folder = tmp_path_factory.mktemp("harmful") / WORDS
    hostile_store(folder)
    published = next((folder / "articles").glob("*.jsonl"))
    published.write_bytes(published.read_bytes().split(b"\n")[0] + b"\n{broken\n")
    archive = folder.parent / f"{WORDS}.warc.gz"
    archive.write_bytes(ARCHIVE.read_bytes()[:2_000_000])
    return folder, archive


def said(folder: Path, seeds: Path, *arguments: str, code: int = 0) -> str:
    """All that a command says, on whatever way."""
    settings = {"NEWSCRAWL_DATA_DIR": folder, "NEWSCRAWL_SEEDS": seeds}
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    done = scrapy(*arguments, *given)
    assert done.returncode == code, ascii(done.stdout + done.stderr)
    assert done.stdout + done.stderr
    if "--json" in arguments:
        json.loads(done.stdout)
    logs = "".join(log.read_text("utf-8") for log in (folder / "logs").glob("*.log"))
    return str(done.stdout + done.stderr + logs)


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, ("history", URL)),
        (0, ("history", URL, "--json")),
        (1, ("history", f"https://www.rfi.fr/en/{WORDS}")),
        (0, ("search", "harm")),
        (0, ("search", "harm", "--json")),
        (0, ("search", WORDS)),
        (1, ("status",)),
        (1, ("status", "--json")),
        (0, ("columns",)),
        (0, ("columns", "--json")),
        (2, ("columns", "--edition", WORDS)),
        (1, ("reconcile",)),
        (1, ("reconcile", "--json")),
        (0, ("prune", "--older-than", "0s", "--dry-run")),
        (0, ("prune", "--older-than", "0s", "--dry-run", "--json")),
        (2, ("merge", WORDS)),
        (1, ("forget", WORDS)),
        (2, ("crawl", "rfi", "-a", f"columns={WORDS}")),
        (2, ("crawl", WORDS)),
        (2, ("export", "jsonl", "-o", "{folder}")),
        (0, ("export", "csv", "--column", WORDS, "-o", "{new}")),
        (0, ("backup", "{new}")),
        (0, ("extract", "{archive}", "-o", "{new}")),
        (0, ("extract", "{archive}", "--into-store")),
        (0, ("extract", "{archive}", "--into-store", "--json")),
        (0, ("doctor", "--edition", "en", "--replay", str(ARCHIVE))),
        (0, ("doctor", "--edition", "en", "--replay", str(ARCHIVE), "--json")),
        (1, ("schedule", "--once", "--server", f"http://127.0.0.1:1/{WORDS}")),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_no_command_hands_on_what_a_terminal_obeys(
    harmful: tuple[Path, Path],
    seeds: Path,
    tmp_path: Path,
    code: int,
    arguments: tuple[str, ...],
) -> None:
    folder, archive = harmful
    names = {"folder": folder, "archive": archive, "new": tmp_path / WORDS}
    given = [one.format(**names) for one in arguments]
    told = said(folder, seeds, *given, code=code)
    assert obeyed(told) == []


@pytest.mark.parametrize("way", ["--json", None])
def test_commands_that_change_the_store(tmp_path: Path, seeds: Path, way: str | None) -> None:
    one, two = tmp_path / f"one {WORDS}", tmp_path / f"two {WORDS}"
    hostile_store(one)
    hostile_store(two)
    more = (way,) if way else ()
    assert obeyed(said(one, seeds, "merge", str(two), *more)) == []
    assert obeyed(said(one, seeds, "forget", URL, *more)) == []
    shutil.rmtree(two)
    assert obeyed(said(two, seeds, "status", *more)) == []


def test_a_run_its_summary_and_its_log(tmp_path: Path, seeds: Path) -> None:
    folder = tmp_path / WORDS
    for progress in ("plain", "live"):
        told = said(
            folder, seeds, "crawl", "rfi", "-s", f"NEWSCRAWL_REPLAY={ARCHIVE}", "-s",
            "LOG_LEVEL=DEBUG", "-s", f"NEWSCRAWL_PROGRESS={progress}", "-a", "mode=full",
        )  # fmt: skip
        # The table of a terminal moves the cursor: its escapes are our own.
        assert obeyed(told.replace("\x1b", "" if progress == "live" else "\x1b")) == []
        assert "[red]markup[red] :smile:" in told
