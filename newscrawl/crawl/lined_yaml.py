"""YAML of which every mistake is refused with its file and line."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from newscrawl.durations import parse_duration
from newscrawl.errors import UsageProblem, nearest

#: The one in C where PyYAML was built with it: seeds are read before every run, ten times faster.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class LinedYaml:
    """One file, read with the line of every word at hand; all raise :class:`UsageProblem`."""

    def __init__(self, file: Path | Traversable) -> None:
        self.file = file

    def compose(self, wanted: str) -> yaml.Node:
        """The file's root; an empty file is told what is ``wanted`` of it."""
        try:
            text = self.file.read_text(encoding="utf-8")
            root = yaml.compose(text, Loader=_LOADER)
        except UnicodeDecodeError:
            raise UsageProblem(f"{self.file}: not UTF-8; save it as UTF-8") from None
        except OSError as error:
            raise UsageProblem(f"{self.file}: cannot be read ({error.strerror})") from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "not YAML"
            raise UsageProblem(f"{self.file}{where}: {problem}; mend the YAML there") from None
        if root is None:
            raise UsageProblem(f"{self.file}: empty; give {wanted}, or delete it")
        return root

    def mapping(
        self, node: yaml.Node, allowed: tuple[str, ...], needed: tuple[str, ...]
    ) -> dict[str, yaml.Node]:
        """Keys and values of a mapping that may have some keys and must have others."""
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, f"expected keys ({', '.join(allowed)}), each with a value")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name not in allowed:
                self.refuse(key, f"unknown key {name!r}{nearest(name, allowed)}")
            if name in found:
                self.refuse(key, f"{name} stands twice; keep one")
            found[name] = value
        for name in needed:
            if name not in found:
                self.refuse(node, f"{name} is missing; add it")
        return found

    def text(self, node: yaml.Node, name: str) -> str:
        """A text that is not blank."""
        is_text = isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str"
        if not is_text or not node.value.strip():
            self.refuse(node, f"{name} must be text; put it into quotes if need be")
        return str(node.value)

    def one_of(self, node: yaml.Node, name: str, known: tuple[str, ...]) -> str:
        """One of the words that are known."""
        value = self.text(node, name)
        if value not in known:
            self.refuse(node, f"unknown {name} {value!r}{nearest(value, known)}")
        return value

    def duration(self, node: yaml.Node | None, name: str = "every") -> float | None:
        """Seconds of a duration such as ``6h``; ``None`` where it is not given."""
        if node is None:
            return None
        try:
            return parse_duration(str(node.value), name)
        except UsageProblem as error:
            self.refuse(node, str(error))

    def number(self, node: yaml.Node | None, name: str, *, whole: bool = False) -> float | None:
        """A number from 0 up; ``None`` where it is not given."""
        if node is None:
            return None
        text = str(node.value)
        if not (text if whole else text.replace(".", "", 1)).isdecimal():
            self.refuse(node, f"{name} is {text!r}; give a number from 0 up")
        return float(text)

    def refuse(self, node: yaml.Node, problem: str) -> NoReturn:
        """Refuse the file for what stands at a place."""
        raise UsageProblem(f"{self.file}:{node.start_mark.line + 1}: {problem}")
