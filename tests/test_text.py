"""What goes to a terminal: nothing that one obeys, everything that people read."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO

import pytest
from rich.table import Table

from newscrawl.console import ShownRecord, console
from newscrawl.text import readable, shown
from tests.terminal import HARM, OBEYED


@pytest.mark.parametrize("char", OBEYED, ids=lambda char: f"U+{ord(char):04X}")
def test_what_a_terminal_obeys_is_escaped(char: str) -> None:
    assert shown(f"a{char}b").isascii()
    assert shown(f"a{char}b").isprintable()
    assert shown(readable(f"https://www.rfi.fr/{char}")).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian writes with ZWNJ, other scripts with ZWJ
        "ក្រុម\u200bការងារ",  # Khmer puts U+200B between words
        "Qui\u00a0? «\u202fMoi\u202f»\u3000日本\tx\ny",
        "👩\u200d🚀 e\u0301 ✈\ufe0f",
        "اخبار العالم",
    ],
)
def test_what_people_read_stays(text: str) -> None:
    assert shown(text) == text


def test_lines_of_json_say_the_same() -> None:
    said = {"title": HARM.encode("utf-8", "ignore").decode()}
    line = shown(json.dumps(said, ensure_ascii=False))
    assert json.loads(line) == said


def test_tables_show_text_as_it_is() -> None:
    table = Table("[red]name", title=HARM, caption=":smile: [bold]c")
    table.add_row(f"[link=x]\x9b31m{HARM}")
    out = StringIO()
    console(out).print(table)
    console(out).print(HARM, "[red]", ":smile:")
    said = out.getvalue()
    assert not set(said) & set(OBEYED)
    for kept in ("[red]name", ":smile: [bold]c", "[link=x]\\u009b31m", "[red] :smile:"):
        assert kept in said


def test_a_log_has_no_controls_whoever_writes_it() -> None:
    try:
        raise ValueError(HARM)
    except ValueError:
        record = ShownRecord("x", 40, "f", 1, "odd %s", (HARM,), sys.exc_info())
    line = logging.Formatter("%(message)s").format(record)
    assert "ValueError" in line
    assert not set(line) & set(OBEYED)
