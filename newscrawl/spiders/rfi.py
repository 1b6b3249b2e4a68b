"""Radio France Internationale, www.rfi.fr."""

from __future__ import annotations

from newscrawl.rfi import SITE
from newscrawl.spiders.column import ColumnSpider


class RfiSpider(ColumnSpider):
    """The sixteen editions of www.rfi.fr."""

    name = "rfi"
    site = SITE
