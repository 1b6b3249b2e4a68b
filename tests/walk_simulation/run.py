"""``python -m tests.walk_simulation.run [--seed N | --seeds 0-9999]``."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.walk_simulation.scenario import play


def main() -> int:
    """Play scenarios; returns the exit code."""
    parser = argparse.ArgumentParser(description="Walks over a simulated site, from seeds.")
    parser.add_argument("--seed", type=int, help="one seed, told step by step")
    parser.add_argument("--seeds", default="0-9999", metavar="FROM-TO")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if options.seed is not None:
        seeds = range(options.seed, options.seed + 1)
    else:
        first, _, last = options.seeds.partition("-")
        seeds = range(int(first), int(last) + 1)
    began, failed = time.monotonic(), 0
    for seed in seeds:
        problems = play(seed, print) if options.seed is not None else play(seed)
        if problems:
            failed += 1
            print(f"seed {seed}: {'; '.join(problems[:5])}")
            print(f"replay: python -m tests.walk_simulation.run --seed {seed}")
    seconds = time.monotonic() - began
    print(f"walk_simulation: {len(seeds)} seeds, {failed} failed, {seconds:.0f} s")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
