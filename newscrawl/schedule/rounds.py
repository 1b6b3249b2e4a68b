"""One round of a schedule: what is due goes to its servers, each asked on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from newscrawl.clock import iso
from newscrawl.crawl.seeds import EditionSeeds
from newscrawl.errors import CrawlError, StorageFailed, UsageProblem
from newscrawl.schedule.client import Scrapyd
from newscrawl.schedule.due import Due, due, left_no_run, to_send
from newscrawl.schedule.memory import Memory, Sent
from newscrawl.schedule.servers import Server, shard
from newscrawl.store.folder import LOCKS
from newscrawl.store.locks import describe, is_free
from newscrawl.store.walked import Walked, walked


@dataclass(frozen=True)
class Plan:
    """What stays the same from round to round."""

    seeds: Mapping[str, EditionSeeds]
    servers: Sequence[Server]
    memory: Memory
    host: str
    """Of the site; its lease is looked at where a data dir can be seen."""
    lease: str
    """Name of the file in ``locks/`` that a run holds."""
    spider: str
    project: str
    settings: Mapping[str, str]
    """Sent to every server."""
    share: float
    """Part of the host's rate that all servers have together."""
    timeout_s: float


@dataclass
class Outcome:
    """What a round did with one server."""

    server: Server
    dues: list[Due]
    chosen: list[str] = field(default_factory=list)
    """Editions that are to be sent."""
    state: str = "idle"
    """``idle`` (nothing due), ``planned`` (dry run), ``sent``, ``going`` (a job of it has not
    ended), ``held`` (a run outside of Scrapyd holds the host), ``failed``."""
    job: str | None = None
    problem: str | None = None
    known: Walked | None = None
    """What the store of its data dir says, where it can be seen from here."""

    def as_json(self, moment: datetime) -> dict[str, Any]:
        """In the shape of ``docs/json/schedule.schema.json``."""
        return {
            "server": self.server.url,
            "data_dir": str(self.server.data_dir),
            "state": self.state,
            "chosen": self.chosen,
            "job": self.job,
            "problem": self.problem,
            "editions": [
                {
                    "edition": found.edition,
                    "due_at": iso(found.at) if found.at else None,
                    "due": found.is_due(moment),
                }
                for found in self.dues
            ],
        }


def play(plan: Plan, moment: datetime, *, dry_run: bool = False) -> list[Outcome]:
    """Look what is due and send it; ``dry_run`` asks no server and remembers nothing.

    A server that fails never keeps the others from their runs. A missing group, which no server
    can help, raises :class:`newscrawl.errors.UsageProblem`.
    """
    parts = shard(plan.seeds, plan.servers)
    outcomes = [_look(plan, server, parts[server.url], moment) for server in plan.servers]
    busy = sum(bool(part) for part in parts.values())
    for outcome in outcomes:
        if outcome.chosen and not outcome.problem:
            if dry_run:
                outcome.state = "planned"
            else:
                _guarded(plan, outcome, moment, plan.share / busy)
    return outcomes


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """1 when a server failed or lost a run, 3 when a run outside of Scrapyd holds the host."""
    if any(outcome.problem and outcome.state not in ("going", "held") for outcome in outcomes):
        return 1
    return 3 if any(outcome.state == "held" for outcome in outcomes) else 0


def next_due(outcomes: Sequence[Outcome], moment: datetime) -> datetime | None:
    """When the next edition is due that is not yet, after what this round has sent."""
    return min(
        (
            found.at
            for outcome in outcomes
            for found in outcome.dues
            if found.at is not None and found.at > moment and found.edition not in outcome.chosen
        ),
        default=None,
    )


def _look(plan: Plan, server: Server, editions: list[str], moment: datetime) -> Outcome:
    try:
        known = walked(server.data_dir, plan.host, plan.spider, moment)
    except CrawlError as error:
        return Outcome(server, [], state="failed", problem=str(error))
    dues = [
        due(plan.seeds[edition], known, _sent_at(plan, server, edition), moment)
        for edition in editions
    ]
    return Outcome(server, dues, to_send(dues, moment), known=known)


def _guarded(plan: Plan, outcome: Outcome, moment: datetime, share: float) -> None:
    try:
        _send(plan, outcome, moment, share)
    except UsageProblem:
        raise
    except CrawlError as error:
        outcome.state, outcome.problem = "failed", str(error)


def _is_held(lease: Path) -> bool:
    try:
        return not is_free(lease)
    except OSError as error:
        raise StorageFailed(
            f"{lease} cannot be read ({error.strerror}): mend its permissions"
        ) from error


def _send(plan: Plan, outcome: Outcome, moment: datetime, share: float) -> None:
    server = outcome.server
    scrapyd = Scrapyd(server, plan.project, plan.timeout_s)
    going = scrapyd.going(plan.spider)
    if going:
        since = f" since {going[0].since}" if going[0].since else ""
        outcome.state = "going"
        outcome.problem = f"job {going[0].id} is {going[0].state}{since}"
        return
    lease = server.data_dir / LOCKS / plan.lease
    if _is_held(lease):
        outcome.state = "held"
        outcome.problem = f"another run holds {lease}: {describe(lease)}"
        return
    lost = "; ".join(_lost(plan, outcome))
    settings = {**plan.settings, "NEWSCRAWL_DATA_DIR": str(server.data_dir)}
    if share < 1:
        settings["NEWSCRAWL_SHARE"] = f"{share:.6g}"
    arguments = {"editions": ",".join(outcome.chosen)}
    outcome.job = scrapyd.send(plan.spider, arguments, settings)
    outcome.state, outcome.problem = "sent", lost or None
    plan.memory.note(outcome.chosen, Sent(server.url, moment, outcome.job))


def _lost(plan: Plan, outcome: Outcome) -> Iterator[str]:
    """Jobs that were sent, are not going, and of which the store knows nothing."""
    server = outcome.server
    told: set[str] = set()
    for edition in outcome.chosen:
        sent = plan.memory.sent(edition, server.url)
        if sent and sent.job not in told and left_no_run(edition, outcome.known, sent.at):
            told.add(sent.job)
            yield (
                f"job {sent.job}, sent at {iso(sent.at)}, left no run in {server.data_dir}: its"
                f" log on the server tells why (logs/{plan.project}/{plan.spider}/{sent.job}.log)"
            )


def _sent_at(plan: Plan, server: Server, edition: str) -> datetime | None:
    sent = plan.memory.sent(edition, server.url)
    return sent.at if sent else None
