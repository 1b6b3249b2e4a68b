"""Every difference between database and files is found, told and mended from the right side."""

from __future__ import annotations

import json
import os
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from newscrawl.errors import Busy, UsageProblem
from newscrawl.lines import to_line
from newscrawl.store import Store
from newscrawl.store.database import FILE, connect
from newscrawl.store.folder import LOCKS
from newscrawl.store.locks import acquire
from newscrawl.upkeep import compare, rebuild_files
from newscrawl.upkeep.compare import Comparison, Finding
from newscrawl.upkeep.forget import forget
from newscrawl.upkeep.linereading import read_lines
from newscrawl.upkeep.rebuild_database import RebuiltDatabase, rebuild_database
from newscrawl.upkeep.rebuild_files import RebuiltFiles
from newscrawl.upkeep.reconcile import alone, opened
from tests.store.test_store import capture, keep_and_die, open_store, rows

BOTH = ("jsonlines", "sqlite")


@pytest.fixture
def folder(tmp_path: Path, make_article: Any) -> Path:
    """A data dir of two runs: four articles, the first of which has changed."""
    return fill(tmp_path, make_article)


def fill(folder: Path, make_article: Any, outputs: tuple[str, ...] = BOTH) -> Path:
    for numbers in ((1, 2, 3), (1, 4)):
        store = open_store(folder, outputs)
        for number in numbers:
            text = "A corrected text." if numbers == (1, 4) and number == 1 else f"Text {number}."
            later = f"2024-01-0{len(numbers)}T10:00:00+00:00"
            store.keep(capture(make_article(number, text=text, fetched_at=later)))
        store.publish()
        store.close()
    assert found(folder) == []
    return folder


def found(folder: Path) -> list[str]:
    return [finding.kind for finding in findings(folder)]


def findings(folder: Path) -> list[Finding]:
    with opened(folder, make=False) as connection:
        return list(Comparison(connection, folder).findings())


def mend_files(folder: Path) -> RebuiltFiles:
    with closing(connect(folder)) as connection:
        return rebuild_files.rebuild_files(connection, folder)


def mend_database(folder: Path, *, bodies: bool = True) -> RebuiltDatabase:
    with closing(connect(folder)) as connection:
        return rebuild_database(connection, folder, bodies=bodies)


def change(folder: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(sql, values)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "articles").iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files(folder)}


# -- what is found ----------------------------------------------------------------------------


def test_each_kind_has_words_and_is_in_the_schema() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs/json/reconcile.schema.json").read_text())
    kinds = schema["properties"]["findings"]["items"]["properties"]["kind"]["enum"]
    assert sorted(kinds) == sorted(compare.KINDS)


def test_a_missing_file(folder: Path) -> None:
    before = contents(folder)
    files(folder)[0].unlink()
    (finding,) = findings(folder)
    assert finding.kind == "missing_file"
    assert finding.file == "articles/rfi-20240601T120000Z-1-1.jsonl"
    assert mend_files(folder).files == [finding.file]
    assert found(folder) == []
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        (b'"title":"Story 2"', b'"title:"Story 2"', ["damaged_line"]),
        (b'"version":1,', b'"version":7,', ["other_record"]),
        (b'"content_hash":"', b'"content_hash":"x', ["other_record"]),
        (b"}\n", b"}", ["damaged_line", "missing_line"]),
        (b"story-2", b"story-9", ["damaged_line"]),
    ],
)
def test_a_damaged_line_is_written_again(
    folder: Path, old: bytes, new: bytes, kinds: list[str], make_article: Any
) -> None:
    before = contents(folder)
    path = files(folder)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(old, new)
    path.write_bytes(b"".join(lines))
    told = findings(folder)
    assert [finding.kind for finding in told][: len(kinds)] == kinds
    assert (told[0].file, told[0].line) == (f"articles/{path.name}", 2)
    if kinds[0] == "damaged_line":
        assert told[0].url == make_article(2).url
    mend_files(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_a_file_that_ends_early_or_is_zeros(folder: Path) -> None:
    before = contents(folder)
    first, second = files(folder)
    first.write_bytes(first.read_bytes()[:-10])
    second.write_bytes(bytes(len(second.read_bytes())))
    assert found(folder) == ["damaged_line", "damaged_line", "missing_line"]
    mend_files(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_a_line_taken_out_by_hand(folder: Path) -> None:
    before = contents(folder)
    path = files(folder)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert set(found(folder)) >= {"missing_line"}
    mend_files(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_a_repeated_line(folder: Path) -> None:
    before = contents(folder)
    first, second = files(folder)
    with second.open("ab") as stream:
        stream.write(first.read_bytes())
    assert found(folder) == ["repeated_line"] * 3
    mend_files(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_a_version_that_the_database_lacks(folder: Path, make_article: Any) -> None:
    key = make_article(2).url_hash
    change(folder, "DELETE FROM articles WHERE url_hash = ?", key)
    told = findings(folder)
    assert [finding.kind for finding in told] == ["not_in_database", "no_article"]
    assert told[0].url == make_article(2).url
    assert mend_database(folder).versions == 1
    assert found(folder) == []
    assert rows(folder, "SELECT count(*) FROM articles") == [(4,)]


def test_an_old_version_that_the_database_lacks(folder: Path, make_article: Any) -> None:
    change(folder, "DELETE FROM article_versions")
    assert found(folder) == ["not_in_database"]
    mend_database(folder)
    assert found(folder) == []
    assert rows(folder, "SELECT version, text FROM article_versions") == [(1, "Text 1.")]
    current = rows(folder, "SELECT version FROM articles WHERE content_id = 'ID1'")
    assert current == [(2,)], "an old version never takes the place of a newer one"


def test_an_unknown_file_is_entered(folder: Path) -> None:
    change(folder, "DELETE FROM lines WHERE file = 2")
    change(folder, "DELETE FROM line_files WHERE id = 2")
    assert found(folder) == ["unknown_file"]
    assert mend_database(folder).lines == 2
    assert found(folder) == []


def test_a_file_that_brings_nothing_is_left_to_the_user(folder: Path) -> None:
    copy = folder / "articles" / "rfi-20200101T000000Z-9-1.jsonl"
    copy.write_bytes(files(folder)[0].read_bytes())
    assert found(folder) == ["needless_file"]
    mend_database(folder)
    mend_files(folder)
    assert found(folder) == ["needless_file"]
    assert copy.exists()


def test_lines_that_are_not_entered(folder: Path) -> None:
    before = contents(folder)
    change(folder, 'DELETE FROM lines WHERE "offset" > 0')
    assert found(folder) == ["not_entered"] * 3
    mend_database(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_another_text_of_the_same_version(folder: Path, make_article: Any) -> None:
    other = json.loads(files(folder)[0].read_bytes().splitlines()[1])
    other["content_hash"] = "0" * 32
    path = folder / "articles" / "rfi-20230101T000000Z-9-1.jsonl"
    path.write_bytes(json.dumps(other).encode() + b"\n")
    assert found(folder) == ["other_text", "needless_file"]
    assert mend_database(folder) == RebuiltDatabase()


def test_versions_without_a_line(tmp_path: Path, make_article: Any) -> None:
    """A run that wrote line files was at work when their pages came."""
    folder = fill(tmp_path, make_article)
    change(folder, "UPDATE runs SET started_at = '2023-12-01', ended_at = '2024-02-01'")
    change(folder, "DELETE FROM lines WHERE file = 2")
    change(folder, "DELETE FROM line_files WHERE id = 2")
    files(folder)[1].unlink()
    assert found(folder) == ["no_line", "no_line"]
    assert mend_files(folder).files == ["articles/rfi-20240601T120000Z-1-2.jsonl"]
    assert found(folder) == []
    titles = [json.loads(line)["text"] for line in files(folder)[1].read_bytes().splitlines()]
    assert titles == ["A corrected text.", "Text 4."]


def test_articles_and_links_that_have_lost_each_other(folder: Path, make_article: Any) -> None:
    one, two = (bytes.fromhex(make_article(number).url_hash) for number in (1, 2))
    change(folder, "DELETE FROM links WHERE hash = ?", one)
    change(folder, "UPDATE links SET article = ? WHERE hash = ?", b"n" * 16, two)
    told = findings(folder)
    assert [finding.kind for finding in told] == ["no_link", "no_article"]
    assert told[0].url == make_article(1).url
    done = mend_database(folder)
    assert (done.links, done.dropped) == (1, 1)
    assert [kind for kind in found(folder) if kind != "no_link"] == []


def test_a_dead_runs_file_is_no_difference(tmp_path: Path, make_article: Any) -> None:
    pid = os.fork()
    if pid == 0:
        open_store(tmp_path).keep(capture(make_article()))
        os._exit(9)
    os.waitpid(pid, 0)
    (finding,) = findings(tmp_path)
    assert (finding.kind, finding.is_difference) == ("unfinished", False)
    mend_files(tmp_path)
    assert found(tmp_path) == []
    assert len(files(tmp_path)) == 1


def test_line_files_alone(tmp_path: Path, make_article: Any) -> None:
    """Without texts in the database a lost line is owed again, a whole one kept from its file."""
    folder = fill(tmp_path, make_article, ("jsonlines",))
    path = files(folder)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:50] + b"\n" + lines[2])
    done = mend_files(folder)
    assert (done.owed, done.lost) == (1, 0)
    assert path.read_bytes() == lines[0] + lines[2]
    assert found(folder) == []
    owed = rows(folder, "SELECT url FROM links WHERE state = 0")
    assert owed == [(make_article(2).url,)]


def test_line_files_alone_a_hole_over_the_end_of_a_line(tmp_path: Path, make_article: Any) -> None:
    """What stands behind the hole, on the same line now, is still whole."""
    folder = fill(tmp_path, make_article, ("jsonlines",))
    path = files(folder)[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + bytes(len(lines[1])) + lines[2])
    assert mend_files(folder).owed == 1
    assert path.read_bytes() == lines[0] + lines[2]
    assert found(folder) == []


def test_line_files_alone_a_lost_file(tmp_path: Path, make_article: Any) -> None:
    folder = fill(tmp_path, make_article, ("jsonlines",))
    first, _ = files(folder)
    first.unlink()
    done = mend_files(folder)
    assert (done.owed, done.lost) == (2, 1), "the first version of story 1 is lost for good"
    assert done.removed == [f"articles/{first.name}"]
    assert found(folder) == []
    assert rows(folder, "SELECT title FROM articles ORDER BY 1") == [("Story 1",), ("Story 4",)]
    store = open_store(folder, ("jsonlines",))
    assert store.keep(capture(make_article(2, text="Text 2."))).outcome == "new"
    store.publish()
    store.close()
    assert found(folder) == []


def test_sqlite_alone(tmp_path: Path, make_article: Any) -> None:
    folder = fill(tmp_path, make_article, ("sqlite",))
    assert files(folder) == []
    assert mend_files(folder) == RebuiltFiles()
    assert mend_database(folder) == RebuiltDatabase()


def test_a_change_of_outputs_is_no_difference(tmp_path: Path, make_article: Any) -> None:
    folder = fill(tmp_path, make_article, ("sqlite",))
    store = open_store(folder)
    store.keep(capture(make_article(9)))
    store.publish()
    store.close()
    assert found(folder) == []


# -- what was forgotten -----------------------------------------------------------------------


def test_a_forgotten_article_is_told_and_taken_out(folder: Path, make_article: Any) -> None:
    url = make_article(1).url
    before = contents(folder)
    forget(folder, [url])
    told = findings(folder)
    assert [(f.kind, f.line, f.url, f.is_difference) for f in told] == [
        ("forgotten", 1, url, False),
        ("forgotten", 1, url, False),
    ]
    assert mend_database(folder).versions == 0, "it does not come back from the files"
    assert contents(folder) == before
    assert len(mend_files(folder).files) == 2
    assert found(folder) == []
    assert not any(b"story-1" in data for data in contents(folder).values())
    assert sum(data.count(b"\n") for data in contents(folder).values()) == 3


def test_a_forgotten_line_taken_out_by_hand(folder: Path, make_article: Any) -> None:
    forget(folder, [make_article(3).url])
    path = files(folder)[0]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert found(folder) == []


def test_a_file_of_forgotten_articles_alone_goes(tmp_path: Path, make_article: Any) -> None:
    store = open_store(tmp_path)
    store.keep(capture(make_article()))
    store.publish()
    store.close()
    forget(tmp_path, [make_article().url])
    assert len(mend_files(tmp_path).removed) == 1
    assert files(tmp_path) == []
    assert found(tmp_path) == []


# -- a lost database ---------------------------------------------------------------------------


@pytest.mark.parametrize("bodies", [True, False])
def test_a_lost_database_comes_back_from_the_files(
    tmp_path: Path, make_article: Any, bodies: bool
) -> None:
    folder = fill(tmp_path, make_article, BOTH if bodies else ("jsonlines",))
    tables = ("articles", "article_versions", "lines")
    names = "url, version, title, text, html, tags, content_hash, fetched_at"
    wanted = {t: rows(folder, f"SELECT {names} FROM {t} ORDER BY 1, 2") for t in tables[:2]}
    wanted_lines = rows(folder, "SELECT * FROM lines ORDER BY 1, 2")
    for path in folder.glob(FILE + "*"):
        path.unlink()
    assert set(found(folder)) == {"unknown_file", "not_in_database"}
    assert not (folder / FILE).exists(), "comparing makes no database"
    done = mend_database(folder, bodies=bodies)
    assert (done.versions, done.lines) == (5, 5)
    assert found(folder) == []
    for table, expected in wanted.items():
        assert rows(folder, f"SELECT {names} FROM {table} ORDER BY 1, 2") == expected
    assert rows(folder, "SELECT * FROM lines ORDER BY 1, 2") == wanted_lines
    assert rows(folder, "SELECT id, state FROM runs") == [(1, "ended"), (2, "ended")]
    store = open_store(folder, BOTH if bodies else ("jsonlines",))
    assert store.keep(capture(make_article(2, text="Text 2."))).outcome == "known"
    changed = store.keep(capture(make_article(2, text="New.")))
    assert (changed.outcome, changed.cause, changed.article.version) == ("changed", "story", 2)
    store.publish()
    store.close()
    assert rows(folder, "SELECT max(id) FROM runs") == [(3,)], "numbers of runs are used once"
    assert found(folder) == []


def test_a_lost_database_and_the_file_of_a_dead_run(tmp_path: Path, make_article: Any) -> None:
    keep_and_die(tmp_path, make_article(1), make_article(2))
    (part,) = files(tmp_path)
    with part.open("ab") as stream:
        stream.write(b'{"url":"https://www.rfi.fr/en/torn')
    for path in tmp_path.glob(FILE + "*"):
        path.unlink()
    assert mend_database(tmp_path).versions == 2
    assert found(tmp_path) == []
    assert [path.name for path in files(tmp_path)] == [part.name.removesuffix(".part")]


def test_a_summary_stays_owed(tmp_path: Path, make_article: Any) -> None:
    folder = fill(tmp_path, make_article)
    path = files(folder)[1]
    summary = json.loads(path.read_bytes().splitlines()[1]) | {"body_status": "summary"}
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0] + to_line(summary))
    for database in folder.glob(FILE + "*"):
        database.unlink()
    mend_database(folder)
    assert found(folder) == []
    owed = rows(folder, "SELECT url FROM links WHERE state = 0")
    assert owed == [(make_article(4).url,)]
    states = rows(folder, "SELECT cause FROM article_state ORDER BY 1")
    assert states == [(None,), (None,), ("full",), ("full",)]


def test_hostile_lines_do_not_enter(folder: Path) -> None:
    good = json.loads(files(folder)[0].read_bytes().splitlines()[1])
    bad: list[Any] = [
        [], 7, {}, {**good, "url": "file:///etc/passwd"}, {**good, "version": "1"},
        {**good, "version": True}, {**good, "version": 2**70}, {**good, "title": {"a": 1}},
        {**good, "tags": "x"}, {**good, "url": "https://www.rfi.fr/en/x/20240101-other"},
    ]  # fmt: skip
    path = folder / "articles" / "rfi-20230101T000000Z-9-1.jsonl"
    path.write_bytes(b"\n".join(json.dumps(entry).encode() for entry in bad) + b"\n" + b"[" * 9999)
    assert found(folder) == ["damaged_line"] * (len(bad) + 1) + ["needless_file"]
    assert mend_database(folder) == RebuiltDatabase()


# -- alone, safe, small ------------------------------------------------------------------------


def test_a_crawl_or_a_replay_at_work_keeps_it_out(folder: Path) -> None:
    for name in ("www.rfi.fr", "replay"):
        lock = acquire(folder / LOCKS / name, {"run": 1, "pid": 2, "since": "x"})
        with pytest.raises(Busy, match=r"run 1 of process 2"), alone(folder, "www.rfi.fr"):
            pytest.fail("it was let in")
        lock.release()
    with alone(folder, "www.rfi.fr"):
        pass


def test_an_empty_place_and_a_damaged_database(folder: Path, tmp_path: Path) -> None:
    none = tmp_path / "none"
    with pytest.raises(UsageProblem, match="neither"), alone(none, "www.rfi.fr"):
        pytest.fail("there is nothing")
    assert not none.exists()
    (folder / FILE).write_bytes(b"no database at all " * 500)
    with pytest.raises(UsageProblem, match="move it away"), opened(folder, make=True):
        pytest.fail("it is damaged")


@pytest.mark.parametrize("where", ["fsync", "rename", "mark"])
def test_a_death_while_files_are_written_again(folder: Path, make_article: Any, where: str) -> None:
    before = contents(folder)
    path = files(folder)[0]
    path.write_bytes(path.read_bytes().replace(b"Story 2", b"Story\n2"))
    pid = os.fork()
    if pid == 0:
        names = {"fsync": "os", "rename": "rename_durably", "mark": "mark_published"}
        target = os if where == "fsync" else rebuild_files
        attribute = "fsync" if where == "fsync" else names[where]
        setattr(target, attribute, lambda *_: os._exit(9))
        mend_files(folder)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    store = Store(folder, BOTH)
    store.mend()
    store.close()
    if where == "fsync":  # nothing was committed: still damaged
        assert found(folder) != []
        mend_files(folder)
    assert found(folder) == []
    assert contents(folder) == before


def test_a_hole_without_ends_of_lines_is_not_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rfi-20230101T000000Z-9-1.jsonl"
    with path.open("wb") as stream:
        stream.truncate(400 * 1024 * 1024)
    tracemalloc.start()
    try:
        assert len(list(read_lines(path))) == 1
        assert tracemalloc.get_traced_memory()[1] < 200 * 1024 * 1024
    finally:
        tracemalloc.stop()
