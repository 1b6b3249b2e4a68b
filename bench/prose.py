"""Texts as unlike as those of a newsroom: words drawn by their frequency, in every script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from bench.planted import record
from fixtures.model import EDITIONS
from fixtures.words import Story, words

#: One in so many tells the story of the one before it in its edition again, with a lead of its own.
AGAIN = 10
_WORDS, _HAN_WORDS = 20_000, 3_500
_FIRST = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Tongue:
    """Words of a language from the most frequent to the rarest, and how they are put together."""

    words: list[str]
    weights: list[float]
    joint: str
    stop: str

    def sentence(self, random: Random) -> str:
        length = random.randrange(8, 26)
        return self.joint.join(random.choices(self.words, cum_weights=self.weights, k=length))


def records(count: int) -> Iterator[dict[str, Any]]:
    """Records of all editions in turn, as finding stories takes them."""
    names = sorted(EDITIONS)
    for number in range(count):
        edition = names[number % len(names)]
        turn = number // len(names)
        again = turn % AGAIN == AGAIN - 1
        made = record(edition, "prose", number, _story(edition, turn - again, again=again))
        moment = _FIRST + timedelta(minutes=40 * number)
        yield made | {"published_at": f"{moment:%Y-%m-%dT%H:%M:%S+00:00}"}


def _story(edition: str, number: int, *, again: bool) -> Story:
    tongue = _tongue(edition)
    body, head = Random(f"{edition} {number}"), Random(f"{edition} {number} {again}")
    paragraphs = [
        "".join(tongue.sentence(body) + tongue.stop for _ in range(3))
        for _ in range(body.randrange(3, 9))
    ]
    title, lead = tongue.sentence(head), tongue.sentence(head) + tongue.stop
    return Story(title, "", lead, paragraphs)


@cache
def _tongue(edition: str) -> _Tongue:
    """Words made of the letters that an edition's own words have."""
    random = Random(edition)
    if edition in ("cn", "tw"):
        made = [chr(code) for code in random.sample(range(0x4E00, 0x9FA6), _HAN_WORDS)]
        return _Tongue(made, _frequencies(made), "", "。")
    letters = [letter for text in words(edition).sentences for letter in text if letter.isalpha()]
    made = ["".join(random.choices(letters, k=random.randrange(2, 11))) for _ in range(_WORDS)]
    return _Tongue(made, _frequencies(made), " ", ". ")


def _frequencies(made: list[str]) -> list[float]:
    return list(accumulate(1 / (rank + 5) for rank in range(len(made))))
