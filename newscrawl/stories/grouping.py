"""Stories: articles put together by their texts, and by the other editions that they name."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from newscrawl.stories.alike import Pairs, alike
from newscrawl.stories.cut import cut
from newscrawl.stories.letters import told
from newscrawl.stories.sketches import SLOTS, Sketch, signatures, sketch

_HEAP = 256
_KEY = "S32"
_NEVER = 2**62
#: Articles that name a page as the same in their edition; some editions may have two.
_MOST_NAMED = 32


class Story(NamedTuple):
    """What several articles tell."""

    name: str
    """``url_hash`` of the article that was published first."""
    number: int


class Stories:
    """The story of every article that was given."""

    def __init__(
        self, hashes: NDArray[Any], numbers: NDArray[np.intp], names: NDArray[Any]
    ) -> None:
        self._hashes, self._numbers, self._names = hashes, numbers, names

    def __len__(self) -> int:
        return len(self._names)

    def of(self, url_hash: str) -> Story:
        """The story of an article. Raises :class:`KeyError` for one that was not given."""
        key = url_hash.encode()
        at = int(np.searchsorted(self._hashes, np.bytes_(key)))
        if at == len(self._hashes) or self._hashes[at] != key:
            raise KeyError(url_hash)
        number = int(self._numbers[at])
        return Story(bytes(self._names[number]).decode(), number)


class Grouping:
    """Takes records in any order, keeps hashes of them, and tells stories at the end."""

    def __init__(self, is_article: Callable[[str], bool] = bool) -> None:
        """Of the addresses that records name as alternates only those of articles count."""
        self._is_article = is_article
        self._keys = bytearray()
        self._published = array("q")
        self._signatures = bytearray()
        self._sentences, self._sizes, self._counts = bytearray(), bytearray(), array("L")
        self._named_by, self._named = array("L"), bytearray()
        self._heap: list[Sketch] = []

    def add(self, record: Mapping[str, Any]) -> None:
        """One version of an article."""
        number = len(self._published)
        self._keys += record["url_hash"].encode()
        self._published.append(_moment(record["published_at"]))
        for url in filter(self._is_article, record["alternates"].values()):
            self._named_by.append(number)
            self._named += sha256(url.encode()).hexdigest()[:32].encode()
        made = sketch(told(record) or record["url"])
        self._counts.append(len(made.sentences))
        self._sentences += made.sentences.tobytes()
        self._sizes += made.sizes.tobytes()
        self._heap.append(made)
        if len(self._heap) == _HEAP:
            self._sign()

    def stories(self) -> Stories:
        """What was found; ends the grouping."""
        self._sign()
        given = np.frombuffer(self._keys, dtype=_KEY)
        named = np.frombuffer(self._named, dtype=_KEY)
        keys, nodes = np.unique(np.concatenate([given, named]), return_inverse=True)
        owners = nodes[: len(given)]
        sets = Sets(len(keys))
        sets.join(*_few(owners[np.array(self._named_by, dtype=np.intp)], nodes[len(given) :]))
        for pairs in alike(np.frombuffer(self._signatures, dtype=np.uint16).reshape(-1, SLOTS)):
            sets.join(owners[pairs[0]], owners[pairs[1]])
        for left, right in cut(*self._told(owners)):
            sets.join(left, right)
        return _named(keys, owners, np.array(self._published), sets.roots())

    def _sign(self) -> None:
        if self._heap:
            self._signatures += signatures(self._heap).tobytes()
            self._heap.clear()

    def _told(self, owners: NDArray[np.intp]) -> tuple[Any, Any, Any]:
        return (
            np.frombuffer(self._sentences, dtype=np.uint64),
            np.frombuffer(self._sizes, dtype=np.uint32),
            np.repeat(owners.astype(np.uint32), np.array(self._counts, dtype=np.intp)),
        )


class Sets:
    """Numbers, of which some belong together (union-find)."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> None:
        """Put pairs together."""
        for one, other in zip(left.tolist(), right.tolist(), strict=True):
            first, second = sorted((self._root(one), self._root(other)))
            self._parents[second] = first

    def roots(self) -> NDArray[np.intp]:
        """The least number that each belongs with."""
        return np.array([self._root(number) for number in range(len(self._parents))], dtype=np.intp)

    def _root(self, number: int) -> int:
        parents = self._parents
        while parents[number] != number:
            parents[number] = number = parents[parents[number]]
        return number


def _few(named_by: NDArray[np.intp], named: NDArray[np.intp]) -> Pairs:
    """Without pages that more articles name than there are editions: those tell none of them."""
    pairs = np.unique(named.astype(np.uint64) << np.uint64(32) | named_by.astype(np.uint64))
    pages = (pairs >> np.uint64(32)).astype(np.intp)
    few = np.bincount(pages)[pages] <= _MOST_NAMED
    return (pairs & np.uint64(0xFFFFFFFF)).astype(np.intp)[few], pages[few]


def _named(
    keys: NDArray[Any],
    owners: NDArray[np.intp],
    published: NDArray[np.int64],
    roots: NDArray[np.intp],
) -> Stories:
    """Stories called by the article that was published first, so that what comes later changes no
    name; where two were, by the smaller hash."""
    order = np.lexsort((owners, published, roots[owners]))
    ordered = roots[owners][order]
    firsts = np.flatnonzero(np.diff(ordered, prepend=-1))
    articles = np.unique(owners)
    numbers = np.searchsorted(ordered[firsts], roots[articles])
    return Stories(keys[articles], numbers, keys[owners[order[firsts]]])


def _moment(text: str | None) -> int:
    return _NEVER if text is None else int(datetime.fromisoformat(text).timestamp())
