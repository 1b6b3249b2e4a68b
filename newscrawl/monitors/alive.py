"""The sign of life: a file or an address that another watch expects after every run.

Notices cannot say that the schedule itself has stopped: whoever waits for this sign can.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from newscrawl.clock import iso
from newscrawl.monitors.posting import visit


def sign(place: str, moment: datetime, exit_code: int) -> None:
    """Give the sign; raises :class:`OSError` when it cannot be given."""
    if "://" in place:
        visit(place)
        return
    path = Path(place).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(f"{iso(moment)} {exit_code}\n", "utf-8")
    aside.chmod(0o644)  # whoever watches may be another user; what a crawl stores is not in it
    aside.replace(path)
