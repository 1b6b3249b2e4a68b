"""A real Scrapyd: deployed to, scheduled over HTTP, and what the job wrote."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crawling import ARCHIVE, ROOT, SEEDS, last_run, query, records, scrapy

BIN = Path(sys.executable).parent
CONFIG = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
max_proc = 1
poll_interval = 0.2
eggs_dir = {folder}/eggs
logs_dir = {folder}/logs
dbs_dir = {folder}/dbs
"""


@dataclass
class Server:
    """A Scrapyd that this test started."""

    url: str
    folder: Path

    def post(self, path: str, fields: list[tuple[str, str]]) -> dict[str, Any]:
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/{path}", data, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def run(self, data: Path, *fields: tuple[str, str]) -> str:
        """Schedule ``rfi``, wait for the end of the job, and give its log."""
        common = [("project", "newscrawl"), ("spider", "rfi")]
        settings = {
            "NEWSCRAWL_DATA_DIR": data,
            "NEWSCRAWL_SEEDS": SEEDS,
            "NEWSCRAWL_REPLAY": ARCHIVE,
        }
        given = [("setting", f"{name}={value}") for name, value in settings.items()]
        answer = self.post("schedule.json", [*common, *given, *fields])
        assert answer["status"] == "ok", answer
        job = answer["jobid"]
        for _ in range(300):
            finished = self.get("listjobs.json?project=newscrawl")["finished"]
            if job in [entry["id"] for entry in finished]:
                return (self.folder / "logs" / "newscrawl" / "rfi" / f"{job}.log").read_text()
            time.sleep(0.2)
        raise AssertionError("the job did not end")


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("scrapyd")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "scrapyd.conf").write_text(CONFIG.format(port=port, folder=folder))
    output = (folder / "output").open("wb")
    process = subprocess.Popen([BIN / "scrapyd"], cwd=folder, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", folder)
    try:
        _wait(server, process)
        _deploy(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        output.close()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        try:
            assert server.get("daemonstatus.json")["status"] == "ok"
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, (server.folder / "output").read_text()
            time.sleep(0.2)
        else:
            return
    raise AssertionError("Scrapyd did not come up: " + (server.folder / "output").read_text())


def _deploy(server: Server) -> None:
    """As docs/scrapyd.md says, from a clone, so that the checkout stays as it is."""
    clone = server.folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    _bring_up_to_date(clone)
    config = (clone / "scrapy.cfg").read_text()
    assert "url = http://127.0.0.1:6800/" in config
    (clone / "scrapy.cfg").write_text(config.replace("http://127.0.0.1:6800/", f"{server.url}/"))
    done = subprocess.run(
        [BIN / "scrapyd-deploy"],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status": "ok"' in done.stdout, done.stdout + done.stderr


def _bring_up_to_date(clone: Path) -> None:
    """Changes of the checkout that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())


def test_the_spider_is_there(scrapyd: Server) -> None:
    assert scrapyd.get("listspiders.json?project=newscrawl")["spiders"] == ["rfi"]


def test_a_scheduled_job_writes_its_records(scrapyd: Server, tmp_path: Path) -> None:
    log = scrapyd.run(tmp_path, ("editions", "fa,en"), ("since", "2024-01-01"))
    lines = records(tmp_path)
    assert lines
    assert {record["edition"] for record in lines} == {"fa", "en"}
    assert min(record["published_at"] for record in lines) >= "2023-12-31T23:00:00+00:00"
    assert len(query(tmp_path, "SELECT 1 FROM articles")) == len(lines)
    assert f"run 1: {len(lines)} new" in log
    assert "fa دفتر دانش: " in log, "progress goes to the log as plain lines"
    assert not list((tmp_path / "logs").iterdir()), "Scrapyd's log is the log"

    log = scrapyd.run(
        tmp_path,
        *(("editions", "fa,en"), ("mode", "full")),
        ("setting", f"JOBDIR={tmp_path / 'job'}"),
    )
    assert "JOBDIR is ignored" in log
    assert not (tmp_path / "job").exists()
    assert last_run(tmp_path)["differences"] == []
    done = scrapy("status", "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}")
    assert done.returncode == 0, done.stdout


def test_wrong_arguments_are_said_in_the_log(scrapyd: Server, tmp_path: Path) -> None:
    log = scrapyd.run(tmp_path / "data", ("editions", "zz"))
    assert "unknown edition 'zz'" in log
    assert "Traceback" not in log
    assert not (tmp_path / "data").exists()


def test_a_relative_data_dir_is_refused(scrapyd: Server) -> None:
    log = scrapyd.run(Path("data"))
    assert "NEWSCRAWL_DATA_DIR is relative" in log
