"""Which servers there are, and which editions are whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from newscrawl.errors import UsageProblem
from newscrawl.schedule.servers import Server, parse_servers, shard

HERE = Path("/srv/data")
EDITIONS = "br cn en es fa ff fr ha km ma pt ru sw tw uk vi".split()


def servers(*texts: str, **environment: str) -> list[Server]:
    return parse_servers(texts, HERE, environment)


def test_an_address_with_everything() -> None:
    (found,) = servers(" https://me:p%40ss%3A@crawl.example:6801/scrapyd/#/srv/a%20b ")
    assert found.url == "https://crawl.example:6801/scrapyd"
    assert (found.username, found.password) == ("me", "p@ss:")
    assert found.data_dir == Path("/srv/a b")
    assert "p@ss" not in repr(found)


def test_what_is_not_given_comes_from_elsewhere() -> None:
    login = {"SCRAPYD_USERNAME": "u", "SCRAPYD_PASSWORD": "p"}
    (found,) = servers("http://[::1]:6800/", **login)
    assert (found.url, found.data_dir) == ("http://[::1]:6800", HERE)
    assert (found.username, found.password) == ("u", "p")
    (bare,) = servers("http://a:6800")
    assert bare.username is None
    assert bare.password is None


def test_a_relative_data_dir_is_of_this_machine_alone(tmp_path: Path) -> None:
    (found,) = parse_servers(["http://127.0.0.1:6800"], Path("data"), {})
    assert found.data_dir == Path("data").absolute()
    with pytest.raises(UsageProblem, match=r"of http://a:6800 is relative \(data\)"):
        parse_servers(["http://a:6800"], Path("data"), {})
    with pytest.raises(UsageProblem, match="relative"):
        servers("http://127.0.0.1:6800#data")


@pytest.mark.parametrize(
    "text",
    [
        "localhost:6800",
        "ftp://a",
        "http://",
        "http://a:port",
        "http://a:99999",
        "http://a/?x=1",
        "http://[1",
        "http://u:secret@:6800",
    ],
)
def test_bad_addresses_are_refused_without_their_password(text: str) -> None:
    with pytest.raises(UsageProblem, match="server 2 cannot be used") as caught:
        servers("http://a", text)
    assert "secret" not in str(caught.value)


def test_servers_that_would_be_in_each_others_way() -> None:
    with pytest.raises(UsageProblem, match="named twice"):
        servers("http://a:1#/x", "http://u:p@a:1/#/y")
    with pytest.raises(UsageProblem, match="would share the data dir /srv/data"):
        servers("http://a:1", "http://a:2")
    assert len(servers("http://a:1", "http://b:1")) == 2
    with pytest.raises(UsageProblem, match="no Scrapyd server"):
        servers("", " ")


def test_parts_are_even_whole_and_the_same_in_any_order() -> None:
    for number in (1, 2, 3, 5, 20):
        some = servers(*(f"http://s{index}:6800" for index in range(number)))
        parts = shard(EDITIONS, some)
        assert sorted(name for part in parts.values() for name in part) == EDITIONS
        assert max(map(len, parts.values())) <= -(-len(EDITIONS) // number)
        again = shard(EDITIONS[::-1], some[::-1])
        assert {url: sorted(part) for url, part in again.items()} == {
            url: sorted(part) for url, part in parts.items()
        }
