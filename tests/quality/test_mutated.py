"""Any bytes give a record or a reason, in bounded time and memory.

A few thousand pages here; ``make nightly`` reads a hundred thousand (``NEWSCRAWL_MUTATED_PAGES``).
"""

from __future__ import annotations

import os
import resource
import time
import tracemalloc
from collections import Counter

import jsonschema
from itemadapter import ItemAdapter

import newscrawl
from fixtures.cases import FETCHED
from newscrawl.encoding import decode
from newscrawl.items import Article
from newscrawl.rfi import SITE
from tests.quality.mutate import mutated, originals

PAGES = int(os.environ.get("NEWSCRAWL_MUTATED_PAGES", "3000"))
#: Seconds of processor time that no page may take; whole ones take four milliseconds.
SLOWEST_S = 5.0


def test_every_page_gives_a_record_or_a_reason() -> None:
    schema = jsonschema.Draft202012Validator(ItemAdapter.get_json_schema(Article))
    ends: Counter[str] = Counter()
    slowest = (0.0, 0)
    for seed in range(PAGES):
        url, body = mutated(seed)
        began = time.process_time()
        try:
            article = newscrawl.extract(body, url, FETCHED)
        except newscrawl.ExtractionError as error:
            ends[error.reason] += 1
        else:
            ends["record"] += 1
            record = ItemAdapter(article).asdict()
            assert schema.is_valid(record), (seed, next(schema.iter_errors(record)).message)
        html, _ = decode(body)
        listing = SITE.read_listing(html, url)
        assert all(SITE.classify(row.url) == "article" for row in listing.rows), seed
        slowest = max(slowest, (time.process_time() - began, seed))
    assert slowest[0] < SLOWEST_S, slowest
    assert ends["record"] > PAGES / 10, ends
    assert len(ends) > 3, ends


def test_memory_does_not_grow_with_the_number_of_pages() -> None:
    def read(seeds: range) -> None:
        for seed in seeds:
            url, body = mutated(seed)
            html, _ = decode(body)
            SITE.read_article(html, url, FETCHED)

    originals()
    read(range(200))
    tracemalloc.start()
    read(range(200, 260))
    before, _ = tracemalloc.get_traced_memory()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read(range(260, 700))
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2_000_000, "memory is kept from page to page"
    assert peak < 200_000_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    assert grown < 200_000, "kilobytes of the process"
