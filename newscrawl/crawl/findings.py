"""What a check-up of the rules found: per edition, page by page, field by field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from newscrawl.items import ARTICLE_FIELDS, Article

#: Fields that every article must have; the text only where the page is one to read.
_ALWAYS = ("url", "title", "published_at")
_READ = frozenset(["article", "episode", "wire"])


@dataclass
class PageFindings:
    """One article page."""

    url: str
    form: str
    article: Article

    @property
    def missing(self) -> list[str]:
        """Fields that must be there and are not."""
        wanted = [*_ALWAYS, "text"] if self.article.kind in _READ else list(_ALWAYS)
        return [name for name in wanted if not getattr(self.article, name)]


@dataclass
class EditionFindings:
    """One edition: a column's first page, and some of its articles."""

    edition: str
    column: str = ""
    url: str = ""
    rows: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    pages: list[PageFindings] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether all was found that must be there."""
        return not self.all_problems

    @property
    def all_problems(self) -> list[str]:
        """What went wrong, and what is missing."""
        found = list(self.problems)
        if not self.pages and not found:
            found.append("no article page was read")
        for page in self.pages:
            found += [f"{name} is missing in {page.url}" for name in page.missing]
        return found

    def answers(self, rules: dict[str, tuple[str, ...]]) -> dict[str, Counter[str]]:
        """Field to the rules that answered (``""``: none did), in the order of the record."""
        found: dict[str, Counter[str]] = {}
        for name in ARTICLE_FIELDS:
            if name in rules:
                named = (page.article.rules.get(name, "") for page in self.pages)
                found[name] = Counter(named)
        return found

    def as_json(self, rules: dict[str, tuple[str, ...]]) -> dict[str, Any]:
        """In the shape of ``docs/json/doctor.schema.json``."""
        return {
            "edition": self.edition,
            "column": self.column,
            "url": self.url,
            "rows": self.rows,
            "left_out": self.left_out,
            "healthy": self.healthy,
            "problems": self.all_problems,
            "forms": dict(Counter(page.form for page in self.pages)),
            "fields": {
                name: {
                    "first": answered[rules[name][0]],
                    "fell_back": {
                        rule: number
                        for rule, number in answered.items()
                        if rule and rule != rules[name][0]
                    },
                    "missing": answered[""],
                }
                for name, answered in self.answers(rules).items()
            },
            "pages": [page.url for page in self.pages],
        }
