"""The status as a Prometheus text file, for the node exporter's folder of such files.

``docs/health.md`` lists every name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from newscrawl.errors import UsageProblem
from newscrawl.store.health import STATES

#: Labels and value.
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True)
class Metric:
    """One gauge, with its samples."""

    name: str
    help: str
    samples: tuple[Sample, ...]

    def lines(self) -> Iterator[str]:
        """In the text format of Prometheus."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{{{told}}} {value:.15g}" if told else f"{self.name} {value:.15g}"


def write(path: Path, status: Mapping[str, Any], moment: datetime) -> None:
    """Write the file aside and rename it, so that no reader meets half of it.

    Raises :class:`UsageProblem` when it cannot be written.
    """
    text = "".join(f"{line}\n" for metric in metrics(status, moment) for line in metric.lines())
    aside = path.with_name(f".{path.name}.new")  # not *.prom: the exporter reads those
    try:
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except OSError as error:
        raise UsageProblem(
            f"--metrics: {path} cannot be written ({error.strerror}): name another file"
        ) from error


def metrics(status: Mapping[str, Any], moment: datetime) -> list[Metric]:
    """All that have a value; ``status`` is in the shape of ``docs/json/status.schema.json``."""
    found = [*_crawl(status, moment), *_last_run(status), *_editions(status), *_coverage(status)]
    return [metric for metric in found if metric.samples]


def _crawl(status: Mapping[str, Any], moment: datetime) -> Iterator[Metric]:
    states = [({"state": state}, float(status["state"] == state)) for state in STATES]
    yield Metric("newscrawl_state", "1 for the state that the crawl is in.", tuple(states))
    yield _single("newscrawl_problems", "Problems that make it unhealthy.", len(status["problems"]))
    yield _single("newscrawl_warnings", "Warnings.", len(status["warnings"]))
    links = status["links"].items()
    yield _by("newscrawl_links", "Addresses known, by state.", "state", links)
    reasons = status["owed_reasons"].items()
    yield _by("newscrawl_owed_links", "Links owed, by reason.", "reason", reasons)
    yield _single("newscrawl_disk_free_bytes", "Free where the data dir is.", status["disk_free"])
    yield _single(
        "newscrawl_metrics_timestamp_seconds", "When this file was written.", moment.timestamp()
    )


def _last_run(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Of the last run that has ended."""
    ended_runs = (run for run in status["runs"] if run["state"] == "ended" and run["ended_at"])
    run = next(ended_runs, None)
    if run is None:
        return
    name = "newscrawl_last_run"
    started, ended = _seconds(run["started_at"]), _seconds(run["ended_at"])
    assert started is not None
    assert ended is not None
    yield _single(f"{name}_start_timestamp_seconds", "Start of the last run that ended.", started)
    yield _single(f"{name}_end_timestamp_seconds", "End of the last run that ended.", ended)
    yield _single(f"{name}_duration_seconds", "Time that it took.", ended - started)
    yield _single(f"{name}_exit_code", "0 healthy, 1 unhealthy.", run["exit_code"])
    summary = run["summary"] or {}
    outcomes = ("new", "changed", "refreshed", "known", "gone", "rejected", "left_out", "owed")
    ends = [(outcome, summary[outcome]) for outcome in outcomes if outcome in summary]
    yield _by(f"{name}_articles", "Articles asked for, by how they ended.", "outcome", ends)


def _editions(status: Mapping[str, Any]) -> Iterator[Metric]:
    editions = status["editions"]
    named = (
        ("newscrawl_articles", "Articles stored.", "articles", float),
        ("newscrawl_full_articles", "Articles stored with their text.", "full", float),
        ("newscrawl_edition_owed_links", "Links owed in its columns.", "owed", float),
        (
            "newscrawl_newest_article_timestamp_seconds",
            "Publication of the newest article.",
            "newest",
            _seconds,
        ),
        ("newscrawl_last_capture_timestamp_seconds", "Last capture.", "fetched", _seconds),
        ("newscrawl_due_timestamp_seconds", "When its next walk is due.", "due", _seconds),
    )
    for name, told, key, read in named:
        values = [
            (row["edition"], value) for row in editions if (value := read(row[key])) is not None
        ]
        yield _by(name, told, "edition", values)


def _coverage(status: Mapping[str, Any]) -> Iterator[Metric]:
    rows = status["coverage"]
    for name, told, key in (
        ("newscrawl_field_ratio", "Share of the last records that have a field.", "filled"),
        ("newscrawl_first_rule_ratio", "Share of them whose field its first rule gave.", "first"),
    ):
        samples = (
            ({"edition": row["edition"], "field": row["field"]}, row[key] / row["records"])
            for row in rows
        )
        yield Metric(name, told, tuple(samples))


def _single(name: str, told: str, value: float) -> Metric:
    return Metric(name, told, (({}, float(value)),))


def _by(name: str, told: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    return Metric(name, told, tuple(({label: key}, float(value)) for key, value in values))


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
