"""What became of the pages: sums over the tasks of all stages.

datatrove's own ``stats.json`` of a local run that was resumed tells of the last part only.
"""

from __future__ import annotations

import json
from collections import Counter

from datatrove.io import DataFolder

from newscrawl.extracting.pages import ERROR

_DROPPED = "dropped_"


def counts(logs: DataFolder) -> list[Counter[str]]:
    """Sums of each step of a stage, in order, from the files that its tasks left."""
    sums: list[Counter[str]] = []
    for name in logs.list_files("stats"):
        with logs.open(name, "r") as file:
            steps = json.load(file)
        sums = sums or [Counter() for _ in steps]
        for total, step in zip(sums, steps, strict=True):
            for label, value in step["stats"].items():
                total[label] += value["total"] if isinstance(value, dict) else value
    return sums


def errors(stages: dict[str, list[Counter[str]]]) -> int:
    """Pages that met an error of the program."""
    return sum(step[f"{_DROPPED}{ERROR}"] for step in stages["1-records"][:2])


def summary(stages: dict[str, list[Counter[str]]]) -> str:
    """One line for people."""
    read, extracted = stages["1-records"][:2]
    choice = stages["3-choice"][1]
    written = stages["4-parquet"][1]["forwarded"]
    reasons = Counter(
        {
            label.removeprefix(_DROPPED).replace("_", " "): count
            for step in (read, extracted)
            for label, count in step.items()
            if label.startswith(_DROPPED)
        }
    )
    reasons.update(repeated=choice["repeated"], near_copy=choice["near_copies"])
    told = ", ".join(
        f"{reason.replace('_', ' ')} {n}" for reason, n in sorted(reasons.items()) if n
    )
    broken = read["archive_warnings"]
    return (
        f"{written} records of {read['total']} captures in {read['archives']} archives"
        + (f"; left out: {told}" if told else "")
        + (f"; {broken} warnings of broken archives: see the logs" if broken else "")
    )
