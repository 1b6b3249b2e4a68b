"""From archives, or one saved page, to a file of records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from newscrawl.archives.answer import Answer
from newscrawl.console import say
from newscrawl.errors import CrawlError, UsageProblem
from newscrawl.extracting.gathered import Gathered
from newscrawl.extracting.gathering import read_answer
from newscrawl.extracting.jobs import run_tasks
from newscrawl.extracting.merging import Merged
from newscrawl.extracting.output import Output
from newscrawl.extracting.plan import plan
from newscrawl.extracting.showing import showing
from newscrawl.extracting.work import SUFFIX, work_folder
from newscrawl.lines import to_line
from newscrawl.site import Site


def archives_to_file(site: Site, files: Sequence[Path], output: Output, jobs: int) -> int:
    """Write the records of some archives; gives their number."""
    folder = output.path and output.path.with_name(output.path.name + SUFFIX)
    with work_folder(folder) as work:
        tasks = plan(files, work, site.extractor)
        say_resumed([task.part for task in tasks])
        with closing(Gathered(site, work)) as gathered, showing(len(tasks)) as shown:
            merged = Merged(gathered)
            try:
                output.write(merged.lines(run_tasks(site, tasks, jobs, shown)))
            except KeyboardInterrupt:
                raise CrawlError(stopped(folder)) from None
    say(merged.summary(), error=True)
    return merged.written


def page_to_file(site: Site, answer: Answer, output: Output) -> int:
    """Write the record of a saved page; gives how many it is."""
    seen, article = read_answer(site, answer, source="url")
    lines: Iterator[bytes] = iter([] if article is None else [to_line(article)])
    output.write(lines)
    reason = f"; left out: {seen.why} 1" if article is None else ""
    written = int(article is not None)
    say(f"{written} records{reason}", error=True)
    return written


def saved_page(site: Site, names: Sequence[str], url: str, fetched_at: str | None) -> Answer:
    """A saved page as an answer of the site."""
    if len(names) != 1:
        raise UsageProblem("--url names one page: give one FILE with it")
    if site.canonical(url) is None and site.moved_from(url) is None:
        raise UsageProblem(f"--url {url!r} is not an address of {site.host}")
    file = Path(names[0])
    try:
        body = file.read_bytes()
        moment = _moment(fetched_at) or datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    except OSError as error:
        raise UsageProblem(f"cannot read {file} ({error.strerror})") from None
    return Answer(url, 200, [], body, moment)


def say_resumed(parts: Sequence[Path]) -> None:
    """An earlier command was cut: what it read is there."""
    there = sum(part.exists() for part in parts)
    if there:
        say(f"going on: {there} of {len(parts)} pieces were read before", error=True)


def stopped(folder: Path | None) -> str:
    """What is said to whoever stops an extract."""
    again = "" if folder is None else ": the same command goes on where it was"
    return f"stopped{again}"


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
