"""Pages in disorder: cut, doubled, shuffled, soiled; seeded, so that a failure comes again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from fixtures.cases import cases
from fixtures.model import encode
from fixtures.site import StandInSite

_NOISE = (
    b"\x00", b"\xff\xfe", b"<", b">", b"</", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&#x110000;",
    b"&#0;", b"\xf0\x9f\xa6\x8a", b"<script>", b"</script>", b"<p>" * 200, b"<div>" * 2000,
    b'"' * 50, b"{" * 500, b"[" * 5000, b"<table><tr>", b"<a href='javascript:x'>", b"\xe2\x80\xa8",
    b"</main>", b"<main>", b"datetime=", b"9" * 400, b"</body></html>", b"<template>",
)  # fmt: skip


@cache
def originals() -> tuple[tuple[str, bytes], ...]:
    """Pages to start from: every kind of article page, and listings."""
    articles = [(case.article.url, case.html.encode()) for case in cases()[::5]]
    site = StandInSite.load()
    listings = [
        (f"https://www.rfi.fr{encode(column.path)}", site.answer(encode(column.path)).body)
        for column in site.columns()[::4]
    ]
    return (*articles, *listings)


def mutated(seed: int) -> tuple[str, bytes]:
    """Address and body of page ``seed``."""
    random = Random(seed)
    url, body = random.choice(originals())
    for change in _changes(random):
        begin = random.randrange(len(body) + 1)
        end = min(len(body), begin + random.choice([0, 1, 7, 60, 900, 20_000]))
        part = body[begin:end]
        if change == "drop":
            part = b""
        elif change == "double":
            part *= 2
        elif change == "flip":
            part = bytes(byte ^ (1 << random.randrange(8)) for byte in part[:200]) + part[200:]
        elif change == "noise":
            part = random.choice(_NOISE) + part
        elif change == "move":
            body = body[:begin] + body[end:]
            begin = end = random.randrange(len(body) + 1)
        body = body[:begin] + part + body[end:]
    return url, body[: random.choice([None, None, len(body) // 2])]


def _changes(random: Random) -> Iterator[str]:
    for _ in range(random.randrange(1, 9)):
        yield random.choice(["drop", "double", "flip", "noise", "move"])
