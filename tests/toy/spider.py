"""The spider of the toy site."""

from __future__ import annotations

from newscrawl.spiders.column import ColumnSpider
from tests.toy.site import ToySite


class ToySpider(ColumnSpider):
    name = "toy"
    site = ToySite()
