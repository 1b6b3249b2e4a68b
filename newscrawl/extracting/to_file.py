"""From archives, or one saved page, to a file of records."""

from __future__ import annotations

from collections.abc import Sequence
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
from newscrawl.extracting.pages import ERROR, said_of_errors
from newscrawl.extracting.plan import plan
from newscrawl.extracting.showing import showing
from newscrawl.extracting.work import SUFFIX, work_folder
from newscrawl.site import Site


def archives_to_file(site: Site, files: Sequence[Path], output: Output, jobs: int) -> bool:
    """Write the records of some archives. Returns whether all is well: there is one at least, and
    no page met an error of the program."""
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
        errors = gathered.left_out[ERROR]
    say(merged.summary(), error=True)
    if errors:
        say(said_of_errors(errors), error=True)
    return bool(merged.written) and not errors


def page_to_file(site: Site, answer: Answer, output: Output) -> bool:
    """Write the record of a saved page; returns whether there is one."""
    seen, line = read_answer(site, answer, source="url")
    output.write(iter([line] if line else []))
    reason = "" if line else f"; left out: {seen.why} 1"
    say(f"{int(bool(line))} records{reason}", error=True)
    if seen.why == ERROR:
        say(said_of_errors(1), error=True)
    return bool(line)


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
