"""``python -m tests.politeness.run [--seed N | --seeds FROM-TO] [--only crawls|simulations]``.

Every hundredth seed is a few real crawls of a scripted host, each of the others a host in memory.
"""

from __future__ import annotations

import argparse
import sys
import time

#: One seed of so many is a real crawl.
EVERY = 100


def is_crawl(seed: int) -> bool:
    """Whether a seed is real crawls."""
    return seed % EVERY == 0


def play(seed: int) -> list[str]:
    """What was broken."""
    if is_crawl(seed):
        from tests.politeness.crawling import crawl

        return crawl(seed)
    from tests.politeness.simulation import simulate

    return simulate(seed)


def main() -> int:
    """Play seeds; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description="Watch how politely hosts are asked.")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", default="1-3000", metavar="FROM-TO")
    parser.add_argument("--only", choices=("crawls", "simulations"))
    options = parser.parse_args()
    first, last = (int(part) for part in options.seeds.split("-"))
    seeds = range(first, last + 1) if options.seed is None else [options.seed]
    if options.only:
        seeds = [seed for seed in seeds if is_crawl(seed) is (options.only == "crawls")]
    began, failed = time.monotonic(), 0
    for seed in seeds:
        problems = play(seed)
        if problems:
            failed += 1
            print(*problems[:10], f"replay: python -m tests.politeness.run --seed {seed}", sep="\n")
    print(f"politeness: {len(seeds)} seeds, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
