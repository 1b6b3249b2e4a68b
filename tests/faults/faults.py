"""What a hostile server does: each a function that takes the place of an answer."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from functools import cache

import brotli
from backports import zstd

from fixtures.site import Answer
from tests.faults.server import Fault, Peer

HTML = ("Content-Type", "text/html; charset=UTF-8")
_MB = 1024 * 1024
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n"


def answer(status: int, *headers: tuple[str, str], body: bytes = b"") -> Fault:
    """A whole answer of HTTP."""
    fixed = Answer(status, list(headers), body)

    def fault(peer: Peer) -> bool:
        peer.answer(fixed)
        return True

    return fault


def page(body: bytes, *headers: tuple[str, str]) -> Fault:
    """A page with status 200."""
    return answer(200, *(headers or (HTML,)), body=body)


def encoded(body: bytes, encoding: str) -> Fault:
    """A page that comes compressed."""
    return page(body, HTML, ("Content-Encoding", encoding))


def redirect(target: str) -> Fault:
    """A redirect, to whatever is written there."""
    return answer(302, ("Location", target))


def first(*faults: Fault) -> Fault:
    """One after the other, then the site's own page."""
    left = list(faults)

    def fault(peer: Peer) -> bool | None:
        if left:
            return left.pop(0)(peer)
        peer.site()
        return True

    return fault


def raw(*parts: bytes) -> Fault:
    """Bytes as they are, then the connection is closed."""

    def fault(peer: Peer) -> None:
        for part in parts:
            peer.send(part)

    return fault


def reset(*parts: bytes) -> Fault:
    """Bytes as they are, then the connection is broken."""

    def fault(peer: Peer) -> None:
        for part in parts:
            peer.send(part)
        peer.reset()

    return fault


def silence(peer: Peer) -> None:
    """Never an answer."""
    peer.closing.wait(60)


def drip(start: bytes, every_s: float = 1.0) -> Fault:
    """A byte a second, for ever."""

    def fault(peer: Peer) -> None:
        peer.send(start)
        while not peer.closing.wait(every_s):
            peer.send(b"x")

    return fault


def pour(start: bytes, part: bytes, total: int) -> Fault:
    """The same part again and again, as fast as it is taken."""

    def fault(peer: Peer) -> None:
        peer.send(start)
        sent = 0
        while sent < total and not peer.closing.is_set():
            peer.send(part)
            sent += len(part)

    return fault


def chunked_gigabyte() -> Fault:
    """A page of 1 GB that says nothing of its length."""
    part = b"%x\r\n%s\r\n" % (_MB, b"<p>x</p>" * (_MB // 8))
    return pour(_OK + b"Transfer-Encoding: chunked\r\n\r\n", part, 1024 * _MB)


def declared_gigabyte() -> Fault:
    """A page of 1 GB that says so."""
    return pour(_OK + b"Content-Length: 1073741824\r\n\r\n", b"<p>x</p>" * (_MB // 8), 1024 * _MB)


def endless_headers() -> Fault:
    """Header after header."""
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 200) for number in range(500))
    return pour(_OK, lines, 2048 * _MB)


def long_header() -> Fault:
    """One header of 20 MB."""
    return pour(_OK + b"X-Long: ", b"y" * _MB, 20 * _MB)


def with_length(body: bytes, length: int) -> Fault:
    """A page that says a length that is not its own, and is cut or goes on after it."""
    return raw(_OK + b"Content-Length: %d\r\n\r\n" % length, body)


def early(body: bytes) -> Fault:
    """A page that goes on after the length it gave; the connection stays open."""

    def fault(peer: Peer) -> bool:
        peer.send(_OK + b"Content-Length: %d\r\n\r\n" % (len(body) // 2) + body)
        return True

    return fault


def bad_chunks() -> Fault:
    """Chunks whose length is no number."""
    return raw(_OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")


def reset_in_body(body: bytes) -> Fault:
    """Half a page, then the connection is broken."""
    return reset(_OK + b"Content-Length: %d\r\n\r\n" % len(body), body[: len(body) // 2])


def drip_robots() -> Fault:
    """A robots.txt that never ends."""
    return drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\n")


def drip_page() -> Fault:
    """A page that comes a byte a second."""
    return drip(_OK + b"Content-Length: 100000\r\n\r\n")


def folded_first_header() -> Fault:
    """Headers that begin with the continuation of none."""
    return raw(b"HTTP/1.1 200 OK\r\n folded\r\nContent-Length: 0\r\n\r\n")


@cache
def bomb(encoding: str) -> bytes:
    """Bytes that are half a gigabyte (gzip: 4 GB) when they are decoded."""
    if encoding == "gzip":
        return gzip.compress(bytes(64 * _MB), 9) * 64
    if encoding == "gzip, gzip":
        return gzip.compress(bomb("gzip"))
    if encoding == "br":
        maker = brotli.Compressor(quality=1)
        return b"".join([*_fed(maker.process, 512), maker.finish()])
    if encoding == "zstd":
        zstandard = zstd.ZstdCompressor()
        return b"".join([*_fed(zstandard.compress, 512), zstandard.flush()])
    deflate = zlib.compressobj(9)
    return b"".join([*_fed(deflate.compress, 512), deflate.flush()])


def _fed(feed: object, megabytes: int) -> Iterable[bytes]:
    zeros = bytes(_MB)
    return (feed(zeros) for _ in range(megabytes))
