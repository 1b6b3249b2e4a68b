"""Services that notices go to, over real sockets on 127.0.0.1."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Hook:
    """A web service: what it was sent, and what it answers."""

    origin: str = ""
    status: int = 200
    answer: Any = field(default_factory=lambda: {"ok": True})
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def notices(self) -> list[dict[str, Any]]:
        """Bodies, as JSON."""
        return [json.loads(body) for _, body in self.asked]


@contextmanager
def hook() -> Iterator[Hook]:
    """A web service that keeps every request."""
    found = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            found.asked.append((self.path, self.rfile.read(length)))
            body = json.dumps(found.answer).encode()
            self.send_response(found.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.origin = f"http://127.0.0.1:{server.server_port}"
        yield from _served(server, found)


@dataclass
class Mailbox:
    """What a mail server took: envelope addresses and message."""

    port: int = 0
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """As much of SMTP as a sender needs."""
    found = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            to: list[str] = []
            self.say("220 ready")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"RCPT":
                    to.append(line.decode().split("<")[1].split(">")[0])
                    self.say("250 yes")
                elif word == b"DATA":
                    self.say("354 go on")
                    found.mails.append((to, self.message()))
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 yes")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def message(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            parsed = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            return parsed

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        yield from _served(server, found)


def _served(server: socketserver.BaseServer, found: Any) -> Iterator[Any]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
