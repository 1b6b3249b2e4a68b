"""One piece of an archive to its part: what a worker does, by itself and always the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from newscrawl import ExtractionError
from newscrawl.archives.answer import Answer
from newscrawl.archives.captures import Captures
from newscrawl.archives.holdings import Piece
from newscrawl.archives.reading import warc_time
from newscrawl.clock import iso
from newscrawl.encoding import decode
from newscrawl.extracting.pages import ERROR, SLOW, Sieve, article_addresses, isolated, read_page
from newscrawl.extracting.parts import End, PartWriter, Seen
from newscrawl.lines import to_line
from newscrawl.site import Site
from newscrawl.watchdog import watched

logger = logging.getLogger(__name__)

#: Told of progress: bytes of the archive that were read, and pages, since the last call.
Tell = Callable[[int, int], None]
_REDIRECTS = frozenset([301, 302, 303, 307, 308])
#: Captures between two calls of it.
_TOLD_EVERY = 50


def gather(site: Site, piece: Piece, part: Path, tell: Tell) -> None:
    """Read a piece into its part."""
    end = End()
    with _warnings(end.warnings), PartWriter(part) as out:
        captures = Captures(piece, Sieve(site))
        for offset, answer in _told(captures, piece, tell):
            if isinstance(answer, str):
                end.left_out[answer] += 1
            else:
                out.write(*read_answer(site, answer, offset))
        end.first, end.last, end.is_broken = captures.first, captures.last, captures.is_broken
        out.end(end)


def read_answer(
    site: Site, answer: Answer, offset: int = 0, source: str = "archive"
) -> tuple[Seen, bytes]:
    """What one answer of the site is, and the line of its record: ``b""`` where it gives none."""
    seen = Seen(answer.url, iso(answer.captured_at), offset)
    try:
        with isolated(answer.url), watched():
            seen = seen_of(site, answer, offset)
            if seen.why is not None or seen.is_revisit:
                return seen, b""
            return _read(site, answer, seen, source)
    except ExtractionError as error:
        if error.reason in (ERROR, SLOW):
            logger.warning("%s", error)
        return replace(seen, why=error.reason), b""


def _read(site: Site, answer: Answer, seen: Seen, source: str) -> tuple[Seen, bytes]:
    body, kind = answer.decoded()
    extraction = read_page(site, decode(body, kind)[0], seen.url, answer.captured_at)
    article = extraction.article
    article.source = source
    aliases = article_addresses(site, [seen.url, *extraction.aliases])
    seen = replace(seen, key=article.url_hash, story=article.content_hash, aliases=tuple(aliases))
    return seen, to_line(article)


def seen_of(site: Site, answer: Answer, offset: int = 0) -> Seen:
    """What one answer of the site is, as far as its body need not be looked at."""
    reason = Sieve(site)(answer.url)
    address = site.canonical(answer.url) or answer.url
    seen = Seen(
        url=address,
        at=iso(answer.captured_at),
        offset=offset,
        digest=answer.digest,
        etag=answer.header("ETag"),
        last_modified=answer.header("Last-Modified"),
    )
    if reason is not None:
        return replace(seen, why=reason)
    if answer.type == "revisit" or answer.status == 304:
        other = site.canonical(answer.refers_to_url) if answer.refers_to_url else None
        return replace(
            seen, is_revisit=True, refers_to=_moment(answer.refers_to), refers_to_url=other
        )
    if answer.status != 200:
        leads_to = _target(site, answer, address)
        return replace(seen, why=f"status {answer.status}", leads_to=leads_to)
    return seen


def _moment(text: str | None) -> str | None:
    """A time as the archive writes it; one that cannot be read is none."""
    try:
        return iso(warc_time(text)) if text else None
    except ValueError:
        return None


def _target(site: Site, answer: Answer, address: str) -> str | None:
    """The article that a redirect leads to."""
    location = answer.header("Location") if answer.status in _REDIRECTS else None
    target = site.canonical(location, address) if location else None
    is_article = target is not None and site.classify(target) == "article"
    return target if is_article and target != address else None


def _told(captures: Captures, piece: Piece, tell: Tell) -> Iterator[tuple[int, Answer | str]]:
    """The captures, with progress told now and then."""
    at, pages = piece.begin, 0
    for number, (offset, answer) in enumerate(captures):
        yield offset, answer
        pages += not isinstance(answer, str)
        if number % _TOLD_EVERY == 0:
            tell(max(0, offset - at), pages)
            at, pages = max(at, offset), 0
    tell(0, pages)


class _Keep(logging.Handler):
    """Keeps warnings as lines: they are said in the order of the archives."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _warnings(lines: list[str]) -> Iterator[None]:
    ours = logging.getLogger("newscrawl")
    keep, passed_on = _Keep(lines), ours.propagate
    ours.addHandler(keep)
    ours.propagate = False
    try:
        yield
    finally:
        ours.removeHandler(keep)
        ours.propagate = passed_on
