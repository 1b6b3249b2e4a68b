"""One answer of a server, as an archive keeps it."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: Bytes of a decoded page beyond which nothing is read.
MAX_BODY = 10 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What a server answered, as an archive keeps it."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    """Decoded from chunking only; any content encoding is still on."""
    captured_at: datetime
    type: str = "response"
    digest: str | None = None
    refers_to: str | None = None
    """Of a revisit: capture time of the record it refers to, as the archive writes it."""
    refers_to_url: str | None = None
    """Of a revisit: address of that record, where it is another one."""

    def header(self, name: str) -> str | None:
        """First header of a name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def decoded(self) -> tuple[bytes, str | None]:
        """Body without its content encodings, and the content type.

        A body that does not decode is given as far as it does.
        """
        body = self.body
        for encoding in reversed((self.header("Content-Encoding") or "").lower().split(",")):
            body = _decode(body, encoding.strip())
        return body, self.header("Content-Type")


def _decode(body: bytes, encoding: str) -> bytes:
    if encoding in ("gzip", "x-gzip", "deflate"):
        window = zlib.MAX_WBITS | 32 if encoding != "deflate" else zlib.MAX_WBITS
        return _inflate(body, window)
    if encoding == "br":
        return _unpack(_unbrotli, body)
    if encoding == "zstd":
        return _unpack(lambda packed: zstd.ZstdDecompressor().decompress(packed, MAX_BODY), body)
    return body


def _inflate(body: bytes, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        return unpacker.decompress(body, MAX_BODY)
    except zlib.error:
        raw = zlib.decompressobj(-zlib.MAX_WBITS)
        return _unpack(lambda packed: raw.decompress(packed, MAX_BODY), body)


def _unbrotli(body: bytes) -> bytes:
    unpacked: bytes = brotli.Decompressor().process(body, output_buffer_limit=MAX_BODY)
    return unpacked


def _unpack(unpack: Callable[[bytes], bytes], body: bytes) -> bytes:
    try:
        return unpack(body)[:MAX_BODY]
    except (zlib.error, brotli.error, zstd.ZstdError, EOFError):
        return b""
