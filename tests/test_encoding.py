"""From bytes to text, whatever a page says of its encoding."""

from __future__ import annotations

import encodings
import pkgutil
from encodings.aliases import aliases

import pytest

from newscrawl.encoding import decode

NAMES = sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)} | {*aliases})


@pytest.mark.parametrize("name", NAMES)
def test_every_codec_that_a_page_may_name(name: str) -> None:
    """Some of Python's codecs are no charsets: they raise, or give half a surrogate pair."""
    page = f'<meta charset="{name}">'.encode() + b"caf\xe9 \\ud800"
    for body, header in ((b"caf\xe9 \\ud800", f"text/html; charset={name}"), (page, None)):
        text, _ = decode(body, header)
        assert text.encode()
