"""The floor of politeness: one request at a time, at least a second between two."""

from __future__ import annotations

from scrapy.settings import Settings

from newscrawl.crawl.origin import origin_is_loopback

FLOOR_S = 1.0


def enforce_floor(settings: Settings) -> list[str]:
    """Raise what is below the floor, for a host that is not loopback; says what was raised."""
    if origin_is_loopback(settings):
        return []
    raised = []
    if settings.getfloat("DOWNLOAD_DELAY") < FLOOR_S:
        settings.set("DOWNLOAD_DELAY", FLOOR_S, priority="cmdline")
        raised.append(f"DOWNLOAD_DELAY={FLOOR_S:g}")
    if settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") != 1:
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", 1, priority="cmdline")
        raised.append("CONCURRENT_REQUESTS_PER_DOMAIN=1")
    if settings.getfloat("DOWNLOAD_DELAY_JITTER"):
        settings.set("DOWNLOAD_DELAY_JITTER", 0, priority="cmdline")
        raised.append("DOWNLOAD_DELAY_JITTER=0")
    if not raised:
        return []
    return [f"below the floor of politeness, so set to {', '.join(raised)}"]
