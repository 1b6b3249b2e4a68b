"""Names that lead to private addresses are not asked."""

from __future__ import annotations

from typing import Any

import pytest
from scrapy.utils.test import get_crawler
from twisted.internet import defer
from twisted.internet.base import ThreadedResolver

from fixtures.server import serve
from fixtures.site import StandInSite
from newscrawl.resolver import PublicResolver, is_public
from newscrawl.settings import TWISTED_DNS_RESOLVER
from tests.crawling import SEEDS, records, scrapy


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("185.60.216.35", True),
        ("2a03:2880:f12f:83:face:b00c::25de", True),
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("no address", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) == public


def resolve(monkeypatch: pytest.MonkeyPatch, name: str, address: str, **settings: str) -> Any:
    def found(*_: object) -> Any:
        return defer.succeed(address)

    monkeypatch.setattr(ThreadedResolver, "getHostByName", found)
    crawler = get_crawler(
        settings_dict={"NEWSCRAWL_ORIGIN": "", "DNSCACHE_ENABLED": False, **settings}
    )
    outcome: list[Any] = []
    resolver = PublicResolver.from_crawler(crawler, object())
    resolver.getHostByName(name).addBoth(outcome.append)
    (result,) = outcome
    return result


def test_a_private_address_is_refused_and_a_public_one_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = resolve(monkeypatch, "www.rfi.fr", "169.254.169.254")
    assert "no public address" in str(refused.value)
    assert resolve(monkeypatch, "www.rfi.fr", "185.60.216.35") == "185.60.216.35"


def test_the_origin_and_a_proxy_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    origin = {"NEWSCRAWL_ORIGIN": "http://mirror.lan:80"}
    assert resolve(monkeypatch, "mirror.lan", "10.0.0.7", **origin) == "10.0.0.7"
    assert "no public" in str(resolve(monkeypatch, "www.rfi.fr", "10.0.0.7", **origin).value)
    monkeypatch.setenv("https_proxy", "http://proxy.lan:3128")
    assert resolve(monkeypatch, "proxy.lan", "10.0.0.8") == "10.0.0.8"


def test_the_project_uses_it(tmp_path: Any) -> None:
    assert TWISTED_DNS_RESOLVER == "newscrawl.resolver.PublicResolver"
    with serve(StandInSite.load()) as served:
        origin = served.origin.replace("127.0.0.1", "localhost")
        done = scrapy(
            "crawl",
            "rfi",
            *("-a", "editions=fa", "-s", f"NEWSCRAWL_ORIGIN={origin}", "-s", "DOWNLOAD_DELAY=0"),
            *("-s", f"NEWSCRAWL_SEEDS={SEEDS}", "-s", f"NEWSCRAWL_DATA_DIR={tmp_path}"),
        )
    assert done.returncode == 0, done.stderr
    assert records(tmp_path)
