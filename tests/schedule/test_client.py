"""Servers that are not there, not Scrapyd, or not willing: one clear line for each."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from newscrawl.schedule.client import Job, Scrapyd, ServerProblem
from newscrawl.schedule.servers import Server

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[Scrapyd]:
    """A client of a server that gives every request one answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield client(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client(port: int, timeout_s: float = 30) -> Scrapyd:
    server = Server(f"http://127.0.0.1:{port}", Path("/srv"), "me", "hush")
    return Scrapyd(server, "newscrawl", timeout_s)


def says(body: bytes, code: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def message(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


BAD = [
    (says(b"", 401), "wants another user and password (401): set SCRAPYD_USERNAME"),
    (says(b"", 403), "wants another user and password (403)"),
    (says(b"busy", 503), "is busy (503)"),
    (says(b"", 429), "is busy (429)"),
    (says(b"oops", 500), "failed (500): see the log of the server"),
    (says(b"", 404), "not Scrapyd"),
    (says(b"", 302, Location="http://127.0.0.1:1/"), "not Scrapyd"),
    (says(b"<html>"), "not Scrapyd"),
    (says(b"\xff\xfe"), "not Scrapyd"),
    (says(b"[]"), "not Scrapyd"),
    (says(b"null"), "not Scrapyd"),
    (says(b"{}"), "not Scrapyd"),
    (says(message(status="ok")), "not Scrapyd"),
    (says(message(status="fine")), "not Scrapyd"),
    (says(b" " * (9 * 1024 * 1024)), "not Scrapyd"),
    (
        says(message(status="error", message="project 'newscrawl' not found")),
        "project 'newscrawl' not found: install or deploy it there",
    ),
    (
        says(message(status="error", message="spider 'rfi' not found")),
        "spider 'rfi' not found: install or deploy it there",
    ),
    (
        says(message(status="error", message="RunnerError: Traceback\n  ...\nImportError: no x")),
        "refused: RunnerError: Traceback ... ImportError: no x; see the log",
    ),
    (says(message(status="error")), "refused: without a reason"),
]


@pytest.mark.parametrize(("answer", "line"), BAD)
def test_bad_answers(answer: Answer, line: str) -> None:
    with answering(answer) as scrapyd:
        for ask in (lambda: scrapyd.going("rfi"), lambda: scrapyd.send("rfi", {}, {})):
            with pytest.raises(ServerProblem) as caught:
                ask()
            assert line in str(caught.value)
            assert "\n" not in str(caught.value)
            assert "hush" not in str(caught.value)


def test_jobs_in_a_shape_of_their_own_are_not_scrapyds() -> None:
    for jobs in (["x"], None, [{"id": 1}]):
        body = message(status="ok", pending=jobs, running=[], finished=[])
        with answering(says(body)) as scrapyd, pytest.raises(ServerProblem, match="not Scrapyd"):
            scrapyd.going("rfi")


def test_jobs_of_the_spider_that_wait_or_run() -> None:
    jobs = {
        "pending": [{"id": "p", "spider": "rfi"}, {"id": "o", "spider": "other"}],
        "running": [{"id": "r", "spider": "rfi", "start_time": "2026-07-01 12:00:00"}],
        "finished": [{"id": "f", "spider": "rfi"}],
    }
    with answering(says(message(status="ok", **jobs))) as scrapyd:
        found = scrapyd.going("rfi")
    assert found == [Job("r", "running", "2026-07-01 12:00:00"), Job("p", "pending")]


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ServerProblem, match="cannot be reached: start Scrapyd there"):
        client(port).going("rfi")


def test_no_answer_in_time() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(ServerProblem, match=r"no answer within 0\.5 s"):
            client(deaf.getsockname()[1], timeout_s=0.5).going("rfi")


def test_an_answer_that_drips_for_ever() -> None:
    ended = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not ended.wait(0.05):
                handler.wfile.write(b" " * 70_000)
        except OSError:
            pass

    with answering(drip) as scrapyd:
        scrapyd._timeout_s = 0.5
        with pytest.raises(ServerProblem, match=r"no answer within|not Scrapyd"):
            scrapyd.going("rfi")
        ended.set()


def test_the_password_goes_to_the_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []
    fine = says(message(status="ok", pending=[], running=[], finished=[]))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        fine(handler)

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with answering(answer) as scrapyd:
        assert scrapyd.going("rfi") == []
    assert seen == ["Basic bWU6aHVzaA=="]
