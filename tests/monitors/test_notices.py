"""Every way of notice, sent by Spidermon to a service on this machine."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import partialmethod
from typing import Any
from urllib.parse import parse_qs

import brotli
import pytest
from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from slack_sdk import WebClient

from newscrawl.monitors.notice import Notice
from newscrawl.monitors.notices import send
from tests.commands.test_commands import schema
from tests.monitors.services import Hook, hook, mailbox

HOSTILE = "column {{ 7 * 7 }} <!channel> & *x* #a is gone"
NOTICE = Notice("unhealthy", "healthy", 7, "box", "/data", (HOSTILE,), ("时政 is slow",))


def crawler(**settings: Any) -> Crawler:
    return Crawler(Spider, Settings(settings))


@pytest.fixture
def service() -> Iterator[Hook]:
    with hook() as found:
        yield found


def test_webhook(service: Hook) -> None:
    assert send("webhook", NOTICE, crawler(NEWSCRAWL_NOTIFY_URL=f"{service.origin}/x")) is None
    assert service.notices == [NOTICE.as_json()]
    schema("notice").validate(service.notices[0])
    assert HOSTILE in service.notices[0]["text"]
    assert service.asked[0][0] == "/x"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_success_is_a_failure(service: Hook, status: int) -> None:
    service.status = status
    error = send("webhook", NOTICE, crawler(NEWSCRAWL_NOTIFY_URL=service.origin))
    assert error is not None
    assert str(status) in error
    assert len(service.asked) == 1


def test_nobody_listens() -> None:
    with hook() as gone:
        pass
    error = send("webhook", NOTICE, crawler(NEWSCRAWL_NOTIFY_URL=gone.origin))
    assert error is not None
    assert "refused" in error


def test_email() -> None:
    with mailbox() as box:
        error = send(
            "email",
            NOTICE,
            crawler(
                SPIDERMON_SMTP_HOST="127.0.0.1",
                SPIDERMON_SMTP_PORT=box.port,
                SPIDERMON_EMAIL_SENDER="crawl@example.org",
                SPIDERMON_EMAIL_TO="a@example.org, b@example.org",
                SPIDERMON_EMAIL_BCC="c@example.org",
            ),
        )
    assert error is None
    ((to, mail),) = box.mails
    assert to == ["a@example.org", "b@example.org", "c@example.org"]
    assert mail["Subject"] == "newscrawl on box: unhealthy (was healthy)"
    assert "c@example.org" not in str(mail["To"])
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert f"problem: {HOSTILE}" in text
    assert "warning: 时政 is slow" in text


def test_slack(service: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    here = partialmethod(WebClient.__init__, base_url=f"{service.origin}/api/")
    monkeypatch.setattr(WebClient, "__init__", here)
    service.answer = {"ok": True, "members": []}
    settings = {
        "SPIDERMON_SLACK_SENDER_TOKEN": "xoxb-1",
        "SPIDERMON_SLACK_SENDER_NAME": "newscrawl",
        "SPIDERMON_SLACK_RECIPIENTS": "#crawl",
    }
    assert send("slack", NOTICE, crawler(**settings)) is None
    sent = _form(service.asked[-1][1])
    assert service.asked[-1][0] == "/api/chat.postMessage"
    assert sent["channel"] == "#crawl"
    assert "{{ 7 * 7 }} &lt;!channel&gt; &amp; *x* #a" in sent["text"]
    assert str(sent["link_names"]) == "0"

    service.answer = {"ok": False, "error": "invalid_auth"}
    error = send("slack", NOTICE, crawler(**settings))
    assert error is not None
    assert "invalid_auth" in error


def _form(body: bytes) -> dict[str, Any]:
    if body.startswith(b"{"):
        found: dict[str, Any] = json.loads(body)
        return found
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def test_telegram(service: Hook) -> None:
    settings = {
        "SPIDERMON_TELEGRAM_SENDER_TOKEN": "1:secret",
        "SPIDERMON_TELEGRAM_RECIPIENTS": "11,22",
        "SPIDERMON_TELEGRAM_API": service.origin,
    }
    assert send("telegram", NOTICE, crawler(**settings)) is None
    assert [notice["chat_id"] for notice in service.notices] == ["11", "22"]
    assert service.asked[0][0] == "/bot1:secret/sendMessage"
    assert service.notices[0]["text"] == NOTICE.text

    service.status = 400
    error = send("telegram", NOTICE, crawler(**settings))
    assert error is not None
    assert "secret" not in error


def test_sentry(service: Hook) -> None:
    settings = {
        "SPIDERMON_SENTRY_DSN": service.origin.replace("://", "://key@") + "/1",
        "SPIDERMON_SENTRY_PROJECT_NAME": "newscrawl",
    }
    assert send("sentry", NOTICE, crawler(**settings)) is None
    bodies = b"".join(_unpacked(body) for _, body in service.asked)
    assert b"unhealthy (was healthy)" in bodies
    assert b"{{ 7 * 7 }}" in bodies


def _unpacked(body: bytes) -> bytes:
    """As the library packs it: with brotli where there is one, else gzip."""
    return zlib.decompress(body, 31) if body.startswith(b"\x1f\x8b") else brotli.decompress(body)


def test_what_a_way_needs_is_said() -> None:
    error = send("slack", NOTICE, crawler())
    assert error is not None
    assert "SPIDERMON_SLACK_SENDER_TOKEN" in error
