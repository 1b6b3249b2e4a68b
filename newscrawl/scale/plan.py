"""What an output was begun with: a run that resumes must part the same archives the same way."""

from __future__ import annotations

import json
from typing import Any

from datatrove.io import DataFolder, get_datafolder

from newscrawl.errors import UsageProblem
from newscrawl.rfi import SITE
from newscrawl.scale.pages import archives

FILE = "plan.json"
#: Each file of signatures is open at once while pairs are found, one for each task: a process may
#: mostly open 1,024.
MOST_TASKS = 500

_SAYS = {
    "archives": "its archives were others",
    "tasks": "it was begun with --tasks {}",
    "rules": "it was begun with the rules of {}",
}


def settle(source: str, output: str, work: str, tasks: int | None) -> int:
    """How many tasks there are, by default one for each archive.

    The first run writes the plan down; :class:`UsageProblem` where a later one has another.
    """
    found = archives(get_datafolder(source))
    if not found:
        raise UsageProblem(f"no archive below {source}: name a folder of WARC, ARC or WACZ files")
    kept = get_datafolder(work)
    before = _read(kept)
    if before is None and _is_in_use(get_datafolder(output)):
        raise UsageProblem(f"{output} holds other files: name an empty or new folder")
    tasks = tasks or (before or {}).get("tasks") or min(len(found), MOST_TASKS)
    plan = {"tasks": tasks, "rules": SITE.extractor, "archives": [list(p) for p in found.items()]}
    for name, value in (before or {}).items():
        if value != plan[name]:
            raise UsageProblem(
                f"{output} cannot be resumed: {_SAYS[name].format(value)}; name another --output"
            )
    with kept.open(FILE, "w") as out:
        json.dump(plan, out)
    return tasks


def _read(folder: DataFolder) -> dict[str, Any] | None:
    if not folder.isfile(FILE):
        return None
    with folder.open(FILE, "r") as file:
        plan: dict[str, Any] = json.load(file)
    return plan


def _is_in_use(folder: DataFolder) -> bool:
    """Whether a folder holds anything that a loader would take for records."""
    return any(not name.startswith("_") for name in folder.list_files())
