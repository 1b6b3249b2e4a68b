"""The item loader: named rules in order of trust, values cleaned field by field.

Knows no site. A rule is a function of a page; which rules a field has, and in which order, is the
business of a site package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from itemloaders import ItemLoader
from itemloaders.processors import Identity, MapCompose, TakeFirst

from newscrawl import numbers
from newscrawl.clock import iso
from newscrawl.items import ARTICLE_FIELDS, Article
from newscrawl.text import fold

Page = TypeVar("Page")


@dataclass(frozen=True)
class Rule(Generic[Page]):
    """One way to find one field.

    ``find`` gives a value or a list of them, ``None`` or nothing where it finds none. ``since`` is
    the day from which the site is known to have what the rule reads: a rule for a new form is added
    with its day, and those for older pages stay.
    """

    name: str
    find: Callable[[Page], Any]
    since: date | None = None


def first_of(rules: Iterable[Rule[Page]], page: Page) -> tuple[Any, str] | None:
    """Value and name of the first rule that gives one, ``None`` when none does."""
    for rule in rules:
        value = rule.find(page)
        if value is not None:
            return value, rule.name
    return None


def clean(value: Any) -> str | None:
    """Text with its white space folded; ``None`` for what is no text or holds none."""
    return (fold(value) or None) if isinstance(value, str) else None


def utc(value: Any) -> str | None:
    """A time as the project writes it; a text without zone is UTC. ``None`` for no time."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            return None
        return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def from_one(value: Any) -> int | None:
    """A number from 1 up."""
    return (numbers.whole_number(value) or None) if isinstance(value, int) else None


class ArticleLoader(ItemLoader):
    """Fills an :class:`Article` rule by rule."""

    default_item_class = Article
    default_input_processor = MapCompose(clean)
    default_output_processor = TakeFirst()

    published_at_in = modified_at_in = MapCompose(utc)
    reading_minutes_in = MapCompose(from_one)
    breadcrumb_out = related_out = Identity()
    authors_in = images_in = audio_in = videos_in = tags_in = Identity()
    authors_out = images_out = audio_out = videos_out = tags_out = Identity()
    # Markup is made clean where it is built; a map stays a map.
    text_in = html_in = alternates_in = Identity()

    def first(
        self, field: str, page: Any, *rules: Rule[Any], worse: Callable[[Any], bool] | None = None
    ) -> Any:
        """Try named rules in order until one gives a value, and note its name in ``rules``.

        A value that is ``worse`` (a text that was cut) is taken only when no rule gives another.
        """
        spare: tuple[str, Any] | None = None
        for rule in rules:
            found = rule.find(page)
            if found is None:
                continue
            self.replace_value(field, found)
            value = self.get_output_value(field)
            if value in (None, "", [], {}):
                continue
            if worse is not None and worse(value):
                spare = spare or (rule.name, found)
                continue
            self.item.rules[field] = rule.name
            return value
        if spare is None:
            return None
        self.item.rules[field] = spare[0]
        self.replace_value(field, spare[1])
        return self.get_output_value(field)


def _say_all_processors() -> None:
    """Give every field processors of its own: for one without them the loader asks the fields of
    the item each time, which takes longer than processing."""
    for name in ARTICLE_FIELDS:
        for end in ("in", "out"):
            if not hasattr(ArticleLoader, f"{name}_{end}"):
                default = getattr(ArticleLoader, f"default_{end}put_processor")
                setattr(ArticleLoader, f"{name}_{end}", default)


_say_all_processors()
