"""The stand-in site behind raw sockets on 127.0.0.1, which can send what is no HTTP at all."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from fixtures.site import Answer, StandInSite


@dataclass(frozen=True)
class Asked:
    """One request that came; names of headers in lower case."""

    path: str
    headers: dict[str, str]


class Peer:
    """The crawl's end of a connection, and what was asked there last."""

    def __init__(self, connection: socket.socket, served: Hostile, asked: Asked) -> None:
        self._connection = connection
        self._served = served
        self.asked = asked
        self.closing = served.closing

    def send(self, data: bytes) -> None:
        """Send bytes as they are, and count them."""
        self._connection.sendall(data)
        self._served.sent[self.asked.path] += len(data)

    def answer(self, answer: Answer) -> None:
        """Send an answer as HTTP."""
        lines = [f"HTTP/1.1 {answer.status} -"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if "content-length" not in {name.lower() for name, _ in answer.headers}:
            lines.append(f"Content-Length: {len(answer.body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + answer.body)

    def site(self) -> None:
        """Send what the stand-in site answers."""
        self.answer(self._served.site.answer(self.asked.path, self.asked.headers))

    def reset(self) -> None:
        """Break the connection with RST."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


#: What takes the place of an answer; the connection is kept where it gives ``True``.
Fault = Callable[[Peer], bool | None]


@dataclass
class Hostile:
    """A site being served."""

    site: StandInSite
    origin: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)
    """Path (as it is asked for) to what happens there."""
    patterns: list[tuple[str, Fault]] = field(default_factory=list)
    """The same for all paths with a prefix."""
    requests: list[Asked] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    closing: threading.Event = field(default_factory=threading.Event)

    def fault(self, path: str) -> Fault | None:
        """What happens at a path, ``None`` for the site's own answer."""
        if path in self.faults:
            return self.faults[path]
        return next((fault for prefix, fault in self.patterns if path.startswith(prefix)), None)


@contextmanager
def serve(site: StandInSite) -> Iterator[Hostile]:
    """Serve until the block ends."""
    served = Hostile(site)
    with _listening(lambda connection: _converse(connection, served), served.closing) as port:
        served.origin = f"http://127.0.0.1:{port}"
        yield served


@contextmanager
def bystander() -> Iterator[tuple[int, list[bytes]]]:
    """Another port of this machine, which nobody may ask: its number, and what it was asked."""
    met: list[bytes] = []

    def note(connection: socket.socket) -> None:
        met.append(b"connected")
        connection.close()

    with _listening(note, threading.Event()) as port:
        yield port, met


@contextmanager
def _listening(meet: Callable[[socket.socket], None], closing: threading.Event) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while not closing.is_set():
                connection, _ = listener.accept()
                thread = threading.Thread(target=meet, args=(connection,), daemon=True)
                thread.start()
                threads.append(thread)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)


def _converse(connection: socket.socket, served: Hostile) -> None:
    """Answer one request after the other, until either side has had enough."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(60)
    with connection, suppress(OSError):
        while not served.closing.is_set():
            asked = _next(connection)
            if asked is None:
                return
            served.requests.append(asked)
            peer = Peer(connection, served, asked)
            fault = served.fault(asked.path)
            if fault is None:
                peer.site()
            elif not fault(peer):
                return


def _next(connection: socket.socket) -> Asked | None:
    """The head of the next request."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(65536)
        if not more:
            return None
        head += more
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return Asked(first.split(" ")[1], {name.lower(): value for name, _, value in pairs})
