"""Which groups of a robots.txt are ours."""

from __future__ import annotations

import pytest
from protego import Protego

from newscrawl.middlewares.robots import for_token

TOKEN = "newscrawl"
REST = "Crawl-delay: 7\nDisallow: /en/\nAllow: /en/open/\n\nUser-agent: *\nDisallow:\n"


def read(text: str) -> Protego:
    return Protego.parse(for_token(text.encode(), TOKEN).decode())


def is_ours(rules: Protego) -> bool:
    """Whether the group of :data:`REST` holds for us: the delay, what it forbids and allows."""
    ours = rules.crawl_delay(TOKEN) == 7
    assert rules.can_fetch("https://www.rfi.fr/en/a", TOKEN) is not ours
    assert rules.can_fetch("https://www.rfi.fr/en/open/a", TOKEN)
    return ours


@pytest.mark.parametrize(
    "line",
    [
        "User-agent: newscrawl",
        "User-agent: newscrawl/1.0",
        "user-agent: NewsCrawl/0.1.0",
        "USER-AGENT:newscrawl/2   ",
        "User-agent : newscrawl 3",
        "User-agent: newscrawl/1.0 (+https://example.org/)",
        "User-agent: newscrawl/* # ours",
        "User-agent: newscrawl*",
        "User agent: newscrawl/1.0",
        "Useragent newscrawl/1.0",
        "\ufeffUser-agent: newscrawl/1.0",
        "User-agent: otherbot/1.0\nUser-agent: newscrawl/1.0",
        "User-agent: newscrawl/1.0\nUser-agent: otherbot",
        "User-agent: newscrawl/1.0\n# a comment\n",
    ],
)
def test_a_group_names_us_with_and_without_a_version(line: str) -> None:
    assert is_ours(read(f"{line}\n{REST}"))


@pytest.mark.parametrize(
    "name",
    ["news", "newscraw/1.0", "newscrawl-images", "newscrawl_x/1", "crawl", "n", "mynewscrawl"],
)
def test_a_group_of_another_robot_is_not_ours(name: str) -> None:
    assert not is_ours(read(f"User-agent: {name}\n{REST}"))


def test_several_groups_that_name_us_are_one() -> None:
    rules = read(
        "User-agent: newscrawl/1.0\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\n"
        "User-agent: NEWSCRAWL\nDisallow: /b\nCrawl-delay: 3\n"
    )
    assert rules.crawl_delay(TOKEN) == 3
    found = [rules.can_fetch(f"https://www.rfi.fr/{path}", TOKEN) for path in "abc"]
    assert found == [False, False, True]


@pytest.mark.parametrize("line", ["User-agent: *", "User-agent: * # all", "User-agent: * all"])
def test_a_group_for_all_holds_where_none_names_us(line: str) -> None:
    assert not read(f"{line}\nDisallow: /\n").can_fetch("https://www.rfi.fr/en/", TOKEN)
