"""What is one story: copies of every kind, and nothing else."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import Any

import pytest

from bench.planted import ORIGINAL, planted, record
from fixtures.words import Story, story, words
from newscrawl.stories.cut import MOST
from newscrawl.stories.grouping import Grouping, Stories


def told(*records: dict[str, Any]) -> Stories:
    grouping = Grouping()
    for one in records:
        grouping.add(one)
    return grouping.stories()


def names(stories: Stories, *records: dict[str, Any]) -> list[str]:
    return [stories.of(one["url_hash"]).name for one in records]


def made(edition: str = "en", number: int = 1, **changes: Any) -> dict[str, Any]:
    return record(edition, "made", number, story(words(edition), number)) | changes


def test_the_order_in_which_they_come_makes_no_difference() -> None:
    records = [one.record for one in planted(3)]
    found = names(told(*records), *records)
    Random(1).shuffle(records)
    shuffled = told(*records)
    records = [one.record for one in planted(3)]
    assert names(shuffled, *records) == found
    assert 1 < len(shuffled) < len(records) / 3


def test_a_story_is_called_by_what_was_published_first_whatever_comes_later() -> None:
    first = made(url_hash="8" * 32)
    later = made(url_hash="1" * 32, published_at="2024-01-02T00:00:00+00:00")
    undated = made(url_hash="0" * 32, published_at=None)
    assert names(told(first), first) == ["8" * 32]
    assert names(told(undated, later, first), first, later, undated) == ["8" * 32] * 3
    same = made(url_hash="7" * 32)
    assert names(told(first, same), first) == ["7" * 32]


@pytest.mark.parametrize("end", ["00", "0000", "ff"])
def test_hashes_of_every_form_are_found(end: str) -> None:
    one, two = (
        made(number=1, url_hash=end.rjust(32, "a")),
        made(number=2, url_hash=end * (32 // len(end))),
    )
    stories = told(one, two)
    assert names(stories, one, two) == [one["url_hash"], two["url_hash"]]
    with pytest.raises(KeyError):
        stories.of("b" * 32)


def test_editions_that_are_named_need_not_be_there() -> None:
    """Two pages name the same third one, which is not in the store."""
    there = {"fr": "https://www.rfi.fr/fr/x/20240101-y"}
    one, two = made("cn", 1, alternates=there), made("km", 2, alternates=there)
    third = made("fr", 3, url_hash=sha256(there["fr"].encode()).hexdigest()[:32])
    assert len(told(one, two)) == 1
    assert len(told(one, two, third)) == 1
    assert len(told(one, made("km", 2), third)) == 2


def test_a_page_that_all_name_is_no_story_of_theirs() -> None:
    """Where there is no translation a page may name the other edition's first page, or any."""
    first = {"en": "https://www.rfi.fr/en/"}
    pages = [made("km", number, alternates=first) for number in (1, 2)]
    assert len(told(*pages)) == 1
    grouping = Grouping(lambda url: not url.endswith("/"))
    for page in pages:
        grouping.add(page)
    assert len(grouping.stories()) == 2
    stuck = {"en": "https://www.rfi.fr/en/x/20240101-y"}
    many = [made("cn", 1, url_hash=f"{number:032x}", title=f"{number}") for number in range(33)]
    many = [page | {"lead": None, "text": None, "alternates": stuck} for page in many]
    assert len(told(*many[:32])) == 1
    assert len(told(*many, *many)) == 33


def test_all_versions_of_an_article_are_one_story() -> None:
    """A copy of what it said once is its copy still."""
    old, new = made(number=1, version=1), made(number=1, version=2)
    new |= {name: made(number=40)[name] for name in ("title", "lead", "text")}
    copy = made(number=1, url_hash="c" * 32)
    other = made(number=40, url_hash="d" * 32)
    assert len(told(new, copy)) == 2
    assert len(told(old, new, copy, other)) == 1


def test_short_texts_are_alike_when_they_are_the_same() -> None:
    def bulletin(number: int, title: str | None) -> dict[str, Any]:
        return made(number=number, title=title, lead=None, text=None)

    days = [bulletin(day, f"第二次播音 2021年12月{day}日") for day in range(1, 20)]
    assert len(told(*days)) == len(days)
    same = [bulletin(50 + day, f"NEWS — at  7,{'.' * day}") for day in range(1, 20)]
    assert len(told(*same, *days)) == 1 + len(days)
    nothing = [bulletin(day, None) for day in range(100, 120)]
    assert len(told(*nothing)) == len(nothing)


def test_words_that_many_use_make_no_story() -> None:
    """A form of words at the end of every page, longer than what the page itself says."""
    form = " ".join(story(words("fr"), 7).paragraphs)
    pages = []
    for number in range(MOST + 8):
        own = Story("", "", f"{Random(number).random()}", [])
        page = record("fr", "form", number, own) | {"title": None, "text": form}
        letters = "".join(Random(number).choices("abcdefghijklmnopqrstuvwxyz ", k=1200))
        pages.append(page | {"lead": letters})
    assert len(told(*pages)) == len(pages)


def test_scripts_and_keyboards() -> None:
    simplified, traditional = made("cn", 5), made("tw", 5)
    assert len(told(simplified, traditional)) == 1
    khmer = made("km", 5)
    bare = made("km", 6) | {
        name: khmer[name].replace("\u200b", "") for name in ("title", "lead", "text")
    }
    persian = made("fa", 5)
    arabic = made("fa", 6) | {
        name: persian[name].replace("ی", "ي").replace("ک", "ك").replace("\u200c", " ")
        for name in ("title", "lead", "text")
    }
    assert len(told(khmer, bare, persian, arabic)) == 2


def test_nothing_is_no_story() -> None:
    assert len(told()) == 0
    assert {one.kind for one in planted(1)} > {ORIGINAL}
