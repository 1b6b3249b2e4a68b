"""The check-up: what is asked for, what it says, and that it notices."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fixtures.model import encode
from fixtures.site import Answer
from tests.crawling import ARCHIVE, ROOT, SEEDS, scrapy, start_scrapy
from tests.live.conftest import LiveSite

HTML = ("Content-Type", "text/html; charset=UTF-8")
REPLAY = ("doctor", "--replay", str(ARCHIVE), "-s", f"NEWSCRAWL_SEEDS={SEEDS}")


def doctor(live: LiveSite, *more: str, code: int = 0) -> Any:
    given = live.arguments()[2:]
    done = scrapy("doctor", *given, *more)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def broken(live: LiveSite, pattern: bytes) -> Any:
    """Answers in which a pattern of every article page is gone."""

    def answer(asked: Any) -> Answer | None:
        found = live.site.answer(asked.path, asked.headers)
        if b"data-article-content" not in found.body:
            return None
        return Answer(200, [HTML], re.sub(pattern, b"", found.body, flags=re.DOTALL))

    return answer


def test_every_edition_is_looked_at_politely(live: LiveSite) -> None:
    done = doctor(live, "--json")
    asked = live.asked()
    assert len(asked) == 1 + 5 * (1 + 3)
    assert asked[0] == "/robots.txt"
    report = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs/json/doctor.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    assert report["healthy"]
    assert [found["edition"] for found in report["editions"]] == ["cn", "en", "fa", "fr", "tw"]
    title = report["editions"][0]["fields"]["title"]
    assert title == {"first": 3, "fell_back": {}, "missing": 0}
    assert not list(live.data.glob("*.db")), "a check-up stores nothing"


def test_a_field_that_must_be_there_and_is_not(live: LiveSite) -> None:
    live.override("*", broken(live, rb'class="t-content__body.*?(?=<div class="t-content__shares)'))
    done = doctor(live, "--edition", "fa", code=1)
    assert "fa: NOT HEALTHY" in done.stdout
    assert "text is missing in https://www.rfi.fr/fa/" in done.stdout


def test_a_fall_back_is_named(live: LiveSite) -> None:
    live.override("*", broken(live, rb"<script type=.application/ld.json.*?</script>"))
    report = json.loads(doctor(live, "--edition", "fa", "--json").stdout)
    (found,) = report["editions"]
    assert found["fields"]["published_at"]["first"] == 0
    assert found["fields"]["published_at"]["fell_back"] == {"datalayer.publication": 3}
    told = doctor(live, "--edition", "fa").stdout
    assert "datalayer.publication 3" in told


def test_a_column_without_rows_is_passed_over(live: LiveSite) -> None:
    columns = [column for column in live.site.columns() if column.edition.prefix == "fa"]
    live.override(columns[0].path, Answer(404))
    report = json.loads(doctor(live, "--edition", "fa", "--json").stdout)
    assert report["editions"][0]["column"] == columns[1].name
    for column in columns[1:3]:
        live.override(column.path, Answer(200, [HTML], b"<main><div id=main-content></div></main>"))
    report = json.loads(doctor(live, "--edition", "fa", "--json", code=1).stdout)
    problems = " ".join(report["editions"][0]["problems"])
    assert "http_404" in problems
    assert "no rows were recognised" in problems


def test_saved_pages_become_a_test_case(live: LiveSite, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    doctor(live, "--edition", "fa", "--save", str(folder))
    (archive,) = folder.glob("*.warc.gz")
    drafts = [json.loads(line) for line in (folder / "expected.jsonl").read_bytes().splitlines()]
    assert len(drafts) == 3
    again = scrapy("doctor", "--replay", str(archive), "--edition", "fa", *live.arguments()[4:6])
    assert again.returncode == 0, again.stdout + again.stderr
    extracted = scrapy("extract", str(archive)).stdout.splitlines()
    titles = {json.loads(line)["title"] for line in extracted}
    assert titles == {draft["title"] for draft in drafts}


def test_a_refusal_and_no_robots_txt(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    assert "http_403" in doctor(live, "--edition", "fa", code=1).stdout
    live.override("/robots.txt", Answer(503))
    assert "robots.txt could not be had" in doctor(live, "--edition", "fa", code=1).stdout


def test_a_host_that_wants_to_be_left_alone_is_not_asked(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    live.crawl(code=1)
    live.server.overrides.clear()
    live.asked()
    done = doctor(live, "--edition", "fa", code=1)
    assert "www.rfi.fr is left alone until" in done.stderr
    assert live.asked() == []


def test_it_waits_for_nobody(live: LiveSite) -> None:
    first = start_scrapy(*live.arguments("-a", "editions=fa", "-s", "DOWNLOAD_DELAY=0.1"))
    while len(live.server.requests) < 3:
        pass
    done = doctor(live, "--edition", "fa", code=3)
    assert "run 1" in done.stderr
    first.communicate(timeout=60)
    assert first.returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--edition", "zz"), "unknown edition 'zz'"),
        (("--edtion", "cn"), "unknown option --edtion; did you mean --edition"),
        (("--replay", "/nowhere.warc"), "no archive at /nowhere.warc"),
        (("cn",), "unexpected argument 'cn'"),
    ],
)
def test_wrong_use(given: tuple[str, ...], said: str) -> None:
    done = scrapy("doctor", *given)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_live_check_up_needs_a_contact(tmp_path: Path) -> None:
    done = scrapy("doctor", "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}")
    assert done.returncode == 2
    assert "NEWSCRAWL_CONTACT" in done.stderr


def test_replay(tmp_path: Path) -> None:
    done = scrapy(*REPLAY, "-s", f"NEWSCRAWL_DATA_DIR={tmp_path / 'data'}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": healthy, column") == 5
    assert not (tmp_path / "data").exists()
    assert encode("/cn/") not in done.stderr
