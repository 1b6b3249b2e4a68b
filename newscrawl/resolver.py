"""Names are resolved to public addresses only: the address that is checked is the one used.

A name of the site that led to this machine or its network (a mistake, or somebody's game with DNS)
would let the crawler read what only they may read. Two kinds of names are free: the host of
``NEWSCRAWL_ORIGIN``, and a configured proxy, behind which the proxy does the looking up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.error import DNSLookupError

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, refusing what is not public."""

    free: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Scrapy's way to make a resolver."""
        resolver = super().from_crawler(crawler, reactor)
        addresses = [str(crawler.settings["NEWSCRAWL_ORIGIN"] or ""), *getproxies().values()]
        hosts = (urlsplit(address).hostname for address in addresses)
        resolver.free = frozenset(host for host in hosts if host)
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Address of a name, in text."""
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found if name in self.free else found.addCallback(_public, name)


def _public(address: str, name: str) -> str:
    if not is_public(address):
        raise DNSLookupError(f"{name} leads to {address}, which is no public address: not asked")
    return address


def is_public(address: str) -> bool:
    """Whether an address may be asked.

    >>> is_public("185.60.216.35"), is_public("10.0.0.7"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    return found.is_global and not found.is_multicast
