"""The metrics file: valid for Prometheus, documented, and enough for the dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from newscrawl.clock import now
from newscrawl.errors import UsageProblem
from newscrawl.metrics import metrics, write
from newscrawl.store.overview import status
from tests.commands.test_commands import data, schema
from tests.crawling import ROOT, scrapy

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (-?[0-9.e+-]+)")


def parse(text: str) -> Samples:
    """Prometheus' text format, strictly: help and type before samples, nothing twice."""
    assert text.endswith("\n")
    found: Samples = {}
    helped: set[str] = set()
    typed: set[str] = set()
    for line in text.removesuffix("\n").split("\n"):
        if match := re.fullmatch(rf"# HELP ({_NAME}) \S.*", line):
            assert match[1] not in helped
            helped.add(match[1])
        elif match := re.fullmatch(rf"# TYPE ({_NAME}) gauge", line):
            assert match[1] not in typed
            typed.add(match[1])
            current = match[1]
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == current, "samples of a metric stand together"
            labels = re.findall(r'([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"', match[2] or "")
            key = match[1], tuple((name, _plain(value)) for name, value in labels)
            assert key not in found
            found[key] = float(match[3])
    assert helped == typed
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text)


def names(samples: Samples) -> set[str]:
    return {name for name, _ in samples}


@pytest.fixture(scope="module")
def written(replayed: Path, tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """What ``scrapy status --metrics`` writes of the stand-in's replay."""
    path = tmp_path_factory.mktemp("metrics") / "newscrawl.prom"
    path.write_text("old")
    done = scrapy("status", "--metrics", str(path), *data(replayed))
    assert done.returncode == 0, done.stderr
    assert [found.name for found in path.parent.iterdir()] == ["newscrawl.prom"]
    return parse(path.read_text("utf-8"))


def test_values(written: Samples) -> None:
    assert written["newscrawl_state", (("state", "healthy"),)] == 1
    assert written["newscrawl_state", (("state", "unhealthy"),)] == 0
    assert written["newscrawl_last_run_articles", (("outcome", "new"),)] == 408
    assert written["newscrawl_last_run_exit_code", ()] == 0
    articles = [value for (name, _), value in written.items() if name == "newscrawl_articles"]
    assert sum(articles) == 408
    assert len(articles) == 5
    newest = written["newscrawl_newest_article_timestamp_seconds", (("edition", "fa"),)]
    assert 1.5e9 < newest < 2e9
    ratios = [value for (name, _), value in written.items() if name.endswith("_ratio")]
    assert ratios
    assert all(0 <= value <= 1 for value in ratios)


def found_status(replayed: Path) -> dict[str, Any]:
    return status(replayed, now())


def test_hostile_labels_stay_labels(replayed: Path) -> None:
    evil = 'a"} 1\nnewscrawl_state{state="\\healthy'
    found = found_status(replayed) | {"owed_reasons": {evil: 3}}
    lines = [line for metric in metrics(found, now()) for line in metric.lines()]
    samples = parse("\n".join(lines) + "\n")
    assert samples["newscrawl_owed_links", (("reason", evil),)] == 3


def test_an_empty_data_dir_has_metrics_too(tmp_path: Path) -> None:
    write(tmp_path / "x.prom", status(tmp_path / "none", now()), now())
    samples = parse((tmp_path / "x.prom").read_text("utf-8"))
    assert samples["newscrawl_state", (("state", "healthy"),)] == 1
    assert "newscrawl_last_run_exit_code" not in names(samples)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"cannot be written .*: name another file"):
        write(tmp_path / "no" / "x.prom", status(tmp_path, now()), now())


def test_every_metric_is_documented_and_every_documented_one_is_there(
    written: Samples, replayed: Path
) -> None:
    owed = found_status(replayed) | {"owed_reasons": {"http_500": 1}}
    every = names(written) | {metric.name for metric in metrics(owed, now())}
    table = (ROOT / "docs" / "health.md").read_text("utf-8").partition("## Metrics")[2]
    assert set(re.findall(r"`(newscrawl_[a-z_]+)`", table)) == every


def test_the_dashboard_uses_only_metrics_that_are_there(written: Samples) -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana.json").read_text("utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [str(variable["query"]) for variable in dashboard["templating"]["list"]]
    used = set(re.findall(r"newscrawl_[a-z_]+", " ".join(asked)))
    assert len(used) > 10
    assert used <= names(written) | {"newscrawl_owed_links"}
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len(places) == len(set(places))


def test_the_status_has_its_shape_with_warnings(replayed: Path) -> None:
    found = found_status(replayed) | {"state": "warned", "warnings": ["slow"]}
    schema("status").validate(found)
