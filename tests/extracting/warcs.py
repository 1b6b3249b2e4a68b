"""Small archives of the stand-in site, made for one test."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from fixtures.model import Article
from fixtures.site import StandInSite

HTML = ("Content-Type", "text/html; charset=UTF-8")


def page_of(site: StandInSite, article: Article, title: str | None = None) -> bytes:
    """The page of an article, under another headline where one is given."""
    body = site.answer(article.url.removeprefix("https://www.rfi.fr")).body
    return body if title is None else body.replace(article.title.encode(), title.encode())


def capture(url: str, body: bytes = b"", day: int = 1, **more: Any) -> dict[str, Any]:
    """One record: ``status``, ``headers``, ``type``, ``warc`` besides."""
    return {"url": url, "body": body, "day": day, **more}


def warc(path: Path, *captures: dict[str, Any], packed: bool = True) -> Path:
    """An archive with some captures, each packed by itself."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed, warc_version="1.1")
        for one in captures:
            head = StatusAndHeaders(
                f"{one.get('status', 200)} X", one.get("headers", [HTML]), protocol="HTTP/1.1"
            )
            record = writer.create_warc_record(
                one["url"],
                one.get("type", "response"),
                payload=BytesIO(one["body"]),
                http_headers=head,
                warc_headers_dict={
                    "WARC-Date": f"2026-07-{one['day']:02}T00:00:00Z",
                    **one.get("warc", {}),
                },
            )
            writer.write_record(record)
    return path


def in_one_member(path: Path, plain: Path) -> Path:
    """The same archive with one gzip member over all records."""
    path.write_bytes(gzip.compress(plain.read_bytes()))
    return path


def wacz(path: Path, *members: Path | tuple[str, bytes]) -> Path:
    """A zip with archives in it, as WACZ has them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("datapackage.json", "{}")
        for member in members:
            if isinstance(member, Path):
                packed.write(member, f"archive/{member.name}")
            else:
                packed.writestr(*member)
    return path


def arc(path: Path, *captures: dict[str, Any]) -> Path:
    """The same in the format of before WARC, each record packed by itself."""
    about = b"1 0 Stand-in\nURL IP-address Archive-date Content-type Archive-length\n"
    records = [b"filedesc://x.arc 0.0.0.0 20260701000000 text/plain %d\n" % len(about) + about]
    for one in captures:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + one["body"]
        head = f"{one['url']} 127.0.0.1 202607{one['day']:02}000000 text/html {len(answer)}\n"
        records.append(head.encode() + answer + b"\n")
    path.write_bytes(b"".join(map(gzip.compress, records)))
    return path
