"""What is inside the fence."""

from __future__ import annotations

import pytest

from newscrawl.middlewares.fence import is_inside


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("https://www.rfi.fr/cn/", True),
        ("http://www.rfi.fr:80/cn/", True),
        ("https://WWW.RFI.FR/", True),
        ("https://www.rfi.fr.example.org/", False),
        ("https://example.org/www.rfi.fr/", False),
        ("https://www.rfi.fr@example.org/", False),
        ("https://user:word@www.rfi.fr/", False),
        ("https://www.rfi.fr:22/", False),
        ("http://www.rfi.fr:443/", False),
        ("ftp://www.rfi.fr/", False),
        ("file:///etc/passwd", False),
        ("data:text/html,x", False),
        ("https://127.0.0.1/", False),
        ("https://[::1]/", False),
        ("https://169.254.169.254/latest/", False),
        ("https://www.rfi.fr:x/", False),
        ("", False),
    ],
)
def test_fence(url: str, inside: bool) -> None:
    assert is_inside(url, "www.rfi.fr") == inside
