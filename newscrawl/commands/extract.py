"""``scrapy extract``: records from archives or saved pages, without a network."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from newscrawl.command import StoreCommand
from newscrawl.errors import UsageProblem

if TYPE_CHECKING:
    from newscrawl.items import Article


class Command(StoreCommand):
    """Reads WARC files, or one saved HTML page with ``--url``; writes JSON Lines or Parquet."""

    options = ("--output", "--url", "--fetched-at")
    most = sys.maxsize

    def syntax(self) -> str:
        """Shown by ``-h``."""
        return "FILE... [-o OUT.jsonl|OUT.parquet] [--url URL] [--fetched-at TIME]"

    def short_desc(self) -> str:
        """Shown in the list of commands."""
        return "Extract records from WARC files or saved HTML, without a network"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Options of this command."""
        super().add_options(parser)
        parser.add_argument(
            "-o",
            "--output",
            metavar="OUT",
            help="OUT.jsonl or OUT.parquet (default: JSON Lines to standard output)",
        )
        parser.add_argument("--url", metavar="URL", help="address that a saved page came from")
        parser.add_argument(
            "--fetched-at", metavar="TIME", help="when a saved page was fetched (the file's time)"
        )

    def act(self, args: list[str], opts: argparse.Namespace) -> None:
        """Extract."""
        if not args:
            raise UsageProblem("name the files: scrapy extract FILE... (WARC, or HTML with --url)")
        if _is_parquet(opts.output):
            from newscrawl.groups import need

            need("pyarrow.parquet", "dataset", "a Parquet file")  # before a page is read
        records = Records()
        articles = _saved(args, opts, records) if opts.url else _archived(args, opts, records)
        with _output(opts.output) as out:
            _write(articles, out, parquet=_is_parquet(opts.output))
        print(records.summary(), file=sys.stderr)
        self.exitcode = 0 if records.written else 1


class Records:
    """What became of the pages."""

    def __init__(self) -> None:
        self.written = 0
        self.left_out: Counter[str] = Counter()
        self._known: dict[str, tuple[int, str]] = {}

    def take(self, article: Article) -> bool:
        """Count a record; one that an archive holds again, unchanged, is left out.

        Another story at the same address is its next version.
        """
        version, story = self._known.get(article.url_hash, (0, ""))
        if story == article.content_hash:
            self.left_out["repeated"] += 1
            return False
        article.version = version + 1
        self._known[article.url_hash] = article.version, article.content_hash
        self.written += 1
        return True

    def summary(self) -> str:
        """One line for people."""
        reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(self.left_out.items()))
        return f"{self.written} records" + (f"; left out: {reasons}" if reasons else "")


def _archived(args: list[str], opts: argparse.Namespace, records: Records) -> Iterator[Article]:
    """Records of all article pages in some WARC files."""
    if opts.fetched_at:
        raise UsageProblem("--fetched-at goes with --url: an archive knows its own times")
    from newscrawl.archives.files import check_archives
    from newscrawl.archives.reading import read_answers

    files = [file for arg in args for file in check_archives(arg)]
    _log_to_stderr()

    def articles() -> Iterator[Article]:
        for file in files:
            for _, answer in read_answers(file):
                if answer.type == "revisit" or answer.status != 200:
                    records.left_out[f"status {answer.status}"] += 1
                    continue
                body, kind = answer.decoded()
                found = _article(body, answer.url, answer.captured_at, kind, records)
                if found is not None:
                    found.source = "archive"
                    yield found

    return articles()


def _saved(args: list[str], opts: argparse.Namespace, records: Records) -> Iterator[Article]:
    """The record of one saved page."""
    from newscrawl.rfi import SITE

    if len(args) > 1:
        raise UsageProblem("--url names one page: give one FILE with it")
    if SITE.canonical(opts.url) is None and SITE.moved_from(opts.url) is None:
        raise UsageProblem(f"--url {opts.url!r} is not an address of {SITE.host}")
    file = Path(args[0])
    try:
        body = file.read_bytes()
        fetched_at = _moment(opts.fetched_at) or _time_of(file)
    except OSError as error:
        raise UsageProblem(f"cannot read {file} ({error.strerror})") from None
    found = _article(body, opts.url, fetched_at, None, records)
    return iter([] if found is None else [found])


def _article(
    body: bytes, url: str, fetched_at: datetime, kind: str | None, records: Records
) -> Article | None:
    """The record of a page, or ``None`` and a counted reason."""
    from newscrawl import ExtractionError, extract
    from newscrawl.encoding import decode

    html, _ = decode(body, kind)
    try:
        article = extract(html, url, fetched_at)
    except ExtractionError as error:
        records.left_out[error.reason] += 1
        return None
    return article if records.take(article) else None


def _is_parquet(name: str | None) -> bool:
    return name is not None and name.endswith(".parquet")


def _write(articles: Iterator[Article], out: IO[bytes], *, parquet: bool) -> None:
    if parquet:
        from newscrawl.exports.parquet import write_parquet

        write_parquet(articles, out)
        return
    from newscrawl.lines import to_line

    for article in articles:
        out.write(to_line(article))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageProblem(
            f"--fetched-at is {text!r}: give a time as 2024-01-31T12:00:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _time_of(file: Path) -> datetime:
    return datetime.fromtimestamp(int(file.stat().st_mtime), UTC)


@contextmanager
def _output(name: str | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file written aside and renamed when it is whole."""
    if name is None or name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name)
    if path.exists() and not _is_ours(path):
        raise UsageProblem(
            f"{path} exists and was not made by an extract: name another file, or remove it"
        )
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as out:
            yield out
        aside.replace(path)
    except OSError as error:
        raise UsageProblem(f"cannot write {path} ({error.strerror})") from None
    finally:
        aside.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether a file begins like what an extract writes (an empty one does no harm)."""
    with path.open("rb") as file:
        begin = file.read(80)
    return not begin or begin.startswith((b'{"url":"https://', b"PAR1"))


def _log_to_stderr() -> None:
    """Warnings of broken archives are for the person at the terminal."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="newscrawl: %(message)s")
