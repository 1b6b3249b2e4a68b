"""What MinHash compares: words, and where a script has none its characters."""

from __future__ import annotations

import re
from typing import Any

from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.utils.hashing import HashConfig
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer

from newscrawl.search.tokens import compose, tokens

_BLOCK = re.compile(r"[^\n]+")


class NewsTokens(WordTokenizer):
    """The tokens of the search index: they know all scripts of the editions and need no model."""

    def word_tokenize(self, text: str) -> list[str]:
        """Words; pairs of characters of Chinese and Khmer."""
        return [token.text for token in tokens(compose(text)) if not token.is_last]

    def sent_tokenize(self, text: str) -> list[str]:
        """Blocks of a text: what a step of datatrove that asks for sentences gets."""
        return _BLOCK.findall(text)

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Where the blocks stand."""
        return [block.span() for block in _BLOCK.finditer(text)]


def minhash_config(**other: Any) -> MinhashConfig:
    """Two records are near copies when about four fifths of their runs of five tokens are the same.

    Thirty buckets of fourteen hashes part copies from strangers more sharply than the fourteen of
    eight that are the default: of two stories that share half of their runs, one pair in five
    hundred is taken for copies, not one in twenty. The tokens are folded already, and datatrove's
    own folding would take the vowels of Khmer away; numbers stay, since two reports of a market may
    differ in nothing else. The default hash, xxhash, takes no text since its version 4.
    """
    as_it_is = TextNormConfig(
        lowercase=False,
        norm_whitespace=False,
        remove_punctuation=False,
        norm_unicode_diacritics=False,
        norm_numbers=False,
    )
    hashed = HashConfig(precision=64, hash_fc="sha1")
    shape = {"n_grams": 5, "num_buckets": 30, "hashes_per_bucket": 14}
    shared = {**shape, "norm_config": as_it_is, "hash_config": hashed}
    return MinhashConfig(**{**shared, **other})
