"""The project's own settings, read once and checked."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from newscrawl.durations import parse_duration
from newscrawl.errors import UsageProblem, nearest

OUTPUTS = ("jsonlines", "sqlite")
PROGRESS = ("auto", "live", "plain", "off")
#: Ways to send notices.
NOTIFY = ("webhook", "email", "slack", "telegram", "sentry")


class Settings(Protocol):
    """What is asked of Scrapy's settings here."""

    def __getitem__(self, name: str, /) -> Any:
        """Value of a setting."""


@dataclass(frozen=True)
class Conf:
    """Settings of one run, in the types that the parts work with."""

    data_dir: Path
    mode: int
    seeds: Path | None
    outputs: tuple[str, ...]
    contact: str
    origin: str
    replay: str
    record: str
    stop_after: int
    full_every: timedelta
    rotate_s: float
    rotate_lines: int
    refusals: int
    lease_wait_s: float
    relook_s: tuple[float, ...]
    relook_budget: int
    max_wait_s: float
    share: float
    drift: float
    progress: str
    warn_failed: float
    warn_debt: float
    warn_disk: int
    notify: tuple[str, ...]
    notify_url: str
    notify_replay: bool
    alive: str

    @classmethod
    def read(cls, settings: Settings) -> Conf:
        """Read and check; :class:`UsageProblem` names the setting that is wrong."""
        rotate_s, rotate_lines = _rotation(settings)
        return cls(
            data_dir=_data_dir(settings),
            mode=_mode(settings),
            seeds=_seeds(settings),
            outputs=_outputs(settings),
            contact=_text(settings, "NEWSCRAWL_CONTACT"),
            origin=_text(settings, "NEWSCRAWL_ORIGIN"),
            replay=_text(settings, "NEWSCRAWL_REPLAY"),
            record=_text(settings, "NEWSCRAWL_RECORD"),
            stop_after=_count(settings, "NEWSCRAWL_STOP_AFTER"),
            full_every=timedelta(seconds=_duration(settings, "NEWSCRAWL_FULL_EVERY")),
            rotate_s=rotate_s,
            rotate_lines=rotate_lines,
            refusals=_count(settings, "NEWSCRAWL_REFUSALS"),
            lease_wait_s=_duration(settings, "NEWSCRAWL_LEASE_WAIT"),
            relook_s=_steps(settings, "NEWSCRAWL_RELOOK"),
            relook_budget=_count(settings, "NEWSCRAWL_RELOOK_BUDGET", least=0),
            max_wait_s=_duration(settings, "NEWSCRAWL_MAX_WAIT"),
            share=_share(settings, "NEWSCRAWL_SHARE"),
            drift=_share(settings, "NEWSCRAWL_DRIFT"),
            progress=_progress(settings),
            warn_failed=_share(settings, "NEWSCRAWL_WARN_FAILED"),
            warn_debt=_share(settings, "NEWSCRAWL_WARN_DEBT"),
            warn_disk=_size(settings, "NEWSCRAWL_WARN_DISK"),
            notify=_notify(settings),
            notify_url=_address(settings, "NEWSCRAWL_NOTIFY_URL"),
            notify_replay=_switch(settings, "NEWSCRAWL_NOTIFY_REPLAY"),
            alive=_alive(settings),
        )


def data_dir(settings: Settings) -> Path:
    """The data dir of a command that only reads."""
    return _data_dir(settings)


def seeds_dir(settings: Settings) -> Path | None:
    """The folder of seed files, ``None`` for the shipped ones."""
    return _seeds(settings)


def under_scrapyd() -> bool:
    """Whether this process is a job of Scrapyd, which runs jobs inside its own runner module."""
    return "scrapyd" in sys.modules


def _text(settings: Settings, name: str) -> str:
    return str(settings[name] or "").strip()


def _data_dir(settings: Settings) -> Path:
    text = _text(settings, "NEWSCRAWL_DATA_DIR")
    if not text:
        raise UsageProblem("NEWSCRAWL_DATA_DIR is empty: name the folder to write to")
    path = Path(text).expanduser()
    if under_scrapyd() and not path.is_absolute():
        raise UsageProblem(
            f"NEWSCRAWL_DATA_DIR is relative ({text}), and a Scrapyd job runs in a folder of its"
            " own: give an absolute path"
        )
    return path


def _mode(settings: Settings) -> int:
    """Permissions of a folder as ``chmod`` takes them; its owner always keeps all of his."""
    text = _text(settings, "NEWSCRAWL_MODE")
    if not re.fullmatch(r"0?7[0-7]{2}", text):
        raise UsageProblem(
            f"NEWSCRAWL_MODE is {text!r}: give the mode of a folder as 0700, or 0750 for a group"
        )
    return int(text, 8)


def _seeds(settings: Settings) -> Path | None:
    text = _text(settings, "NEWSCRAWL_SEEDS")
    return Path(text).expanduser() if text else None


def _outputs(settings: Settings) -> tuple[str, ...]:
    outputs = _names(settings, "NEWSCRAWL_OUTPUTS")
    if not outputs:
        raise UsageProblem(f"NEWSCRAWL_OUTPUTS is empty: name {' or '.join(OUTPUTS)}, or both")
    for name in outputs:
        if name not in OUTPUTS:
            raise UsageProblem(
                f"NEWSCRAWL_OUTPUTS: unknown output {name!r}{nearest(name, OUTPUTS)}"
            )
    return outputs


def _progress(settings: Settings) -> str:
    mode = _text(settings, "NEWSCRAWL_PROGRESS")
    if mode not in PROGRESS:
        raise UsageProblem(f"NEWSCRAWL_PROGRESS is {mode!r}{nearest(mode, PROGRESS)}")
    return mode


def _notify(settings: Settings) -> tuple[str, ...]:
    names = _names(settings, "NEWSCRAWL_NOTIFY")
    for name in names:
        if name not in NOTIFY:
            raise UsageProblem(f"NEWSCRAWL_NOTIFY: unknown way {name!r}{nearest(name, NOTIFY)}")
    return names


def _names(settings: Settings, name: str) -> tuple[str, ...]:
    """Names parted by commas, or a list; each once."""
    value = settings[name]
    names = value if isinstance(value, list | tuple) else str(value or "").strip("[] ").split(",")
    return tuple(dict.fromkeys(str(one).strip(" \"'") for one in names if str(one).strip()))


def _address(settings: Settings, name: str) -> str:
    text = _text(settings, name)
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UsageProblem(f"{name} is no web address: give one as https://example.org/hook")
    return text


def _alive(settings: Settings) -> str:
    """A web address, or a file."""
    text = _text(settings, "NEWSCRAWL_ALIVE")
    if text and "://" not in text and under_scrapyd() and not Path(text).is_absolute():
        raise UsageProblem(f"NEWSCRAWL_ALIVE is relative ({text}): give an absolute path")
    return _address(settings, "NEWSCRAWL_ALIVE") if "://" in text else text


def _switch(settings: Settings, name: str) -> bool:
    text = str(settings[name]).strip().lower()
    if text not in ("1", "0", "true", "false", ""):
        raise UsageProblem(f"{name} is {settings[name]!r}: give 1 or 0")
    return text in ("1", "true")


_SIZES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def _size(settings: Settings, name: str) -> int:
    """Bytes of ``500MB``, ``1GB``; a bare number is bytes."""
    text = _text(settings, name).lower() or "0"
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]b|)", text)
    if match is None:
        raise UsageProblem(f"{name} is {settings[name]!r}: give a size as 500MB or 1GB")
    return int(float(match[1]) * _SIZES[match[2]])


def _count(settings: Settings, name: str, least: int = 1) -> int:
    value = settings[name]
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = least - 1
    if number < least:
        raise UsageProblem(f"{name} is {value!r}: give a whole number from {least} up")
    return number


def _steps(settings: Settings, name: str) -> tuple[float, ...]:
    """Durations parted by commas; none at all is allowed."""
    value = settings[name]
    parts = value if isinstance(value, list | tuple) else str(value or "").strip("[] ").split(",")
    return tuple(
        parse_duration(str(part).strip(" \"'"), name) for part in parts if str(part).strip()
    )


def _share(settings: Settings, name: str) -> float:
    value = settings[name]
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1
    if not 0 < share <= 1:
        raise UsageProblem(f"{name} is {value!r}: give a share above 0, up to 1")
    return share


def _duration(settings: Settings, name: str) -> float:
    return parse_duration(str(settings[name]), name)


def _rotation(settings: Settings) -> tuple[float, int]:
    name = "NEWSCRAWL_JSONL_ROTATE"
    text = str(settings[name])
    age, comma, lines = text.partition(",")
    if not comma or not lines.strip().isdigit() or int(lines) < 1:
        raise UsageProblem(f"{name} is {text!r}: give a time and a number of lines, as 1h,50000")
    return parse_duration(age, name), int(lines)
