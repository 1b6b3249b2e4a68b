"""What a schedule remembers beside the stores: what it sent last, and that it is alive."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from newscrawl.clock import iso
from newscrawl.durable import written_durably

SENT = "schedule.json"
ALIVE = "schedule.alive"


@dataclass(frozen=True)
class Sent:
    """The last run that an edition was sent with."""

    server: str
    at: datetime
    job: str


class Memory:
    """``schedule.json`` and ``schedule.alive`` in the data dir of the schedule."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _sent(self) -> dict[str, Sent]:
        # Not before it is asked for: a schedule that was at work until now may have written it.
        return _read(self._folder / SENT)

    def sent(self, edition: str, server: str) -> Sent | None:
        """When an edition was last sent to a server, unless another one got it since."""
        found = self._sent.get(edition)
        return found if found is not None and found.server == server else None

    def note(self, editions: Iterable[str], sent: Sent) -> None:
        """Remember what was sent, through a loss of power too."""
        self._sent.update(dict.fromkeys(editions, sent))
        entries = {
            edition: {"server": sent.server, "at": iso(sent.at), "job": sent.job}
            for edition, sent in sorted(self._sent.items())
        }
        with written_durably(self._folder / SENT) as file:
            file.write(json.dumps({"sent": entries}, indent=1).encode())

    def live(self) -> None:
        """The dead man's handle: its file is as old as the last round that came to its end."""
        (self._folder / ALIVE).touch()


def _read(path: Path) -> dict[str, Sent]:
    """Nothing where there is no such file, or one that says nothing: it only spares work."""
    try:
        entries = json.loads(path.read_text("utf-8"))["sent"]
        return {
            str(edition): Sent(
                str(entry["server"]),
                datetime.fromisoformat(entry["at"]).astimezone(UTC),
                str(entry["job"]),
            )
            for edition, entry in entries.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
