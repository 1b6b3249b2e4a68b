"""Stories planted with copies: which articles tell the same is known beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fixtures.model import EDITIONS
from fixtures.words import Story, story, words

#: Kinds of copies, each told of the same original.
COPIES = (
    "reworded lead",
    "added paragraph",
    "text cut in half",
    "text cut short",
    "a word of each sentence changed",
    "other edition",
)
_SENTENCE = re.compile(r"[^.!?。！？؟។\n]{20,}")
ORIGINAL = "original"
#: What is not a copy but looks like one: another story of the same place and thing.
ALIKE = "same topic"
#: The stand-in's Chinese stories stand in both scripts.
SCRIPTS = ("cn", "tw")
#: Stories that are so many apart are of the same place and thing.
TOPICS = 144
_OTHER = {"cn": "en", "tw": "fr"}


@dataclass(frozen=True)
class Planted:
    """A record and the story that it really tells."""

    record: dict[str, Any]
    kind: str
    edition: str
    number: int

    @property
    def truth(self) -> tuple[str, int]:
        """The same for all that tell the same story."""
        return ("zh" if self.edition in SCRIPTS else self.edition), self.number


def planted(numbers: int) -> Iterator[Planted]:
    """For each edition some stories, their copies, and as many others of the same topics."""
    for edition in EDITIONS:
        bank = words(edition)
        for number in range(numbers):
            told = story(bank, number)
            yield Planted(record(edition, ORIGINAL, number, told), ORIGINAL, edition, number)
            for kind in COPIES:
                yield Planted(_copy(edition, kind, number, told), kind, edition, number)
            other = number + TOPICS
            alike = record(edition, ALIKE, other, story(bank, other))
            yield Planted(alike, ALIKE, edition, other)


def record(edition: str, kind: str, number: int, told: Story) -> dict[str, Any]:
    """What is read of an article when stories are found."""
    url = address(edition, kind, number)
    return {
        "url": url,
        "url_hash": sha256(url.encode()).hexdigest()[:32],
        "title": told.title,
        "lead": told.lead,
        "text": "\n\n".join(told.paragraphs),
        "alternates": {},
        "published_at": "2024-01-01T00:00:00+00:00",
    }


def address(edition: str, kind: str, number: int) -> str:
    """URL of a planted article."""
    return f"https://www.rfi.fr/{edition}/{kind.replace(' ', '-')}/20240101-{number}"


def _copy(edition: str, kind: str, number: int, told: Story) -> dict[str, Any]:
    made = record(edition, kind, number, told)
    other = story(words(edition), number + TOPICS)
    if kind == "reworded lead":
        made |= {"title": other.title, "lead": other.lead}
    elif kind == "added paragraph":
        made["text"] = "\n\n".join(
            [*told.paragraphs[:3], other.paragraphs[0], *told.paragraphs[3:]]
        )
    elif kind == "text cut in half":
        made["text"] = made["text"][: len(made["text"]) // 2] + "…"
    elif kind == "text cut short":
        made["text"] = "\n\n".join(told.paragraphs[:2])
    elif kind == "a word of each sentence changed":
        made["text"] = _SENTENCE.sub(lambda found: _edited(found[0]), made["text"])
    else:
        # Told in words of its own; the pages name each other.
        elsewhere = _OTHER.get(edition, "cn")
        apart = number + 10_000 * (1 + list(EDITIONS).index(edition))
        made |= record(edition, kind, number, story(words(elsewhere), apart))
        made["alternates"] = {edition: address(edition, ORIGINAL, number)}
    return made


def _edited(sentence: str) -> str:
    """A sentence whose middle word, or two characters, are others."""
    # Khmer parts its words by blanks of no width, and phrases by those that are seen.
    joint = "\u200b" if "\u200b" in sentence else " "
    parts = sentence.split(joint)
    middle = len(parts) // 2
    if middle:
        return joint.join([*parts[:middle], parts[middle][::-1], *parts[middle + 1 :]])
    middle = len(sentence) // 2
    return sentence[:middle] + sentence[middle : middle + 2][::-1] + sentence[middle + 2 :]
