"""Pictures of a data set: articles by month, and how long their texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newscrawl.exports.dataset.figures import STEPS, Figures
from newscrawl.groups import need

FOLDER = "plots"
MONTHS, LENGTHS = f"{FOLDER}/months.svg", f"{FOLDER}/lengths.svg"

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_WIDTH = 760
_CONFIG: dict[str, Any] = {
    "background": "white",
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {"grid": False},
}


def draw_plots(folder: Path, figures: Figures) -> None:
    """Write both as SVG; needs the group ``dataset``."""
    converter = need("vl_convert", "dataset", "a data set")
    (folder / FOLDER).mkdir()
    for name, chart in ((MONTHS, months(figures)), (LENGTHS, lengths(figures))):
        svg = converter.vegalite_to_svg({"$schema": _SCHEMA, "config": _CONFIG, **chart})
        (folder / name).write_text(svg, "utf-8")


def months(figures: Figures) -> dict[str, Any]:
    """Editions by months; the darker, the more articles."""
    values = [
        {"edition": edition, "month": f"{month}-01", "articles": number}
        for edition in figures.editions
        for month, number in sorted(figures.months[edition].items())
    ]
    return {
        "width": _WIDTH,
        "height": {"step": 18},
        "data": {"values": values},
        "mark": "rect",
        "encoding": {
            "x": {
                "field": "month",
                "type": "temporal",
                "timeUnit": "utcyearmonth",
                "title": None,
                "scale": {"type": "utc"},
            },
            "y": {"field": "edition", "type": "nominal", "title": None},
            "color": {
                "field": "articles",
                "type": "quantitative",
                "title": "articles a month",
                "scale": {"scheme": "blues", "type": "sqrt", "domainMin": 0},
                "legend": {"tickMinStep": 1, "format": "d", "tickCount": 3},
            },
        },
    }


def lengths(figures: Figures) -> dict[str, Any]:
    """Texts by their characters, an edition each."""
    values = [
        {
            "edition": edition,
            "from": round(10 ** (step / STEPS), 1),
            "to": round(10 ** ((step + 1) / STEPS), 1),
            "texts": number,
        }
        for edition in figures.editions
        for step, number in sorted(figures.lengths[edition].items())
    ]
    return {
        "data": {"values": values},
        "facet": {"field": "edition", "type": "nominal", "title": None},
        "columns": 4,
        "spec": {
            "width": _WIDTH // 4 - 40,
            "height": 70,
            "mark": "rect",
            "encoding": {
                "x": {
                    "field": "from",
                    "type": "quantitative",
                    "title": "characters",
                    "scale": {"type": "log"},
                    "axis": {"format": "~s", "values": [10, 100, 1000, 10_000, 100_000]},
                },
                "x2": {"field": "to"},
                "y": {
                    "field": "texts",
                    "type": "quantitative",
                    "title": None,
                    "axis": {"tickCount": 3, "format": "~s"},
                    "scale": {"zero": True},
                },
                "y2": {"datum": 0},
            },
        },
        "resolve": {"scale": {"y": "independent"}},
    }
