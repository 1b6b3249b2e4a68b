"""Record and replay: the same records, and in replay no socket at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fixtures.model import encode
from fixtures.site import Answer, StandInSite
from newscrawl.archives.reading import read_answers
from newscrawl.items import ARTICLE_FIELDS
from tests.crawling import ROOT, query, records, replay_settings, scrapy
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"
#: A column in which no article stands twice: of two copies the first to arrive gives the record.
ONE = ("-a", f"columns={SHOW}")

#: Scrapy's command line in a process that dies at the first socket it would use.
_NO_SOCKET = """
import os, sys
def hook(event, args):
    # urllib3, which Scrapy imports, binds this one while it is imported to learn of IPv6.
    if event == "socket.bind" and args[1] == ("::1", 0) and "scrapy.crawler" in sys.modules:
        return
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, f"SOCKET {event} {args[1:]}".encode())
        os._exit(77)
sys.addaudithook(hook)
from scrapy.cmdline import execute
execute(["scrapy", *sys.argv[1:]])
"""


def test_replay_opens_no_socket(tmp_path: Path) -> None:
    arguments = ("crawl", "rfi", *replay_settings(tmp_path / "data"), *FA)
    child = [sys.executable, "-c", _NO_SOCKET]
    done = subprocess.run(
        [*child, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert records(tmp_path / "data")
    # The same hook stops a live crawl: it does see sockets.
    live = ("crawl", "rfi", "-s", "NEWSCRAWL_ORIGIN=http://127.0.0.1:9", *FA)
    data = ("-s", f"NEWSCRAWL_DATA_DIR={tmp_path / 'live'}")
    stopped = subprocess.run(
        [*child, *live, *data], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert stopped.returncode == 77, stopped.stderr


def test_the_archive_gives_the_whole_site(replayed: Path) -> None:
    true = {article.url for article in StandInSite.load().articles()}
    lines = records(replayed)
    assert {record["url"] for record in lines} == true
    assert len(lines) == len(true)
    assert {url for (url,) in query(replayed, "SELECT url FROM articles")} == true


def test_every_record_of_both_outputs_fits_the_schema(replayed: Path) -> None:
    schema = json.loads((ROOT / "docs" / "json" / "article.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    lines = records(replayed)
    names = ", ".join(f'"{name}"' for name in ARTICLE_FIELDS)
    rows = [_record(row) for row in query(replayed, f"SELECT {names} FROM articles")]
    assert len(lines) == len(rows) > 400
    for record in (*lines, *rows):
        validator.validate(record)
        assert list(record) == list(ARTICLE_FIELDS)
        assert "" not in record.values()
        if record["body_status"] == "full":
            assert all(record[name] for name in ("title", "url", "published_at"))
    by_url = {record["url"]: record for record in rows}
    assert all(by_url[record["url"]] == record for record in lines)
    assert not validator.is_valid({**lines[0], "extra": 1})
    assert not validator.is_valid({**lines[0], "title": None})


def _record(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row with its lists and maps read."""
    record = dict(zip(ARTICLE_FIELDS, row, strict=True))
    structured = ("breadcrumb", "authors", "images", "audio", "videos", "tags")
    for name in (*structured, "alternates", "related", "rules"):
        record[name] = json.loads(record[name])
    return record


def test_the_record_in_the_readme_is_one_of_them(replayed: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = json.loads(readme.split("```json\n")[1].split("```")[0])
    (record,) = [found for found in records(replayed) if found["url"] == shown["url"]]
    assert list(shown) == list(record)
    for name, value in shown.items():
        if isinstance(value, str) and value.endswith("…"):
            assert record[name].startswith(value.removesuffix("…"))
        elif isinstance(value, dict):
            assert value.items() <= record[name].items()
        elif isinstance(value, list):
            assert record[name][: len(value)] == value
        else:
            assert record[name] == value


def test_what_record_wrote_replay_crawls_to_the_same_records(
    live: LiveSite, tmp_path: Path
) -> None:
    slow, moved = live.site.articles("fa", SHOW)[1:3]
    answers = [Answer(503), Answer(200, [("Content-Type", "text/html")], b"")]
    live.override(slow.path, lambda _: answers.pop() if answers else None)
    old = moved.path.replace("/202", "/old/202")
    target = "https://www.rfi.fr" + encode(moved.path)
    live.override(old, Answer(301, [("Location", target)]))
    folder = tmp_path / "warc"
    live.crawl(*ONE, "-s", f"NEWSCRAWL_RECORD={folder}")
    assert {url for (url,) in live.rows("SELECT url FROM articles")} == live.articles(SHOW)
    (archive,) = folder.iterdir()
    urls = [answer.url for _, answer in read_answers(archive)]
    assert all(url.startswith("https://www.rfi.fr/") for url in urls)
    assert len(urls) == len(live.asked())

    again = tmp_path / "again"
    done = scrapy("crawl", "rfi", *replay_settings(again, archive), *ONE)
    assert done.returncode == 0, done.stderr
    assert _sorted(records(again)) == _sorted(live.records)


def test_a_second_run_is_recorded_with_its_304s(live: LiveSite, tmp_path: Path) -> None:
    folder = tmp_path / "warc"
    given = (*ONE, "-s", f"NEWSCRAWL_RECORD={folder}")
    live.crawl(*given)
    live.crawl(*given)
    first, second = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    revisits = [answer for _, answer in read_answers(second) if answer.type == "revisit"]
    assert len(revisits) == 1
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path / "again", folder), *ONE)
    assert done.returncode == 0, done.stderr
    assert _sorted(records(tmp_path / "again")) == _sorted(live.records)
    assert first != second


def test_extract_gives_the_records_of_the_crawl(live: LiveSite, tmp_path: Path) -> None:
    folder = tmp_path / "warc"
    live.crawl(*FA, "-s", f"NEWSCRAWL_RECORD={folder}")
    out = tmp_path / "out.jsonl"
    done = scrapy("extract", *map(str, folder.iterdir()), "-o", str(out))
    assert done.returncode == 0, done.stderr
    found = {}
    for line in out.read_bytes().splitlines():
        record = json.loads(line)
        assert record.pop("source") == "archive"
        found[record["url"]] = record
    crawled = {record["url"]: record for record in live.records}
    for record in crawled.values():
        assert record.pop("source") == "column"
    for article in live.site.articles("fa"):
        if article.other_paths:  # of two copies the first to arrive gives the time
            crawled[article.url].pop("fetched_at")
            found[article.url].pop("fetched_at")
    assert found == crawled
    # A copy below a section is asked for when its twin has not come yet: as many as the crawl met.
    copies = live.run["asked"] - len(crawled)
    assert (f"repeated {copies}" if copies else "left out: no article") in done.stderr


def test_what_the_archive_lacks_is_a_counted_404(tmp_path: Path) -> None:
    data = tmp_path / "data"
    url = "https://www.rfi.fr/fa/x/20240101-not-there"
    for run in (1, 2, 3):
        done = scrapy("crawl", "rfi", *replay_settings(data), "-a", f"urls={url}")
        assert done.returncode == 1
        assert "all failed" in done.stderr
        log = (data / "logs" / f"{run}.log").read_text()
        assert "'newscrawl/replay/missing': 1" in log
        (reason,) = query(data, "SELECT reason FROM links WHERE url = ?", url)
        assert reason == ("not_archived",), "nothing that is gone"


def test_replay_does_not_wait_and_needs_no_contact(tmp_path: Path) -> None:
    """At the polite rate the 70 pages would take more than a minute."""
    given = replay_settings(tmp_path / "data", DOWNLOAD_DELAY="60")
    done = scrapy("crawl", "rfi", *given, *FA, timeout=50)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("given", ["NEWSCRAWL_REPLAY", "NEWSCRAWL_DATA_DIR"])
def test_settings_from_the_environment_and_the_command_line_wins(
    tmp_path: Path, given: str
) -> None:
    wrong = {given: str(tmp_path / "file" / "wrong")}
    (tmp_path / "file").write_text("in the way")
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path / "data"), *FA, **wrong)
    assert done.returncode == 0, done.stderr
    settings = replay_settings(tmp_path / "data")
    index = next(i for i, text in enumerate(settings) if text.startswith(given))
    rest = settings[: index - 1] + settings[index + 1 :]
    assert scrapy("crawl", "rfi", *rest, *FA, **wrong).returncode == 2


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda record: str(record["url"]))


def test_what_an_archive_lacks_ends_no_listing(live: LiveSite) -> None:
    """An archive of page 1 alone, replayed into the store of the crawl that recorded it."""
    record = live.data.parent / "recorded"
    live.crawl(*ONE, "-a", "max_pages=1", "-s", f"NEWSCRAWL_RECORD={record}")
    for _ in range(3):
        done = scrapy("crawl", "rfi", *replay_settings(live.data, record), *ONE)
        assert done.returncode == 0, done.stderr
        assert live.run["columns"][0]["over"] == "not_archived"
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
