"""Comparing and rebuilding as a process, and crawls after it."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest

from tests.crawling import ROOT, records, scrapy, start_scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = ("-a", "columns=دفتر دانش")


def reconcile(
    live: LiveSite, *arguments: str, code: int = 0, outputs: str = "jsonlines,sqlite"
) -> Any:
    settings = {"NEWSCRAWL_DATA_DIR": str(live.data), "NEWSCRAWL_OUTPUTS": outputs}
    given = [part for item in settings.items() for part in ("-s", "=".join(item))]
    done = scrapy("reconcile", *given, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("outputs", ["jsonlines,sqlite", "jsonlines"])
def test_a_lost_database_is_rebuilt_and_nothing_stored_is_asked_for(
    live: LiveSite, outputs: str
) -> None:
    live.crawl(*FA, outputs=outputs)
    before = {record["url"]: record for record in live.records}
    assert "they agree" in reconcile(live, outputs=outputs).stdout
    for path in live.data.glob("newscrawl.db*"):
        path.unlink()
    assert "--rebuild database" in reconcile(live, code=1, outputs=outputs).stdout
    told = reconcile(live, "--rebuild", "database", outputs=outputs).stdout
    assert f"entered: {len(before)} versions, {len(before)} lines, {len(before)} links" in told
    assert "they agree" in told

    live.asked()
    new = live.site.publish("fa", SHOW[1].partition("=")[2], 2)
    live.crawl(*FA, outputs=outputs)
    asked = set(live.asked())
    assert asked & {unquote(urlsplit(url).path) for url in before} == set()
    assert live.run["new"] == 2
    assert live.run["changed"] == 0
    after = live.records
    assert {record["url"] for record in after} == {*before, *new}
    assert len(after) == len(before) + 2, "nothing twice"
    columns = live.rows("SELECT count(*) FROM columns WHERE floor IS NOT NULL")
    assert columns == live.rows("SELECT count(*) FROM columns WHERE last_rows IS NOT NULL")
    assert columns != [(0,)], "every column was walked"
    assert "they agree" in reconcile(live, outputs=outputs).stdout
    # A page is asked for once more under an address that only the lost database knew for an alias.
    others = {path for a in live.site.articles("fa") for path in a.other_paths}
    known = live.run["known"] + live.run["refreshed"]
    assert known == len(asked & others)


def test_damaged_and_missing_files_are_rebuilt(live: LiveSite) -> None:
    live.crawl(*FA, "-s", "NEWSCRAWL_JSONL_ROTATE=1h,20")
    paths = sorted((live.data / "articles").glob("*.jsonl"))
    before = {path: path.read_bytes() for path in paths}
    paths[0].unlink()
    damaged = paths[1].read_bytes()
    paths[1].write_bytes(damaged[: len(damaged) // 2])
    url = json.loads(before[paths[1]].splitlines()[-1])["url"]
    told = reconcile(live, code=1).stdout
    assert f"articles/{paths[0].name}: this published file is not there" in told
    assert f"articles/{paths[1].name}, line 20: " in told
    assert f"({url}): scrapy reconcile --rebuild files" in told
    assert "they agree" in reconcile(live, "--rebuild", "files").stdout
    assert {path: path.read_bytes() for path in paths} == before
    live.crawl(*FA)
    assert live.run["asked"] == 0


def test_a_lost_line_without_texts_is_asked_for_again(live: LiveSite) -> None:
    live.crawl(*SHOW, outputs="jsonlines")
    (path,) = (live.data / "articles").glob("*.jsonl")
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-1]) + whole[-1][:100])
    told = reconcile(live, "--rebuild", "files", outputs="jsonlines").stdout
    assert "owed again, the next crawl asks for them: 1 articles" in told
    live.crawl(*SHOW, outputs="jsonlines")
    assert live.run["new"] == 1
    urls = [record["url"] for record in records(live.data)]
    assert sorted(urls) == sorted(json.loads(line)["url"] for line in whole)


def test_no_files_at_all(live: LiveSite) -> None:
    live.crawl(*SHOW, outputs="sqlite")
    assert "0 files, 0 lines: they agree" in reconcile(live, outputs="sqlite").stdout


def test_forgotten_articles_leave_the_files(live: LiveSite) -> None:
    live.crawl(*SHOW)
    url = live.records[0]["url"]
    total = len(live.records)
    done = scrapy("forget", url, "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    assert done.returncode == 0
    assert f"a forgotten article ({url})" in reconcile(live).stdout
    reconcile(live, "--rebuild", "files")
    assert url not in [record["url"] for record in live.records]
    assert len(live.records) == total - 1
    assert "they agree" in reconcile(live).stdout
    again = scrapy("forget", url, "-s", f"NEWSCRAWL_DATA_DIR={live.data}")
    assert "still in" not in again.stdout


def test_as_json(live: LiveSite) -> None:
    live.crawl(*SHOW)
    schema = json.loads((ROOT / "docs/json/reconcile.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    (path,) = (live.data / "articles").glob("*.jsonl")
    for arguments, differences in (
        ((), 0),
        (("break",), 1),
        (("--rebuild", "database"), 1),
        (("--rebuild", "files"), 0),
    ):
        if arguments == ("break",):
            data = path.read_bytes()
            path.write_bytes(b"#" + data[1:])
            arguments = ()
        code = 1 if differences else 0
        found = json.loads(reconcile(live, "--json", *arguments, code=code).stdout)
        validator.validate(found)
        assert found["differences"] == len(found["findings"]) == differences
        assert found["agree"] == (differences == 0)


def test_while_a_crawl_runs_and_wrong_use(live: LiveSite) -> None:
    crawl = start_scrapy(*live.arguments(*FA, "-s", "DOWNLOAD_DELAY=0.1"))
    while len(live.server.requests) < 5:
        time.sleep(0.02)
    for arguments in ((), ("--rebuild", "files"), ("--rebuild", "database")):
        done = reconcile(live, *arguments, code=3)
        assert "another run holds" in done.stderr
    crawl.terminate()
    crawl.communicate(timeout=60)
    assert (
        "no such side; did you mean files?" in reconcile(live, "--rebuild", "file", code=2).stderr
    )
    live.data = live.data / "none"
    assert "neither" in reconcile(live, code=2).stderr
    assert not live.data.exists()
