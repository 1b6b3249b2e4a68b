"""A notice: what is said when the state of the crawl has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from newscrawl.text import shown


@dataclass(frozen=True)
class Notice:
    """The state before and after, and why."""

    state: str
    before: str
    run: int
    machine: str
    data_dir: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """One line."""
        return f"newscrawl on {self.machine}: {self.state} (was {self.before})"

    @property
    def text(self) -> str:
        """Plain text of some lines."""
        lines = [
            self.subject,
            *(f"problem: {line}" for line in self.problems),
            *(f"warning: {line}" for line in self.warnings),
            f"run {self.run}, data dir {self.data_dir}; scrapy status shows more",
        ]
        return shown("\n".join(lines))

    def as_json(self) -> dict[str, Any]:
        """In the shape of ``docs/json/notice.schema.json``; chats show ``text``."""
        return {
            "text": self.text,
            "state": self.state,
            "before": self.before,
            "run": self.run,
            "machine": self.machine,
            "data_dir": self.data_dir,
            "problems": list(self.problems),
            "warnings": list(self.warnings),
        }
