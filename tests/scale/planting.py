"""Archives cut from the stand-in's archive, with near copies and later versions planted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newscrawl import extract
from newscrawl.archives.reading import read_answers
from newscrawl.items import Article
from newscrawl.rfi import SITE
from tests.crawling import ARCHIVE
from tests.extracting.warcs import wacz

_LATER = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass
class Planted:
    """The folder of archives, and what must not come out of the pipeline."""

    folder: Path
    copies: set[str] = field(default_factory=set)
    """``url_hash`` of near copies of other articles."""
    outdated: set[tuple[str, int]] = field(default_factory=set)
    """``url_hash`` and version of what a newer version hardly differs from."""
    rewritten: set[str] = field(default_factory=set)
    """``url_hash`` of articles that became another story: both versions stay."""


def plant(folder: Path, parts: int = 6) -> Planted:
    """Some parts of the whole archive, one in a WACZ, one of them cut short, and two files more.

    The second file holds nothing of the site: its task keeps no record.
    """
    folder.mkdir(parents=True)
    planted = Planted(folder)
    _split(folder, parts)
    last = folder / f"part-{parts}.warc.gz"
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])
    with (folder / "part-1b.warc.gz").open("wb") as out:
        _write(out, "https://news.example/a", b"<html><p>Elsewhere.</p></html>")
    with (folder / "planted.warc.gz").open("wb") as out:
        _plant(planted, out)
    packed = folder / "part-2.warc.gz"
    wacz(folder / "part-2.wacz", packed)
    packed.unlink()
    return planted


def _split(folder: Path, parts: int) -> None:
    """The records of the archive as they are, a like number in each file."""
    whole = ARCHIVE.read_bytes()
    iterator = ArchiveIterator(BytesIO(whole))
    begins = []
    for record in iterator:
        record.raw_stream.read()
        begins.append(iterator.get_record_offset())
    cuts = [begins[len(begins) * part // parts] for part in range(parts)]
    for part, (begin, end) in enumerate(zip(cuts, [*cuts[1:], len(whole)], strict=True), 1):
        (folder / f"part-{part}.warc.gz").write_bytes(whole[begin:end])


def _plant(planted: Planted, out: IO[bytes]) -> None:
    """Of every edition five copies at other addresses, three later versions, one new story."""
    by_edition: dict[str, list[tuple[Article, str, str]]] = {}
    for archive in sorted(planted.folder.glob("part-*"))[:-1]:
        for article, html in _plain_articles(archive):
            block = _block(article, html)
            if block is not None:
                by_edition.setdefault(article.edition, []).append((article, html, block))
    for found in by_edition.values():
        others = [min(filter(_is_sentence, _blocks(one)), key=len) for one, _, _ in found]
        for number, (article, html, block) in enumerate(found[:9]):
            more = others[number - 1]
            if number < 5:
                copy = _inserted(html, block, more).replace(_path(article), _path(article) + "-2")
                planted.copies.add(SITE.url_hash(article.url + "-2"))
                _write(out, article.url + "-2", copy.encode())
            elif number < 8:
                planted.outdated.add((article.url_hash, 1))
                _write(out, article.url, _inserted(html, block, more).encode())
            else:
                planted.rewritten.add(article.url_hash)
                _write(out, article.url, _told_anew(html).encode())


def _plain_articles(archive: Path) -> list[tuple[Article, str]]:
    """Articles with a good deal of text, and their pages."""
    found = []
    for _, answer in read_answers(archive):
        if answer.status == 200 and SITE.classify(answer.url) == "article":
            html = answer.decoded()[0].decode()
            if SITE.fault(html) is None and not SITE.is_listing(html):
                article = extract(html, answer.url, answer.captured_at)
                if article.url == answer.url and len(_blocks(article)) >= 6:
                    found.append((article, html))
    return found


def _path(article: Article) -> str:
    return article.url.removeprefix("https://www.rfi.fr")


def _block(article: Article, html: str) -> str | None:
    """A paragraph of the text that stands in the page once."""
    return next((one for one in _blocks(article) if html.count(f"<p>{one}</p>") == 1), None)


def _blocks(article: Article) -> list[str]:
    return (article.text or "").split("\n\n")


def _is_sentence(block: str) -> bool:
    return block.endswith((".", "。", "؟", "!"))


def _inserted(html: str, block: str, more: str) -> str:
    return html.replace(f"<p>{block}</p>", f"<p>{block}</p><p>{more}</p>")


def _told_anew(html: str) -> str:
    """The page with the letters of its paragraphs turned round."""
    return re.sub(
        r"<p>.*?</p>",
        lambda found: re.sub(r"(?<=>)[^<>&]+(?=<)", lambda text: text[0][::-1], found[0]),
        html,
        flags=re.DOTALL,
    )


def _write(out: IO[bytes], url: str, body: bytes) -> None:
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    date = {"WARC-Date": f"{_LATER:%Y-%m-%dT%H:%M:%SZ}"}
    writer.write_record(
        writer.create_warc_record(
            url, "response", payload=BytesIO(body), http_headers=head, warc_headers_dict=date
        )
    )
