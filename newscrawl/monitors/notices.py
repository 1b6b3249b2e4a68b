"""Sending notices through Spidermon's actions.

A notice holds words from the site: names of columns, reasons. So it is never a template itself, and
is marked up nowhere.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Self

from scrapy.crawler import Crawler
from spidermon import MonitorSuite
from spidermon.core.actions import Action
from spidermon.exceptions import NotConfigured
from spidermon.runners import MonitorRunner

from newscrawl.monitors.notice import Notice
from newscrawl.monitors.posting import TIMEOUT_S, post_json

#: What Spidermon's templates are given: the notice is their data, not their text.
_TEXT = "{{ data.notice.text }}"
#: Slack reads three characters as the beginning of mentions and links.
_SLACK_TEXT = (
    "{{ data.notice.text | replace('&', '&amp;') | replace('<', '&lt;') | replace('>', '&gt;') }}"
)


class Webhook(Action):
    """POSTs the notice as JSON."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Spidermon's way to make an action."""
        return cls(str(crawler.settings["NEWSCRAWL_NOTIFY_URL"]))

    def run_action(self) -> None:
        """Send it."""
        post_json(self._url, self.data.notice.as_json())


def email(crawler: Crawler) -> Action:
    """Spidermon's e-mail, sent at once: its own sender works only while the reactor runs on."""
    from spidermon.contrib.actions.email import SendEmail

    settings = crawler.settings

    class Email(SendEmail):
        subject = "{{ data.notice.subject }}"
        body_text = _TEXT

        def get_message(self) -> EmailMessage:
            message = EmailMessage()
            message["Subject"] = self.get_subject()
            message["Date"] = formatdate()
            message["Message-ID"] = make_msgid()
            message["From"] = self.sender
            message["To"] = ", ".join(self.to)
            if self.cc:
                message["Cc"] = ", ".join(self.cc)
            if self.reply_to:
                message["Reply-To"] = self.reply_to
            message.set_content(self.get_body_text())
            return message

        def send_message(self, message: EmailMessage, **_: Any) -> None:
            everybody = [*self.to, *(self.cc or ()), *(self.bcc or ())]
            with _smtp(settings) as server:
                server.send_message(message, self.sender, everybody)

    return Email.from_crawler(crawler)


def _smtp(settings: Any) -> smtplib.SMTP:
    """A connection, encrypted and logged in as the settings say."""
    host, port = settings["SPIDERMON_SMTP_HOST"], settings.getint("SPIDERMON_SMTP_PORT")
    server: smtplib.SMTP
    if settings.getbool("SPIDERMON_SMTP_ENFORCE_SSL"):
        context = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
    try:
        if settings.getbool("SPIDERMON_SMTP_ENFORCE_TLS"):
            server.starttls(context=ssl.create_default_context())
        if settings["SPIDERMON_SMTP_USER"]:
            server.login(settings["SPIDERMON_SMTP_USER"], settings["SPIDERMON_SMTP_PASSWORD"])
    except BaseException:
        server.close()
        raise
    return server


def slack(crawler: Crawler) -> Action:
    """Spidermon's Slack message, without markup and mentions."""
    from spidermon.contrib.actions.slack import SendSlackMessage

    class Slack(SendSlackMessage):
        message = _SLACK_TEXT
        include_attachments = False

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.kwargs = {"parse": "none", "link_names": 0}

    action: Action = Slack.from_crawler(crawler)
    return action


def telegram(crawler: Crawler) -> Action:
    """Spidermon's Telegram message, as plain text in the body of the request.

    Its own client puts it into the address unquoted, as Markdown, and takes a refusal as sent.
    """
    from spidermon.contrib.actions.telegram import SendTelegramMessage

    class Telegram(SendTelegramMessage):
        message = _TEXT
        api = crawler.settings.get("SPIDERMON_TELEGRAM_API", "https://api.telegram.org")

        def run_action(self) -> None:
            token = crawler.settings["SPIDERMON_TELEGRAM_SENDER_TOKEN"]
            for recipient in self.recipients:
                message = {"chat_id": recipient, "text": self.get_message()[:4096]}
                post_json(f"{self.api}/bot{token}/sendMessage", message)

    action: Action = Telegram.from_crawler(crawler)
    return action


def sentry(crawler: Crawler) -> Action:
    """Spidermon's Sentry event."""
    from spidermon.contrib.actions.sentry import SendSentryMessage

    class Sentry(SendSentryMessage):
        def get_message(self) -> dict[str, Any]:
            notice: Notice = self.data.notice
            return {
                "title": notice.subject,
                "spider_name": crawler.spider.name if crawler.spider else "",
                "failure_reasons": notice.text,
            }

    action: Action = Sentry.from_crawler(crawler)
    return action


_WAYS = {
    "webhook": Webhook.from_crawler,
    "email": email,
    "slack": slack,
    "telegram": telegram,
    "sentry": sentry,
}


def send(way: str, notice: Notice, crawler: Crawler) -> str | None:
    """Send a notice; gives what went wrong, ``None`` when it was sent."""
    try:
        action = _WAYS[way](crawler)
    except (ImportError, NotConfigured) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  (whatever a library does, the run has to end)
        return f"{type(error).__name__}: {error}"
    suite = MonitorSuite(monitors_finished_actions=[action])
    result = MonitorRunner().run(suite, notice=notice)
    (done,) = result.monitors_finished_action_results
    return str(done.error).strip().splitlines()[-1] if done.error else None
