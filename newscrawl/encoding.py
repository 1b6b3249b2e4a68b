"""From the bytes of a page to its text."""

from __future__ import annotations

from w3lib.encoding import html_to_unicode


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
        encoding, text = html_to_unicode(content_type, body)
        return text, encoding
