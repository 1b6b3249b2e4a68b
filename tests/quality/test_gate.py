"""The gate passes, and it would not if a rule were missing or a trap were sprung."""

from __future__ import annotations

from collections import Counter

import pytest

from fixtures.cases import EXPECTED, FORMS, KINDS, cases, expected
from fixtures.model import EDITIONS
from newscrawl.items import ARTICLE_FIELDS
from newscrawl.rfi import SITE
from tests.quality import gate
from tests.quality.sensitivity import TRAPS, rules, spring, try_rule
from tests.quality.sources import REMOVERS

# -- the pages -------------------------------------------------------------------------------------


def test_every_edition_in_every_kind_and_every_kind_in_every_form() -> None:
    assert len(cases()) >= 200
    assert len({case.name for case in cases()}) == len(cases())
    kinds = {(case.article.edition.prefix, case.kind) for case in cases()}
    assert kinds == {(edition, kind) for edition in EDITIONS for kind in KINDS}
    forms = {(case.kind, case.article.form) for case in cases()}
    assert forms == {(kind, form) for kind in KINDS for form in FORMS}
    assert set(EDITIONS) == set(SITE.editions())
    assert all(case.article.edition.prefix == SITE.edition_of(case.article.url) for case in cases())


def test_the_expected_records_are_those_of_the_pages() -> None:
    records = expected()
    assert set(records) == {case.name for case in cases()}
    assert [file.stem for file in sorted(EXPECTED.glob("*.jsonl"))] == sorted(EDITIONS)
    different = [case.name for case in cases() if records[case.name] != case.truth]
    assert different == [], "see `python -m fixtures.cases --expect`, and read its difference"


# -- the gate --------------------------------------------------------------------------------------


def test_the_gate() -> None:
    scores = gate.run()
    assert scores.failures() == [], scores.wrong[:5]
    assert scores.false_strings == []


def test_the_gate_counts_every_field_of_the_article() -> None:
    left = {"html", "content_hash", "version", "fetched_at", "source", "rules"}
    assert set(gate.FIELDS) == set(ARTICLE_FIELDS) - left


@pytest.mark.parametrize(("field", "rule"), rules())
def test_the_gate_notices_when_a_rule_is_gone(field: str, rule: str) -> None:
    present, gone = try_rule(field, rule)
    assert present == []
    assert gone != []


def test_every_rule_has_a_page_of_its_own() -> None:
    assert {(field, rule) for field, found in REMOVERS.items() for rule in found} == set(rules())


@pytest.mark.parametrize("name", TRAPS)
def test_the_gate_notices_a_sprung_trap(name: str) -> None:
    before, after = spring(name)
    assert before == []
    assert any(TRAPS[name][1] in failure for failure in after), after


# -- the measure itself ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("want", "got", "f1"),
    [
        ("a b c", "a b c", 1.0),
        ("a b c d", "a b", 2 * 2 / 6),
        ("两岸关系", "两岸", 2 * 2 / 6),
        ("កខគ", "កខគ", 1.0),
        ("a", "", 0.0),
        ("", "", 1.0),
    ],
)
def test_token_f1(want: str, got: str, f1: float) -> None:
    assert gate.token_f1(want, got) == pytest.approx(f1)


def test_pages_are_spread() -> None:
    counted = Counter(case.article.edition.prefix for case in cases())
    assert min(counted.values()) >= 12
