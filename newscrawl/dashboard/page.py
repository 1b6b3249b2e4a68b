"""The dashboard: figures and pictures put into one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from newscrawl.dashboard import charts
from newscrawl.dashboard.drawing import draw
from newscrawl.dashboard.gaps import Rows, gaps
from newscrawl.durations import span
from newscrawl.items import ARTICLE_FIELDS
from newscrawl.store.dashboard import Figures, Newest, Share

_TEMPLATES = Path(__file__).resolve().parent / "templates"
#: Days that a page offers to show.
SPANS = (14, 30, 60, 120)
DAYS, MOST_DAYS = 60, 366
#: More rows of a picture are told by number only.
_MOST_ROWS = 60


@dataclass(frozen=True)
class EditionRow:
    """An edition, its columns, and a picture of each."""

    name: str
    articles: int
    newest: datetime | None
    age_s: float | None
    allowed_s: float | None
    """Seconds that its newest article may be old."""
    columns: list[Newest]
    days: Markup | None
    """Its columns day by day."""
    coverage: Markup | None

    @property
    def is_old(self) -> bool:
        """Whether the newest article is older than the seeds allow."""
        return self.age_s is not None and self.allowed_s is not None and self.age_s > self.allowed_s


def dashboard(figures: Figures, moment: datetime, allowed: Mapping[str, float | None]) -> Markup:
    """The part of a page that shows it all; ``allowed`` are the seeds' ``newest``, in seconds.

    Raises :class:`newscrawl.errors.UsageProblem` where the group ``browse`` is missing.
    """
    overview = _rows((one.edition, one.day, one.articles) for one in figures.days)
    context = {
        "figures": figures,
        "moment": moment,
        "editions": [_edition(name, figures, moment, allowed) for name in _editions(figures)],
        "overview": _heat_map(overview, figures, "Articles a day by edition"),
        "gaps": gaps(overview, figures.last),
        "lag": _lag(figures),
        "coverage": _coverage(figures.shares, "Fields that the records of each run have"),
        "troubles": _troubles(figures),
        "span": span,
    }
    return Markup(_environment().get_template("dashboard.html").render(context))


def document(figures: Figures, moment: datetime, allowed: Mapping[str, float | None]) -> str:
    """The same as a file of its own, that asks nothing of anybody."""
    body = dashboard(figures, moment, allowed)
    return _environment().get_template("report.html").render(body=body, moment=moment)


def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True)


def _editions(figures: Figures) -> list[str]:
    return list(dict.fromkeys(one.edition for one in figures.newest))


def _edition(
    name: str, figures: Figures, moment: datetime, allowed: Mapping[str, float | None]
) -> EditionRow:
    columns = [one for one in figures.newest if one.edition == name]
    newest = max((one.newest for one in columns if one.newest), default=None)
    rows = _rows(
        (one.column or "(no column)", one.day, one.articles)
        for one in figures.days
        if one.edition == name
    )
    shares = [one for one in figures.shares if one.edition == name]
    return EditionRow(
        name,
        sum(one.articles for one in columns),
        newest,
        (moment - newest).total_seconds() if newest else None,
        allowed.get(name),
        sorted(columns, key=lambda one: (-one.articles, one.column)),
        _heat_map(_largest(rows), figures, f"Articles a day by column of {name}"),
        _coverage(shares, f"Fields that the records of {name} have"),
    )


def _rows(counts: Iterable[tuple[str, date, int]]) -> Rows:
    rows: Rows = {}
    for name, day, number in counts:
        days = rows.setdefault(name, {})
        days[day] = days.get(day, 0) + number
    return dict(sorted(rows.items()))


def _largest(rows: Rows) -> Rows:
    ordered = sorted(rows.items(), key=lambda row: -sum(row[1].values()))
    return dict(ordered[:_MOST_ROWS])


def _heat_map(rows: Rows, figures: Figures, title: str) -> Markup | None:
    return draw(charts.heat_map(rows, figures.first, figures.last), title) if rows else None


def _lag(figures: Figures) -> Markup | None:
    if not figures.lags:
        return None
    chart = charts.lag(figures.lags, figures.first, figures.last)
    return draw(chart, "Hours from publication to the first capture")


def _coverage(shares: list[Share], title: str) -> Markup | None:
    return draw(charts.coverage(shares, ARTICLE_FIELDS), title) if shares else None


def _troubles(figures: Figures) -> Markup | None:
    bars: Any = charts.troubles(figures.runs)
    if not any(part["data"]["values"] for part in bars["vconcat"]):
        return None
    return draw(bars, "Articles that did not come, and answers that were errors, by run")
