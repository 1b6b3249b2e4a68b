"""Pruning as a process, after a real crawl."""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema

from tests.crawling import ROOT, scrapy
from tests.live.conftest import LiveSite

SHOW = ("-a", "columns=دفتر دانش")
LONG_AGO = 1_600_000_000


def prune(live: LiveSite, *arguments: str, code: int = 0) -> Any:
    settings = {
        "NEWSCRAWL_DATA_DIR": str(live.data),
        "NEWSCRAWL_RECORD": str(live.data / "warc"),
    }
    given = [part for item in settings.items() for part in ("-s", "=".join(item))]
    done = scrapy("prune", *given, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_old_logs_and_archives_go(live: LiveSite) -> None:
    live.crawl(*SHOW, "-s", f"NEWSCRAWL_RECORD={live.data / 'warc'}")
    live.crawl(*SHOW, "-s", f"NEWSCRAWL_RECORD={live.data / 'warc'}")
    log = live.data / "logs" / "1.log"
    (archive,) = (live.data / "warc").glob("rfi-1-*.warc.gz")
    for path in (log, archive, *live.data.glob("articles/*"), live.data / "newscrawl.db"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    total = log.stat().st_size + archive.stat().st_size
    assert "removed: 0 files, 0 bytes" in prune(live, "--older-than", "20000d").stdout

    told = prune(live, "--older-than", "90d", "--dry-run").stdout
    assert f"would be removed: 2 files, {total} bytes" in told
    assert log.exists()
    found = json.loads(prune(live, "--older-than", "90d", "--json").stdout)
    schema = json.loads((ROOT / "docs/json/prune.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert {entry["path"] for entry in found["removed"]} == {str(log), str(archive)}
    assert found["bytes"] == total
    assert not log.exists()
    assert not archive.exists()
    assert (live.data / "logs" / "2.log").exists()
    assert len(live.records) == len(live.rows("SELECT url FROM articles")) > 0
    assert list((live.data / "warc").glob("rfi-2-*.warc.gz"))


def test_wrong_use(live: LiveSite) -> None:
    assert "say how old" in prune(live, code=2).stderr
    live.data.mkdir()
    done = prune(live, "--older-than", "long", code=2)
    assert "give a duration as 90s, 5m, 1h or 30d" in done.stderr
    assert "unexpected argument" in prune(live, "--older-than", "1d", "all", code=2).stderr
    live.data = live.data / "none"
    assert "no data dir" in prune(live, "--older-than", "1d", code=2).stderr
