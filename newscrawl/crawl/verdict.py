"""How a run went: healthy or not, and why, in words that read differently for different ends."""

from __future__ import annotations

from dataclasses import dataclass

from newscrawl.coverage import ENOUGH
from newscrawl.crawl.run import Run
from newscrawl.crawl.walk import FAILED


@dataclass(frozen=True)
class Verdict:
    """``exit_code`` 0 or 1, one headline, and the problems that made it 1."""

    exit_code: int
    headline: str
    problems: tuple[str, ...] = ()


def judge(run: Run, finish_reason: str) -> Verdict:
    """Judge a run that has ended for Scrapy's ``finish_reason``."""
    stopped = finish_reason != "finished"
    problems = (
        *_storing(run),
        *_site(run),
        *_ledger(run),
        *_errors(run),
        *_columns(run, stopped=stopped),
        *_sources(run),
        *_fields(run),
        *run.falls,
        *([] if stopped else _nothing(run)),
    )
    if problems:
        return Verdict(1, f"unhealthy: {problems[0]}", problems)
    return Verdict(0, _headline(run, finish_reason))


def _headline(run: Run, finish_reason: str) -> str:
    outcomes = run.tally.outcomes
    if finish_reason != "finished":
        return f"stopped ({finish_reason}): nothing is lost, the next run goes on from here"
    if outcomes["new"] or outcomes["changed"]:
        by_rules = run.tally.changed_by_rules
        told = f"{outcomes['new']} new, {outcomes['changed'] - by_rules} changed"
        return f"{told}, {by_rules} read otherwise by newer rules" if by_rules else told
    return "nothing new"


def _storing(run: Run) -> list[str]:
    return [run.failure] if run.failure else []


def _site(run: Run) -> list[str]:
    problems = [run.left] if run.left else []
    if run.refused and run.refused.earlier:
        problems.append(
            f"refused: an earlier run left the pages of {run.site.host} alone until"
            f" {run.refused.until}: only feeds were asked for; run again then"
        )
    elif run.refused:
        problems.append(
            f"refused: {run.site.host} answered 403 {run.conf.refusals} times in a row and its"
            f" pages are left alone until {run.refused.until}; what is owed stays owed: check"
            " NEWSCRAWL_CONTACT and the delay before the next run"
        )
    if run.tally.robots_failed:
        problems.append(
            f"the robots.txt of {run.site.host} could not be had ({run.tally.robots_failed}),"
            " so nothing may be asked for; run again later"
        )
    return problems


def _ledger(run: Run) -> list[str]:
    differences = run.tally.differences
    if not differences:
        return []
    return [f"the sums do not balance ({len(differences)}): {'; '.join(differences[:3])}"]


def _errors(run: Run) -> list[str]:
    """Errors of the program: the pages they cost are pending, and will meet them again."""
    if not run.errors:
        return []
    return [
        f"{len(run.errors)} pages met an error of newscrawl, first {run.errors[0]}: please report"
        " it with what the log says of it; what is missing stays pending"
    ]


def _columns(run: Run, *, stopped: bool) -> list[str]:
    """Columns that are not as their seeds want them; what a stopped run left unread is not."""
    arguments = run.arguments
    problems = []
    for number, (column, memory) in run.memories.items():
        tally = run.tally.column(number)
        # Nobody has seen an inferred column yet: that it is not there breaks nothing.
        was_there = column.source != "inferred" or memory.last_rows is not None
        if tally.over == "gone" and was_there:
            problems.append(f"column {column.name} ({column.path}) is gone: mend its seed")
        elif arguments.since or arguments.until or column.least is None:
            continue
        elif tally.rows is not None and tally.rows < column.least:
            problems.append(
                f"column {column.name} ({column.path}) shows {tally.rows} rows, at least"
                f" {column.least} were expected: the page has changed, or the seed is wrong"
            )
        elif tally.rows is None and tally.over == FAILED and not stopped:
            problems.append(f"column {column.name} could not be read: {tally.problem}")
    return problems


def _sources(run: Run) -> list[str]:
    """Feeds and sitemaps only help, unless there is nothing else."""
    sources = run.tally.sources
    failed = [source for source in sources if source.problem and not source.items]
    if not sources or len(failed) < len(sources) or run.memories or run.refused or run.left:
        return []
    return [f"all failed: none of {len(sources)} sources could be read ({failed[0].problem})"]


def _fields(run: Run) -> list[str]:
    """Fields that the seeds say must be there, and that too few records have."""
    problems = []
    for (edition, field), (records, filled) in run.coverage.by_edition().items():
        seeds = run.seeds.get(edition)
        if seeds is None or field not in seeds.fields:
            continue
        share = seeds.fields[field]
        # Some of a handful may lack what most have; what all must have, each must.
        judged = records if share is None or records >= ENOUGH else 0
        if judged and filled < records * (1 if share is None else share):
            wanted = "all" if share is None else f"{share:.0%}"
            problems.append(
                f"{field} of {edition} is in {filled} of {records} records, its seed wants"
                f" {wanted}: scrapy doctor --edition {edition} shows what the rules find"
            )
    return problems


def _nothing(run: Run) -> list[str]:
    """Everything that was asked for failed."""
    tally = run.tally
    if run.refused or run.left or tally.robots_failed:
        return []  # said already
    harmless = tally.outcomes["left out"] + tally.outcomes["gone"]
    if tally.asked and not tally.fruitful and not harmless:
        return [f"all failed: none of {tally.asked} articles asked for could be stored"]
    walked = [tally.column(number) for number in run.memories]
    if walked and not tally.asked and all(column.over == FAILED for column in walked):
        return [f"all failed: none of {len(walked)} columns could be read ({walked[0].problem})"]
    return []
