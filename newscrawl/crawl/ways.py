"""Ways to send notices: what each needs, checked before a run starts."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from newscrawl.crawl.conf import Conf, Settings
from newscrawl.errors import UsageProblem


@dataclass(frozen=True)
class Way:
    """One way: settings that must be given, and modules of the group ``monitor``."""

    settings: tuple[str, ...]
    modules: tuple[str, ...] = ()


#: Name in ``NEWSCRAWL_NOTIFY`` to what it needs.
WAYS = {
    "webhook": Way(("NEWSCRAWL_NOTIFY_URL",)),
    "email": Way(
        ("SPIDERMON_SMTP_HOST", "SPIDERMON_EMAIL_SENDER", "SPIDERMON_EMAIL_TO"),
        ("premailer", "jinja2"),
    ),
    "slack": Way(
        (
            "SPIDERMON_SLACK_SENDER_TOKEN",
            "SPIDERMON_SLACK_SENDER_NAME",
            "SPIDERMON_SLACK_RECIPIENTS",
        ),
        ("slack_sdk", "jinja2"),
    ),
    "telegram": Way(
        ("SPIDERMON_TELEGRAM_SENDER_TOKEN", "SPIDERMON_TELEGRAM_RECIPIENTS"),
        ("requests", "jinja2"),
    ),
    "sentry": Way(("SPIDERMON_SENTRY_DSN", "SPIDERMON_SENTRY_PROJECT_NAME"), ("sentry_sdk",)),
}


def check_ways(conf: Conf, settings: Settings) -> None:
    """Refuse a way that could not tell anything when it is needed."""
    for name in conf.notify:
        way = WAYS[name]
        for setting in way.settings:
            if not settings[setting]:
                raise UsageProblem(f"NEWSCRAWL_NOTIFY={name} needs {setting}: see docs/health.md")
        for module in ("spidermon", *way.modules):
            if find_spec(module) is None:
                raise UsageProblem(
                    f"NEWSCRAWL_NOTIFY={name} needs the group monitor:"
                    " pip install -r requirements-monitor.txt"
                )
