"""What a run costs the site: counted by the server, to the single request."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fixtures.model import encode
from tests.live.conftest import LiveSite

FA = ("-a", "editions=fa")
SHOW, OTHER = "دفتر دانش", "شهر و مردم"


def columns(live: LiveSite) -> list[str]:
    return [column.path for column in live.site.columns() if column.edition.prefix == "fa"]


def requests(live: LiveSite) -> dict[str, Any]:
    """Requests since the last call, by path; each came once."""
    counted = Counter(asked.path for asked in live.server.requests)
    assert set(counted.values()) <= {1}, counted
    found = {asked.path: asked for asked in live.server.requests}
    live.server.requests.clear()
    return found


def test_unchanged_columns_cost_one_request_each_and_robots_txt(live: LiveSite) -> None:
    live.crawled(*FA)
    requests(live)
    for _ in range(2):
        live.crawl(*FA)
        asked = requests(live)
        assert set(asked) == {"/robots.txt", *map(encode, columns(live))}
        assert all("If-None-Match" in asked[encode(path)].headers for path in columns(live))
        assert live.run["listing_requests"] == len(columns(live))
        assert live.run["asked"] == 0


def test_each_new_article_adds_exactly_one_request(live: LiveSite) -> None:
    live.crawled(*FA)
    usual = {"/robots.txt", *map(encode, columns(live))}
    for count in (1, 3):
        requests(live)
        new = [*live.site.publish("fa", SHOW, count), *live.site.publish("fa", OTHER, count - 1)]
        live.crawl(*FA)
        assert set(requests(live)) == usual | {
            url.removeprefix("https://www.rfi.fr") for url in new
        }
        assert live.run["new"] == len(new)


def test_a_changed_row_of_a_known_article_adds_none(live: LiveSite) -> None:
    live.crawled(*FA)
    requests(live)
    live.site.edit(live.site.articles("fa", SHOW)[1].url, title="عنوان تازه")
    live.crawl(*FA)
    assert set(requests(live)) == {"/robots.txt", *map(encode, columns(live))}


def test_an_owed_article_adds_none_before_its_time_and_one_then(live: LiveSite) -> None:
    from fixtures.site import Answer

    article = live.site.articles("fa", SHOW)[1]
    live.override(article.path, Answer(404))
    live.crawl(*FA)
    live.server.requests.clear()
    live.crawl(*FA)
    assert encode(article.path) not in requests(live)
    live.let_debts_be_due()
    live.server.overrides.clear()
    live.crawl(*FA)
    assert set(requests(live)) == {
        "/robots.txt",
        encode(article.path),
        *map(encode, columns(live)),
    }


def test_refresh_asks_every_known_article_once_with_its_validators(live: LiveSite) -> None:
    live.crawled(*FA)
    requests(live)
    edited = live.site.articles("fa", OTHER)[2].url
    live.site.edit(edited, lead="یک خط تازه")
    live.crawl(*FA, "-a", "mode=refresh")
    asked = requests(live)
    known = live.site.articles("fa")
    for article in known:
        addresses = {encode(path) for path in (article.path, *article.other_paths)}
        (path,) = addresses & set(asked)
        assert "If-None-Match" in asked[path].headers
    assert live.run["asked"] == len(known)
    assert (live.run["changed"], live.run["known"]) == (1, len(known) - 1)
    assert not [
        asked[path] for path in map(encode, columns(live)) if "If-None" in asked[path].headers
    ]
