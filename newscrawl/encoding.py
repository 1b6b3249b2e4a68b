"""From the bytes of a page to its text."""

from __future__ import annotations

from w3lib.encoding import (
    html_body_declared_encoding,
    html_to_unicode,
    http_content_type_encoding,
)

#: Codecs of Python that no page is written in, whatever it says: some raise, some take square time,
#: some give half a surrogate pair.
_NO_CHARSETS = frozenset(
    "base64 bz2 hex idna punycode quopri raw-unicode-escape rot-13 undefined unicode-escape uu"
    " zlib".split()
)


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Text of a page and the name of the encoding used.

    Bytes that are strictly valid UTF-8 are UTF-8 whatever a header or a ``<meta>`` claims: a wrong
    ``charset`` in the header otherwise wins and garbles the page. Else the usual order holds (BOM,
    header, ``<meta>``, cp1252), undecodable bytes becoming U+FFFD.

    >>> decode("新闻".encode(), "text/html; charset=gb2312")
    ('新闻', 'utf-8')
    >>> decode("新闻".encode("gb18030"), "text/html; charset=gb18030")
    ('新闻', 'gb18030')
    """
    try:
        return body.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    named = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    if named in _NO_CHARSETS:
        return body.decode("utf-8", "replace"), "utf8"
    encoding, text = html_to_unicode(content_type, body)
    return text, encoding
