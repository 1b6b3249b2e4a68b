"""A real ``scrapy browse`` over a store with articles that mean harm."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from newscrawl.items import Article, Author, Image, Tag
from newscrawl.store.database import connect, transaction
from newscrawl.store.records import insert, keep_version
from newscrawl.store.records import replace as replace_row
from tests.crawling import scrapy, start_scrapy
from tests.search.stand_in import fill, stand_in_records

SCRIPT = "<script>document.title='harmed'</script><img src=x onerror=\"document.title='harmed'\">"
HARM = "e" * 32
CHANGED = "c" * 32


@dataclass
class Browsing:
    """A server that runs, and the data dir it shows."""

    url: str
    folder: Path
    process: subprocess.Popen[str]

    def get(self, path: str, **headers: str) -> Any:
        """Status, headers and text of a page."""
        request = Request(self.url + quote(path, safe="/?=&%:-_+*"), headers=headers)
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def page(self, path: str) -> str:
        """Text of a page that must be there."""
        status, _, text = self.get(path)
        assert status == 200, text
        return str(text)

    def json(self, path: str) -> Any:
        """What a page tells programs."""
        return json.loads(self.page(path))


@contextmanager
def browse(folder: Path, *options: str, is_quiet: bool = True) -> Iterator[Browsing]:
    """Run ``scrapy browse`` until the block ends; it must have had nothing to complain of, where it
    ``is_quiet``."""
    log = folder.parent / f"{folder.name}-browse{''.join(options)}.log"
    with log.open("w") as errors:
        process = start_scrapy(
            "browse",
            "--port",
            "0",
            *options,
            "-s",
            f"NEWSCRAWL_DATA_DIR={folder}",
            stderr=errors,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            assert found, line + log.read_text()
            yield Browsing(found[0], folder, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert not (is_quiet and log.read_text())
    assert process.returncode == 0


def hostile(record: dict[str, Any]) -> Article:
    """An article whose every text is a script."""
    bad = "javascript:document.title='harmed'"
    return Article(
        **record
        | {
            "url_hash": HARM,
            "content_id": None,
            "edition": "en",
            "language": "en",
            "title": f"Harm {SCRIPT}",
            "surtitle": SCRIPT,
            "lead": f"harmful {SCRIPT}",
            "text": f"harmful {SCRIPT}\n\n{SCRIPT}",
            "html": SCRIPT,
            "column": SCRIPT,
            "section": SCRIPT,
            "authors": [Author(SCRIPT, bad)],
            "tags": [Tag(SCRIPT, bad)],
            "images": [Image(bad, SCRIPT, SCRIPT), Image('https://x.example/"onerror="y.png')],
            "published_at": "2026-06-30T05:00:00+00:00",
        }
    )


@pytest.fixture(scope="session")
def browsed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browsed") / "data"
    records = stand_in_records()
    fill(folder, records, indexed=False)
    plain = next(record for record in records if record["edition"] == "fa")
    plain = plain | {"url_hash": CHANGED, "content_id": None, "title": "عنوان کهنه"}
    with closing(connect(folder)) as connection, transaction(connection):
        insert(connection, hostile(records[0]), bodies=True)
        old = Article(**plain)
        insert(connection, old, bodies=True)
        keep_version(connection, CHANGED, "2026-07-01T00:00:00+00:00")
        text = (old.text or "") + "\n\nیک بند تازه"
        new = replace(old, title="عنوان تازه", text=text, version=2)
        replace_row(connection, new, bodies=True, updated_at="2026-07-01T00:00:00+00:00")
    done = scrapy("search", "x", "-s", f"NEWSCRAWL_DATA_DIR={folder}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def browsing(browsed_folder: Path) -> Iterator[Browsing]:
    with browse(browsed_folder) as found:
        yield found
