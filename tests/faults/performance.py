"""Cases on stage: one crawl for those that are given, each with an article of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fixtures.model import Article
from tests.faults.cases import ARGUMENTS, SETTINGS, Case
from tests.faults.crawl import EDITION, SHOW, Result, crawl, scene


@dataclass
class Performance:
    """A crawl and who took part in it."""

    result: Result
    articles: dict[str, Article] = field(repr=False)
    good: set[str] = field(repr=False)
    """URLs of articles that nothing happens to."""

    def judge(self, case: Case) -> None:
        """Assert what must be true of the crawl, and of the case."""
        result = self.result
        assert result.faults() == []
        assert result.exit_code == case.exit_code, result.stderr
        if case.exit_code == 0 and not case.hides:
            assert self.good <= result.stored
        assert result.stats.get(case.counted, 0) > 0 or case.counted == "newscrawl/verdict"
        case.check(result, self.articles[case.name])


def perform(cases: list[Case], data: Path) -> Performance:
    """Crawl once, with everything that these cases do."""
    with scene(data, articles=len(cases)) as stage:
        every = stage.site.articles(EDITION, SHOW)
        articles = {case.name: article for case, article in zip(cases, every, strict=False)}
        good = {article.url for article in every[len(cases) :]}
        for case in cases:
            case.arrange(stage, articles[case.name])
        stage.arguments += ARGUMENTS.get(cases[0].group, [])
        result = crawl(stage, *SETTINGS.get(cases[0].group, ()))
    return Performance(result, articles, good)
