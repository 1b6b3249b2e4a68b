"""Real Scrapyd servers on loopback, set up with the files of ``deploy/``."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crawling import ROOT

BIN = Path(sys.executable).parent
USER, PASSWORD = "newscrawl", "open: sesame/@"
#: What a client of these servers has in its environment.
LOGIN = {"SCRAPYD_USERNAME": USER, "SCRAPYD_PASSWORD": PASSWORD}


@dataclass
class Guarded:
    """A Scrapyd with a password; the project is installed beside it, without an egg."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()

    def get(self, path: str) -> dict[str, Any]:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"{self.url}/{path}", headers={"Authorization": f"Basic {login}"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def jobs(self, *states: str) -> list[str]:
        """Ids of jobs, by default of all states."""
        found = self.get("listjobs.json?project=newscrawl")
        return [
            job["id"]
            for state in states or ("pending", "running", "finished")
            for job in found[state]
        ]

    def log(self, job: str) -> str:
        return (self.folder / "scrapyd" / "logs" / "newscrawl" / "rfi" / f"{job}.log").read_text()


@contextmanager
def guarded_server(folder: Path) -> Iterator[Guarded]:
    """Start Scrapyd with ``deploy/scrapyd.conf``, its folders below ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = folder / "scrapyd"
    home.mkdir(parents=True)
    shipped = (ROOT / "deploy" / "scrapyd.conf").read_text()
    config = shipped.replace("/srv/newscrawl", str(folder))
    config = config.replace("poll_interval     = 5", "poll_interval     = 0.3")
    assert config.count(str(folder)) == 3
    (home / "scrapyd.conf").write_text(config)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NEWSCRAWL_")}
    environment = {
        **kept,
        **LOGIN,
        "SCRAPYD_HTTP_PORT": str(port),
        "SCRAPY_SETTINGS_MODULE": "newscrawl.settings",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [BIN / "scrapyd", "--pidfile="], cwd=home, env=environment, stdout=output, stderr=output
        )
        server = Guarded(port, folder, process)
        try:
            until(lambda: _is_up(server), "Scrapyd did not come up")
            yield server
        finally:
            process.terminate()
            process.wait(60)


def until(condition: Callable[[], bool], otherwise: str, most_s: float = 180) -> None:
    """Wait for something that comes by itself; the bound is for what hangs."""
    deadline = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.2)


def _is_up(server: Guarded) -> bool:
    assert server.process.poll() is None, server.output
    try:
        return bool(server.get("daemonstatus.json")["status"] == "ok")
    except (urllib.error.URLError, ConnectionError):
        return False
