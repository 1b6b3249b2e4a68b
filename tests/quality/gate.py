"""The extraction gate: records against what is expected, field by field, edition by edition."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fixtures.cases import FETCHED, cases, expected
from fixtures.words import words
from newscrawl.rfi import SITE

FLOORS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "floors.yaml").read_text("utf-8"))
FIELDS: tuple[str, ...] = tuple(FLOORS["exact"])
LABELS = ("ad", "unlock", "more", "promo_app", "promo_letter", "share", "sponsored", "follow")
#: Scripts written without blanks count letter by letter.
_TOKEN = re.compile(r"[\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")


@dataclass
class Scores:
    """What a run over some pages came to."""

    right: Counter[tuple[str, str]] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    f1: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    false_strings: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, edition: str, want: dict[str, Any], got: dict[str, Any]) -> None:
        """Judge one record."""
        self.pages[edition] += 1
        for one in FIELDS:
            if got[one] == want[one]:
                self.right[edition, one] += 1
            else:
                self.wrong.append(f"{name} {one}: wanted {want[one]!r}, got {got[one]!r}")
        self.unnamed += [f"{name}: {one}" for one in unnamed(got)]
        self.f1[edition].append(token_f1(want["text"] or "", got["text"] or ""))
        labels = words(edition).labels
        for label in LABELS:
            if labels[label] in (got["text"] or ""):
                self.false_strings.append(f"{name}: {labels[label]}")

    def share(self, one: str, edition: str | None = None) -> float:
        """Share of pages on which a field is exactly right."""
        editions = [edition] if edition else list(self.pages)
        pages = sum(self.pages[name] for name in editions)
        return sum(self.right[name, one] for name in editions) / pages

    def text_f1(self, edition: str | None = None) -> float:
        """Mean F1 of the tokens of the text."""
        values = [v for name, found in self.f1.items() if edition in (None, name) for v in found]
        return sum(values) / len(values)

    def failures(self) -> list[str]:
        """Everything that lies below its floor."""
        found = [
            f"{one} of {edition}: {self.share(one, edition):.3f} is below {floor}"
            for one, floor in FLOORS["exact"].items()
            for edition in self.pages
            if self.share(one, edition) < floor
        ]
        found += [
            f"text F1 of {edition}: {self.text_f1(edition):.4f} is below {FLOORS['text_f1']}"
            for edition in self.pages
            if self.text_f1(edition) < FLOORS["text_f1"]
        ]
        if self.unnamed:
            found.append(f"fields that name no rule: {self.unnamed[:3]}")
        if len(self.false_strings) > FLOORS["false_strings"]:
            found.append(f"labels of the site in texts: {self.false_strings[:3]}")
        return found


def run(names: Iterable[str] | None = None, change: Callable[[str], str] = str) -> Scores:
    """Extract (some) cases, each page ``change``d before, and judge them."""
    wanted = expected()
    chosen = None if names is None else set(names)
    scores = Scores()
    for case in cases():
        if chosen is None or case.name in chosen:
            page = change(case.html)
            record = asdict(SITE.read_article(page, case.article.url, FETCHED).article)
            scores.add(case.name, case.article.edition.prefix, wanted[case.name], record)
    return scores


def unnamed(record: dict[str, Any]) -> list[str]:
    """Fields that have a value but do not say which rule gave it."""
    capture = ("version", "fetched_at", "source", "rules")
    filled = (name for name in record if record[name] not in (None, [], {}))
    return [name for name in filled if name not in capture and name not in record["rules"]]


def token_f1(want: str, got: str) -> float:
    """F1 of the tokens of two texts, order left out."""
    one, two = Counter(_TOKEN.findall(want)), Counter(_TOKEN.findall(got))
    if not one and not two:
        return 1.0
    shared = (one & two).total()
    return 2 * shared / (one.total() + two.total())
