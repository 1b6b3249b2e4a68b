"""``scrapy export``: which records it gives, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import query, records, scrapy
from tests.older import as_version_6
from tests.store.test_store import capture, open_store


def export(data: Path, *arguments: str) -> Any:
    return scrapy("export", *arguments, "-s", f"NEWSCRAWL_DATA_DIR={data}")


def exported(data: Path, *arguments: str) -> list[dict[str, Any]]:
    """Records of an export to standard output."""
    done = export(data, "jsonl", "-o", "-", *arguments)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.split("\n") if line]
    assert f"{len(found):,} records" in done.stderr
    return found


def test_the_lines_are_those_of_the_crawl(replayed: Path, tmp_path: Path) -> None:
    found = exported(replayed)
    assert found == sorted(records(replayed), key=lambda record: record["url_hash"])
    outs = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    assert [export(replayed, "jsonl", "-o", str(out)).returncode for out in outs] == [0, 0]
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "condition"),
    [
        (("--edition", "cn,fa"), "edition IN ('cn', 'fa')"),
        (("--column", "科技时空"), "\"column\" = '科技时空'"),
        (("--column", "harbour-talk"), "\"column\" = 'Harbour Talk'"),
        (("--kind", "episode"), "kind = 'episode'"),
        (("--language", "zh-Hant"), "edition = 'tw'"),
        (
            ("--since", "2024-03-01", "--until", "2024-06-30"),
            "published_at BETWEEN '2024-02-29T23:00:00+00:00' AND '2024-06-30T21:59:59+00:00'",
        ),
    ],
)
def test_filters(replayed: Path, arguments: tuple[str, ...], condition: str) -> None:
    wanted = query(replayed, f"SELECT url FROM articles WHERE {condition} ORDER BY url_hash")
    assert 0 < len(wanted) < 408
    assert [record["url"] for record in exported(replayed, *arguments)] == [u for (u,) in wanted]


def changed_store(folder: Path, make_article: Any, outputs: tuple[str, ...]) -> None:
    """Three articles, stored by one run."""
    store = open_store(folder, outputs=outputs)
    for number in (1, 2, 3):
        store.keep(capture(make_article(number)))
    store.publish()
    store.close()


def test_increments_and_versions(tmp_path: Path, make_article: Any) -> None:
    changed_store(tmp_path, make_article, ("jsonlines", "sqlite"))
    long_ago = "2024-01-01T00:00:00+00:00"
    with_run = open_store(tmp_path)
    with_run._db.execute("UPDATE article_changes SET changed_at = ?", (long_ago,))
    with_run.keep(capture(make_article(2, text="Another story.")))
    with_run.keep(capture(make_article(3, surtitle="Late")))
    with_run.keep(capture(make_article(1)))
    with_run.publish()
    with_run.close()
    run = str(query(tmp_path, "SELECT max(id) FROM runs")[0][0])
    found = {(one["content_id"], one["version"]) for one in exported(tmp_path)}
    assert found == {("ID1", 1), ("ID2", 2), ("ID3", 1)}
    recent = exported(tmp_path, "--changed-since", run)
    assert {(one["content_id"], one["version"]) for one in recent} == {("ID2", 2), ("ID3", 1)}
    versions = exported(tmp_path, "--versions", "--changed-since", run)
    numbers = [(one["content_id"], one["version"]) for one in versions]
    assert sorted(numbers) == [("ID2", 1), ("ID2", 2), ("ID3", 1)]
    assert numbers.index(("ID2", 1)) + 1 == numbers.index(("ID2", 2))
    assert exported(tmp_path, "--changed-since", "2040-01-01") == []


def test_only_full_records(tmp_path: Path, make_article: Any) -> None:
    changed_store(tmp_path, make_article, ("jsonlines", "sqlite"))
    store = open_store(tmp_path)
    store.keep(capture(make_article(4, body_status="summary", source="feed")))
    store.publish()
    store.close()
    assert len(exported(tmp_path)) == 4
    assert {one["body_status"] for one in exported(tmp_path, "--full")} == {"full"}


def test_texts_come_from_the_lines_where_the_database_has_none(
    tmp_path: Path, make_article: Any
) -> None:
    changed_store(tmp_path, make_article, ("jsonlines",))
    assert query(tmp_path, "SELECT count(text) FROM articles") == [(0,)]
    assert {one["text"] for one in exported(tmp_path)} == {f"Text of story {n}." for n in (1, 2, 3)}


def test_an_older_database_is_brought_up_to_date(tmp_path: Path, make_article: Any) -> None:
    changed_store(tmp_path, make_article, ("jsonlines", "sqlite"))
    store = open_store(tmp_path)
    as_version_6(store._db)
    for name in ("insert", "update", "delete"):
        store._db.execute(f"DROP TRIGGER article_changes_{name}")
    store._db.executescript(
        "DROP TABLE article_changes; DROP INDEX lines_version; PRAGMA user_version = 5"
    )
    store.close()
    assert len(exported(tmp_path, "--changed-since", "2024-01-01")) == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name the format"),
        (("jsnol",), "did you mean jsonl?"),
        (("jsonl",), "-o OUT"),
        (("jsonl", "-o", "x", "--edition", "cnn"), "did you mean cn?"),
        (("jsonl", "-o", "x", "--column", "科技"), "did you mean"),
        (("jsonl", "-o", "x", "--kind", "articles"), "did you mean article?"),
        (("jsonl", "-o", "x", "--since", "yesterday"), "give a date or time"),
        (("jsonl", "-o", "x", "--changed-since", "999"), "there is no run 999"),
        (("jsonl", "-o", "x", "--versoins"), "did you mean --versions"),
        (("jsonl", "-o", "/no/such/folder/x"), "cannot write"),
    ],
)
def test_wrong_use(replayed: Path, arguments: tuple[str, ...], told: str) -> None:
    done = export(replayed, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_what_stands_there_is_replaced_only_if_an_export_made_it(
    replayed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("my own\n")
    done = export(replayed, "jsonl", "-o", str(out))
    assert (done.returncode, out.read_text()) == (2, "my own\n")
    out.unlink()
    assert export(replayed, "jsonl", "-o", str(out)).returncode == 0
    assert export(replayed, "jsonl", "-o", str(out), "--edition", "fa").returncode == 0
    assert len(out.read_bytes().splitlines()) == len(exported(replayed, "--edition", "fa"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_without_a_store(tmp_path: Path) -> None:
    done = export(tmp_path / "none", "jsonl", "-o", str(tmp_path / "x"))
    assert (done.returncode, "crawl first" in done.stderr) == (2, True)


def test_a_device_is_not_replaced(replayed: Path) -> None:
    done = export(replayed, "jsonl", "-o", "/dev/null")
    assert (done.returncode, "no file" in done.stderr) == (2, True)
    assert Path("/dev/null").is_char_device()
