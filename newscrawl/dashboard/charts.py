"""The charts of the dashboard, each as a Vega-Lite specification: data in, a dict out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from newscrawl.dashboard.gaps import Rows, gaps
from newscrawl.store.dashboard import Lag, Share

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
#: Told apart by people who see colours otherwise, and in grey: a gap also has a shape of its own.
_RAMP = "blues"
_GAP = "#c2410c"
_OUTCOMES = {"owed": "#d97706", "rejected": "#b91c1c", "gone": "#6b7280"}
_FONT = "system-ui, 'Noto Sans', 'Droid Sans Fallback', sans-serif"
_CONFIG: dict[str, Any] = {
    "background": None,
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {"labelColor": "#444", "titleColor": "#444", "grid": False, "labelLimit": 260},
    "aria": False,  # the page says in words what a chart shows; a label for every cell is none
}
_WIDTH = 760


def heat_map(rows: Rows, first: date, last: date) -> dict[str, Any]:
    """Articles by row and day; a gap is a cross."""
    cells = [
        {"row": name, "day": f"{day}", "articles": number}
        for name, days in rows.items()
        for day, number in sorted(days.items())
    ]
    missing = [{"row": name, "day": f"{day}"} for name, day in gaps(rows, last)]
    days = [f"{first + timedelta(step)}" for step in range((last - first).days + 1)]
    x = {
        "field": "day",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": days},
        "axis": {"values": _ticks(days), "labelAngle": 0, "labelOverlap": True},
    }
    y = {"field": "row", "type": "nominal", "title": None, "scale": {"domain": list(rows)}}
    color = {
        "field": "articles",
        "type": "quantitative",
        "title": "articles",
        "scale": {"scheme": _RAMP, "type": "sqrt", "domainMin": 0},
        "legend": {"tickMinStep": 1, "format": "d", "tickCount": 3},
    }
    return _chart(
        {"step": 18},
        layer=[
            {
                "data": {"values": cells},
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
                "encoding": {"x": x, "y": y, "color": color},
            },
            {
                "data": {"values": missing},
                "mark": {"type": "point", "shape": "cross", "filled": True, "color": _GAP},
                "encoding": {"x": x, "y": y, "size": {"value": 40}, "angle": {"value": 45}},
            },
        ],
    )


def lag(lags: Sequence[Lag], first: date, last: date) -> dict[str, Any]:
    """Hours from publication to the first capture, edition by edition."""
    values = [
        {"day": f"{one.day}", "edition": one.edition, "hours": seconds / 3600, "part": part}
        for one in lags
        for part, seconds in (("half", one.half_s), ("nine in ten", one.most_s))
    ]
    scale = {"type": "symlog", "constant": 0.1}
    return _chart(
        260,
        data={"values": values},
        mark={"type": "line", "point": {"size": 18}, "interpolate": "monotone"},
        encoding={
            "x": {
                "field": "day",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "title": None,
                "scale": {"type": "utc", "domain": [f"{first}", f"{last}"]},
            },
            "y": {"field": "hours", "type": "quantitative", "title": "hours", "scale": scale},
            "color": {"field": "edition", "type": "nominal", "scale": {"scheme": "tableau20"}},
            "strokeDash": {"field": "part", "type": "nominal", "title": "came faster"},
        },
    )


def coverage(shares: Iterable[Share], fields: Sequence[str]) -> dict[str, Any]:
    """Part of the records that have a field, run by run; fields in the order of the record."""
    sums: dict[tuple[int, str], tuple[int, int]] = {}
    for one in shares:
        filled, records = sums.get((one.run, one.field), (0, 0))
        sums[one.run, one.field] = filled + one.filled, records + one.records
    values = [
        {"run": run, "field": field, "share": filled / records}
        for (run, field), (filled, records) in sums.items()
        if records
    ]
    return _chart(
        {"step": 16},
        data={"values": values},
        mark={"type": "rect", "stroke": "white", "strokeWidth": 1},
        encoding={
            "x": {"field": "run", "type": "ordinal", "title": "run", "axis": {"labelAngle": 0}},
            "y": {
                "field": "field",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": [name for name in fields if (name in {v["field"] for v in values})]
                },
            },
            "color": {
                "field": "share",
                "type": "quantitative",
                "title": "have it",
                "scale": {"scheme": _RAMP, "domain": [0, 1]},
                "legend": {"format": ".0%"},
            },
        },
    )


def troubles(runs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Articles that did not come, run by run, beside the answers that were errors."""
    outcomes, answers = [], []
    for run in runs:
        summary = run["summary"]
        for name in _OUTCOMES:
            if summary.get(name):
                outcomes.append({"run": run["id"], "what": name, "number": summary[name]})
        for status, number in summary.get("answers", {}).items():
            if not status.isdecimal() or int(status) >= 400:
                told = "no answer" if status == "none" else status
                answers.append({"run": run["id"], "what": told, "number": number})
    numbers = sorted(run["id"] for run in runs)
    return {
        **_base(),
        "vconcat": [
            _bars(
                outcomes,
                numbers,
                "articles",
                {"domain": [*_OUTCOMES], "range": [*_OUTCOMES.values()]},
            ),
            _bars(answers, numbers, "answers", {"scheme": "set2"}),
        ],
        "resolve": {"scale": {"color": "independent"}},
    }


def _bars(
    values: list[dict[str, Any]], runs: Sequence[int], title: str, colors: dict[str, Any]
) -> dict[str, Any]:
    return {
        "width": _WIDTH,
        "height": 110,
        "data": {"values": values},
        "mark": "bar",
        "encoding": {
            "x": {
                "field": "run",
                "type": "ordinal",
                "title": "run",
                "scale": {"domain": list(runs)},
                "axis": {"labelAngle": 0},
            },
            "y": {
                "field": "number",
                "type": "quantitative",
                "title": title,
                "axis": {"labelExpr": "datum.value % 1 ? '' : datum.label", "format": "d"},
            },
            "color": {"field": "what", "type": "nominal", "title": None, "scale": colors},
        },
    }


def _chart(height: Any, **more: Any) -> dict[str, Any]:
    return {**_base(), "width": _WIDTH, "height": height, **more}


def _base() -> dict[str, Any]:
    return {"$schema": _SCHEMA, "config": _CONFIG}


def _ticks(days: Sequence[str]) -> list[str]:
    """About ten days to name."""
    step = max(1, len(days) // 8)
    return list(days[::step])
