"""A loss of power: what was not synced may be missing, torn or zeros, and nothing is lost.

First, in which order a crawl syncs and renames; then data dirs of killed crawls from which the
unsynced part is taken away, as a disk without power would.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.model import encode
from fixtures.server import serve
from fixtures.site import StandInSite
from tests.crawling import ROOT
from tests.live.conftest import LiveSite
from tests.tampering import tampered

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")

#: Tells in a file, in order, what is done to the line files and their folder.
_WATCH = """
import os
log = os.open({file!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
names = {{}}
def tell(*words):
    os.write(log, (" ".join(map(str, words)) + "\\n").encode())
def name(descriptor):
    return os.path.basename(os.readlink(f"/proc/self/fd/{{descriptor}}"))
def watched(function, what, told):
    usual = getattr(os, function)
    def wrapped(*args, **kwargs):
        words = told(*args)
        result = usual(*args, **kwargs)
        tell(what, words)
        return result
    setattr(os, function, wrapped)
watched("pwrite", "write", lambda descriptor, *_: name(descriptor))
watched("ftruncate", "write", lambda descriptor, *_: name(descriptor))
watched("fsync", "sync", name)
watched("rename", "rename", lambda source, target: os.path.basename(source))
from newscrawl.store import linefiles, mend
for module in (linefiles, mend):
    usual = module.mark_published
    def marked(connection, file_id, usual=usual):
        tell("mark", file_id)
        return usual(connection, file_id)
    module.mark_published = marked
"""


def watch(live: LiveSite, folder: Path, *more: str) -> list[tuple[str, str]]:
    file = folder / "told"
    file.unlink(missing_ok=True)
    live.crawl(*ONE, *more, **tampered(folder / "watch", _WATCH.format(file=str(file))))
    told = [line.partition(" ") for line in file.read_text().splitlines()]
    return [(what, name) for what, _, name in told]


def check_order(told: list[tuple[str, str]]) -> int:
    """Bytes, then the name, then the folder are on the disk before the file is marked."""
    renames = [place for place, (what, _) in enumerate(told) if what == "rename"]
    for place in renames:
        name = told[place][1]
        writes = [n for n, event in enumerate(told) if event == ("write", name)]
        syncs = [n for n, event in enumerate(told) if event == ("sync", name)]
        assert writes
        assert any(max(writes) < sync < place for sync in syncs), f"{name} renamed unsynced"
        after = told[place + 1 :]
        marked = next(n for n, (what, _) in enumerate(after) if what == "mark")
        assert ("sync", "articles") in after[:marked], f"{name} marked before its folder is synced"
    return len(renames)


def test_a_files_bytes_are_synced_before_its_name_and_the_folder_after(
    live: LiveSite, tmp_path: Path
) -> None:
    assert check_order(watch(live, tmp_path, "-s", "NEWSCRAWL_JSONL_ROTATE=1h,5")) == 6


def test_a_mended_file_is_synced_in_the_same_order(live: LiveSite, tmp_path: Path) -> None:
    live.crawl_killed_at(live.site.articles("fa", SHOW)[5].path, *ONE)
    (path,) = (live.data / "articles").glob("*.part")
    os.truncate(path, path.stat().st_size // 2)
    told = watch(live, tmp_path)
    assert check_order(told) == 2
    assert ("rename", path.name) in told


@pytest.mark.debian
def test_commits_are_synced_before_the_next_page_is_asked_for(
    live: LiveSite, tmp_path: Path
) -> None:
    """What SQLite does, as the kernel saw it: each commit's write to the log is synced."""
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,fsync,fdatasync,rename,renameat,renameat2"
    command = ("strace", "-f", "-y", "-o", str(trace), "-e", calls, sys.executable, "-m", "scrapy")
    done = subprocess.run(
        [*command, *live.arguments(*ONE, "-a", "max_pages=1")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wal = [line for line in trace.read_text().splitlines() if "newscrawl.db-wal>" in line]
    lines = [line for line in trace.read_text().splitlines() if ".jsonl.part>" in line]
    synced = sum("sync(" in line for line in wal)
    assert synced >= len(live.stored) + 2, "a commit an article, and each is synced"
    assert "sync(" in wal[-1]
    assert "sync(" in lines[-1], "the last that is done to a line file before its rename"


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data dir of a crawl that died with some articles stored. Tests only copy it."""
    site = StandInSite.load()
    with serve(site) as server:
        live = LiveSite(site, server, tmp_path_factory.mktemp("dead") / "data")
        asked: list[str] = []

        def at_the_ninth(request: Any) -> None:
            if "/20" in request.path and request.path not in asked:
                asked.append(request.path)
            if len(asked) == 9 and crawl.poll() is None:
                crawl.kill()
                crawl.wait(60)

        live.override("*", at_the_ninth)
        crawl = live.start(*ONE)
        crawl.communicate(timeout=120)
    return live.data


@pytest.fixture
def killed(live: LiveSite, dead: Path) -> Path:
    """The unpublished line file of that crawl, in a data dir of the test's own."""
    shutil.copytree(dead, live.data)
    # The database is not asked: who closes it last tidies its log away.
    (path,) = (live.data / "articles").glob("*.part")
    assert len(ends(path.read_bytes())) >= 6
    return path


def ends(data: bytes) -> list[int]:
    """Offsets at which the lines of a file end."""
    return [place + 1 for place, byte in enumerate(data) if byte == 0x0A]


def whole(live: LiveSite, outputs: str = "jsonlines,sqlite") -> None:
    """An ordinary run ends with the undisturbed set."""
    live.crawl(*ONE, outputs=outputs)
    urls = [record["url"] for record in live.records]
    assert sorted(urls) == sorted(live.articles(SHOW)), "each once; none torn, or it were no JSON"
    assert {record["version"] for record in live.records} == {1}
    assert live.stored == live.articles(SHOW)
    assert live.owed == {}
    assert not list((live.data / "articles").glob("*.part"))
    assert live.rows("PRAGMA integrity_check") == [("ok",)]
    for name, offset, length, url_hash in live.rows(
        'SELECT f.name, l."offset", l.length, l.url_hash FROM lines l JOIN line_files f'
        " ON f.id = l.file"
    ):
        line = (live.data / "articles" / name).read_bytes()[offset : offset + length]
        assert url_hash.encode() in line
        assert line.endswith(b"}\n")


#: What is left of a file whose tail was never synced.
LOSSES: dict[str, Callable[[bytes], bytes]] = {
    "nothing is left": lambda data: b"",
    "cut in the first line": lambda data: data[:100],
    "cut in a later line": lambda data: data[: ends(data)[2] + 57],
    "cut one byte short of a line": lambda data: data[: ends(data)[3] - 1],
    "cut at a line's end": lambda data: data[: ends(data)[3]],
    "a torn line too many": lambda data: data + b'{"url":"https://www.rfi.fr/fa/torn',
    "a block of zeros too many": lambda data: data + bytes(4096),
    "all zeros": lambda data: bytes(len(data)),
    "zeros from the middle of a line": lambda data: (
        data[: ends(data)[2] + 57] + bytes(len(data) - ends(data)[2] - 57)
    ),
    "zeros from a line's end, and more of them": lambda data: (
        data[: ends(data)[3]] + bytes(len(data) + 4096 - ends(data)[3])
    ),
    "a block of zeros amid what was written": lambda data: (
        data[:4096] + bytes(4096) + data[2 * 4096 :]
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_unsynced_tail_of_a_line_file(live: LiveSite, killed: Path, loss: str) -> None:
    before = killed.read_bytes()
    killed.write_bytes(LOSSES[loss](before))
    whole(live)
    published = live.data / "articles" / killed.name.removesuffix(".part")
    assert published.read_bytes().startswith(before[: ends(before)[3]])


def test_a_line_file_that_is_wholly_lost(live: LiveSite, killed: Path) -> None:
    killed.unlink()
    whole(live)


@pytest.mark.parametrize("loss", ["nothing is left", "cut in a later line", "all zeros"])
def test_without_texts_in_the_database_lost_lines_are_fetched_again(
    live: LiveSite, loss: str
) -> None:
    live.crawl(*ONE, "-a", "max_pages=1", outputs="jsonlines")
    (path,) = (live.data / "articles").glob("*.jsonl")
    part = path.with_name(path.name + ".part")
    path.rename(part)
    part.write_bytes(LOSSES[loss](part.read_bytes()))
    live.change("UPDATE line_files SET published_at = NULL")
    live.change("UPDATE runs SET state = 'running', summary = NULL")
    whole(live, outputs="jsonlines")


def frames(log: bytes) -> Iterator[tuple[int, int, bool]]:
    """Begin and end of each valid frame of SQLite's write-ahead log, and whether it commits."""
    (page,) = struct.unpack(">I", log[8:12])
    salts, place = log[16:24], 32
    while place + 24 + page <= len(log) and log[place + 8 : place + 16] == salts:
        (commits,) = struct.unpack(">I", log[place + 4 : place + 8])
        yield place, place + 24 + page, commits > 0
        place += 24 + page


def last_commit(log: bytes) -> tuple[int, int]:
    """Begin and end of the last transaction in the log."""
    edges = [32, *(end for _, end, commits in frames(log) if commits)]
    return edges[-2], edges[-1]


@pytest.mark.parametrize("loss", ["all of it", "its first frame stays", "torn", "zeros"])
def test_the_unsynced_tail_of_the_databases_log(live: LiveSite, killed: Path, loss: str) -> None:
    """The power went while the last commit was being written: its line is there, its row is not."""
    wal = live.data / "newscrawl.db-wal"
    log = wal.read_bytes()
    begin, end = last_commit(log)
    first = next(stop for start, stop, _ in frames(log) if start == begin)
    assert first < end, "the transaction has several frames"
    kept = {"all of it": begin, "its first frame stays": first, "torn": end - 777, "zeros": begin}
    tail = bytes(len(log) - begin) if loss == "zeros" else b""
    wal.write_bytes(log[: kept[loss]] + tail)
    (live.data / "newscrawl.db-shm").unlink(missing_ok=True)  # does not outlive the power
    lines = len(ends(killed.read_bytes()))
    whole(live)
    published = live.data / "articles" / killed.name.removesuffix(".part")
    assert len(ends(published.read_bytes())) < lines, "a line without its row was cut off"


def test_both_tails_at_once(live: LiveSite, killed: Path) -> None:
    wal = live.data / "newscrawl.db-wal"
    begin, _ = last_commit(wal.read_bytes())
    os.truncate(wal, begin)
    (live.data / "newscrawl.db-shm").unlink(missing_ok=True)
    os.truncate(killed, ends(killed.read_bytes())[1] + 10)
    whole(live)


def test_the_paths_of_the_stand_in_tell_articles_from_listings(live: LiveSite) -> None:
    """What the fixture ``killed`` counts on."""
    listings = [column.path for column in live.site.columns()]
    assert not [path for path in listings if "/20" in encode(path)]
