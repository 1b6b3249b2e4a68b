"""On which side a story stands: told by its name alone."""

from __future__ import annotations

from hashlib import sha256

#: In the order in which they are named, and how many in a hundred stories each has.
SPLITS = {"train": 90, "validation": 5, "test": 5}


def split_of(story: str) -> str:
    """The split of a story; no other story has a say.

    >>> [split_of(name) for name in ("00", "01", "12", "2b")]
    ['train', 'train', 'train', 'train']
    """
    place = int.from_bytes(sha256(f"split {story}".encode()).digest()[:8]) % 100
    for name, share in SPLITS.items():
        if place < share:
            return name
        place -= share
    raise AssertionError("the shares make a hundred")
