"""What a query finds and does not find, script by script."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.search.query import Phrase, Query, Term, parse
from newscrawl.search.snippets import mark, snippet
from newscrawl.search.tokens import compose, tokens
from newscrawl.store import search
from newscrawl.store.database import read_only
from tests.search.stand_in import fill, stand_in_records, whole_text

ZWNJ = "\u200c"
ZWSP = "\u200b"

#: Query, and the writings of which an article has at least one if and only if it is to be found.
TABLE = [
    # Simplified and traditional Chinese: two characters, one, more, and across two words.
    ("海洋", ["海洋"]),
    ("法廣", ["法廣"]),
    ("雨", ["雨"]),
    ("候鸟驿站", ["候鸟驿站"]),
    ("舊書市集", ["舊書市集"]),
    ("鸟驿", ["鸟驿"]),
    ("汐電", ["汐電"]),
    ("科学", ["科学"]),
    ("Python写", ["Python写"]),
    ("用Python", ["用Python"]),
    ("不存在", ["不存在"]),
    ("驿站候鸟", ["驿站候鸟"]),
    # Khmer, typed with and without the break that marks words in the pages.
    (f"ចម្ការ{ZWSP}លើ{ZWSP}ដំបូល", [f"ចម្ការ{ZWSP}លើ{ZWSP}ដំបូល"]),
    ("ចម្ការលើដំបូល", [f"ចម្ការ{ZWSP}លើ{ZWSP}ដំបូល"]),
    ("ដំបូល", ["ដំបូល"]),
    ("គ្រួសារ", ["គ្រួសារ"]),
    # Persian with and without its joint, and with the letters of an Arabic keyboard.
    (f"می{ZWNJ}رود", [f"می{ZWNJ}رود"]),
    ("میرود", [f"می{ZWNJ}رود"]),
    ("می رود", [f"می{ZWNJ}رود"]),
    ('"می رود"', [f"می{ZWNJ}رود"]),
    (f"نمی{ZWNJ}ماند", [f"نمی{ZWNJ}ماند"]),
    ("آسياب", ["آسیاب"]),
    ("آشپزخانه", ["آشپزخانه"]),
    ("اشپزخانه", ["آشپزخانه"]),
    ("۱۰ دقیقه", ["۱۰ دقیقه"]),
    ('"10 دقیقه"', ["۱۰ دقیقه"]),
    # Vietnamese with and without accents.
    ("thủy triều", ["thủy triều", "Thủy triều"]),
    ("thuy trieu", ["thủy triều", "Thủy triều"]),
    ('"dan chim di tru"', ["đàn chim di trú"]),
    ('"Đông Phần"', ["Đông Phần"]),
    ('"dong phan"', ["Đông Phần"]),
    # Russian and Ukrainian.
    ("ЛОДОЧНЫЙ", ["лодочный"]),
    ("озерный", ["Озёрный", "озёрный"]),
    ("подорож*", ["подорож", "Подорож"]),
    ("насіння", ["насіння"]),
    # French, English, Hausa, Bambara, Fulfulde.
    ("verger toits", ["verger sur les toits"]),
    ('"verger sur les toits"', ["verger sur les toits"]),
    ("experience", ["expérience", "experience"]),
    ("œuvre", ["œuvre"]),
    ("oeuvre", ["œuvre"]),
    ("l'ecole", ["L’école", "l’école"]),
    ("Pointe-aux-Sables", ["Pointe-aux-Sables"]),
    ("volunt*", ["volunt", "Volunt"]),
    ("bude", ["buɗe", "Buɗe"]),
    ("Jikuruni", ["Jikuruni"]),
    ("sanfinɛba", ["Sanfiɲɛba", "sanfiɲɛba"]),
    ("sanfineba", ["Sanfiɲɛba", "sanfiɲɛba"]),
]


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return stand_in_records()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, records: Any) -> Iterator[sqlite3.Connection]:
    folder = tmp_path_factory.mktemp("search") / "data"
    fill(folder, records)
    connection = read_only(folder)
    assert connection is not None
    with closing(connection):
        yield connection


@pytest.fixture
def found(store: sqlite3.Connection) -> Callable[..., set[str]]:
    def find(query: str, edition: str | None = None) -> set[str]:
        rows = search.find(store, parse(query), edition=edition, most=1000).rows
        return {row["url"] for row in rows}

    return find


@pytest.mark.parametrize(("query", "writings"), TABLE)
def test_finds_all_and_only(records: Any, found: Any, query: str, writings: list[str]) -> None:
    wanted = {
        record["url"]
        for record in records
        if any(writing in whole_text(record) for writing in writings)
    }
    assert found(query) == wanted
    is_told_apart = 0 < len(wanted) < len(records)
    assert is_told_apart or writings[0] in ("不存在", "驿站候鸟")


def test_the_accents_of_summer(tmp_path: Path, records: Any) -> None:
    """`ete` finds `été`, `Eté` and `ETE`, and no word that has it inside."""
    texts = ["C'était l'été.", "Un Eté", "ETE", "la fête", "étés", "l’Été indien", "arrete"]
    made = [
        records[0] | {"url_hash": f"{number:032x}", "title": text, "lead": None, "text": text}
        for number, text in enumerate(texts)
    ]
    fill(tmp_path, made)
    connection = read_only(tmp_path)
    assert connection is not None
    with closing(connection):
        for query in ("ete", "été", "ÉTÉ"):
            rows = search.find(connection, parse(query)).rows
            assert {row["title"] for row in rows} == {texts[at] for at in (0, 1, 2, 5)}


def test_persian_written_apart_or_as_one(tmp_path: Path, records: Any) -> None:
    texts = [f"او می{ZWNJ}رود", "او می رود", "او میرود", "رود می", "کتاب"]
    made = [
        records[0] | {"url_hash": f"{number:032x}", "title": text, "lead": None, "text": None}
        for number, text in enumerate(texts)
    ]
    fill(tmp_path, made)
    connection = read_only(tmp_path)
    assert connection is not None
    with closing(connection):

        def titles(query: str) -> set[str]:
            return {row["title"] for row in search.find(connection, parse(query)).rows}

        assert titles(f"می{ZWNJ}رود") == set(texts[:3])
        assert titles('"می رود"') == set(texts[:3])
        assert titles("می رود") == set(texts[:4])
        assert titles("میرود") == {texts[0], texts[2]}


def test_phrases_fields_editions_and_what_is_not_wanted(records: Any, found: Any) -> None:
    both = found("候鸟驿站")
    assert found("候鸟驿站", "tw") == set()
    assert found("候鸟驿站", "cn") == both != set()
    assert found('"toits verger"') == set() != found("toits verger")
    assert set() != found("海洋 -候鸟") == found("海洋") - found("候鸟") != found("海洋")
    titled = {record["url"] for record in records if "暴雨" in (record["title"] or "")}
    assert found("title:暴雨") == titled != set()
    name = records[-1]["authors"][0]["name"]
    assert records[-1]["url"] in found(f'author:"{name}"')
    assert found(f'tag:"{name}"') == set()
    two = next(record for record in records if len(record["tags"]) > 1)
    first, second = (tag["name"] for tag in two["tags"][:2])
    assert two["url"] in found(f'tag:"{first}" tag:"{second}"')
    assert two["url"] not in found(f'tag:"{first} {second}"')


@pytest.mark.parametrize(
    "query",
    [
        "", "   ", "-", "-夜间", '"', '""', "*", ":", "title:", "(", ")", "a OR", "NEAR(", "{x}",
        '"a', "a*b*", "^a", "title:*", "\x00", "'; DROP TABLE search; --", "·cn", "AND AND",
        "x" * 5000, "* " * 2000, "a " * 3000, "\ud7ff\ufffe", "-" * 300, "edition:cn",
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_an_error(found: Any, query: str) -> None:
    assert len(found(query)) <= 1000
    assert len(found(query, "no such edition")) == 0


def test_title_before_lead_before_text(tmp_path: Path, records: Any) -> None:
    plain = {"lead": "Rien.", "text": "Rien non plus. " * 20, "authors": [], "tags": []}
    made = [
        records[0] | plain | {"url_hash": f"{number:032x}", "title": f"Titre {number}", **more}
        for number, more in enumerate(
            [{"text": "Un phare. " + "Rien. " * 40}, {"title": "Le phare"}, {"lead": "Le phare."}]
        )
    ]
    fill(tmp_path, [*made, *(one | {"url_hash": one["url_hash"][::-1]} for one in records[:40])])
    connection = read_only(tmp_path)
    assert connection is not None
    with closing(connection):
        rows = search.find(connection, parse("phare")).rows
    assert [row["title"] for row in rows] == ["Le phare", "Titre 2", "Titre 0"]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("ete", "C'était l'Été indien.", ["Été"]),
        ("法国人", "在法国人民中，法国", ["法国人"]),
        ("法", "在法国，立法", ["法", "法"]),
        ("国人", "法国人民", ["国人"]),
        ("viet nam", "Người Việt Nam", ["Việt", "Nam"]),
        ('"viet nam"', "Người Việt Nam", ["Việt Nam"]),
        ("میرود", f"او می{ZWNJ}رود.", [f"می{ZWNJ}رود"]),
        ("volunt*", "Volunteers and a volunteer", ["Volunteers", "volunteer"]),
        ("ដំបូល", f"លើ{ZWSP}ដំបូល", ["ដំបូល"]),
        ("e\u0301te\u0301", "un e\u0301te\u0301", ["été"]),
        ("<b>", "a <b> c & d", ["b"]),
    ],
)
def test_marks_stand_where_the_words_stand(query: str, text: str, marked: list[str]) -> None:
    pieces = mark(text, parse(query))
    assert [piece.text for piece in pieces if piece.found] == marked
    assert "".join(piece.text for piece in pieces).replace("é", "e\u0301") == text.replace(
        "é", "e\u0301"
    )


def test_a_snippet_shows_why(records: Any, found: Any) -> None:
    query = parse("chantier brume")
    shown = 0
    for record in records:
        if record["url"] not in found("text:chantier text:brume"):
            continue
        pieces = snippet(record["text"], query)
        assert any(piece.found for piece in pieces)
        assert len("".join(piece.text for piece in pieces)) < 300
        shown += 1
    assert shown
    assert snippet("nothing of it", query) == []
    assert snippet(None, query) == []


@given(
    text=st.text(
        st.one_of(
            st.sampled_from(" ,.-_'\u200b\u200c\u0301\u064b\u17d2"),
            st.characters(codec="utf-8"),
            st.sampled_from("aéßİıЁйñ中国法がガゟ々〇\uf900\ufa10កខដតាុيكءؤ۱Ａ"),
        ),
        max_size=40,
    ),
    data=st.data(),
)
def test_a_snippet_shows_whatever_stands_there(text: str, data: st.DataObject) -> None:
    found = [token.text for token in tokens(compose(text)) if not token.is_last]
    if not found:
        return
    begin = data.draw(st.integers(0, len(found) - 1))
    end = data.draw(st.integers(begin, len(found) - 1)) + 1
    query = Query((Term((Phrase(tuple(found[begin:end])),)),))
    everywhere = [token.text for token in tokens(compose(text))]
    if not any(
        everywhere[at : at + end - begin] == found[begin:end] for at in range(len(everywhere))
    ):
        return  # a run ends between them
    assert any(piece.found for piece in snippet(text, query))


def test_a_snippet_from_far_behind() -> None:
    text = "begin " + "filler words " * 400 + "needle end"
    pieces = snippet(text, parse("needle"))
    assert [piece.text for piece in pieces if piece.found] == ["needle"]
    across = "x " * 999 + "in two"  # the phrase goes on behind what is looked at first
    assert any(piece.found for piece in snippet(across + " parts", parse('"in two parts"')))
