"""One process that tries targets on texts, told which on its standard input.

It says what it begins and what came of it, one JSON line each, so that whoever kills it knows.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import warnings
from itertools import islice

from tests.slow_input import mutations, patterns, readers
from tests.slow_input.texts import hostile

#: A target that hangs, on the second of three texts.
HANG = "hang for the test"


def main() -> None:
    """Targets, and the number of the text to begin with, until the input ends."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    known = readers.readers()
    for line in sys.stdin:
        order = json.loads(line)
        target, first, every = order["target"], order["first"], order["every"]
        if target == HANG:
            texts, read = iter([("a", "a"), ("b", "b"), ("c", "c")]), _hang
        elif target in known:
            texts, read = iter(hostile().items()), known[target]
        elif target.startswith("mutated "):
            texts, read = mutations.texts(target), mutations.reader(target)
        else:
            use = patterns.uses()[target]
            texts, read = use.texts(), use
        chosen = islice(texts, order["offset"], None, every)
        for number, (name, text) in enumerate(chosen):
            if number < first:
                continue
            _say(number=number, text=name)
            began = time.process_time()
            error = None
            try:
                read(text)
            except readers.ANSWERS:
                pass
            except Exception as raised:  # noqa: BLE001  (it is the finding)
                error = f"{type(raised).__name__}: {str(raised)[:200]}"
            _say(number=number, text=name, seconds=time.process_time() - began, error=error)
        _say(done=target)


def _hang(text: str) -> None:
    if text == "b":
        re.fullmatch("(a|aa)+b", "a" * 90)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
