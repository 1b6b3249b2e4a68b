"""Every regular expression of the project, how it is used, and texts made to slow it down."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import newscrawl
from tests.slow_input.texts import hostile, repeated

#: Patterns that no foreign text reaches, and why; a test fails when one of them is gone.
NOT_FOREIGN = {
    "newscrawl.selector._PSEUDO": "queries are written in the rules",
}
#: Patterns that are made inside a function, and the reader (see readers.py) that reaches them.
MADE_LATE = {"newscrawl.text._marks": "normalised"}
#: Patterns that are handed on to the function that uses them, and how.
HANDED_ON = {
    "newscrawl.rfi.page._MAIN": {"search"},
    "newscrawl.rfi.page._MAIN_END": {"search"},
    "newscrawl.rfi.page._CONTENT": {"search"},
    "newscrawl.upkeep.prune._LOG": {"fullmatch"},
    "newscrawl.upkeep.prune._REJECTED": {"fullmatch"},
    "newscrawl.upkeep.prune._ARCHIVE": {"fullmatch"},
}
_METHODS = ("match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn")
_PARSER: Any = re._parser  # type: ignore[attr-defined]
_COMPILER: Any = re._compiler  # type: ignore[attr-defined]
#: What a place for one character is filled with, where it takes it.
_CHARACTERS = " \n1a-\t\r,/:.<>\"'=%&*([{\u00a0中\u1780\u17d2\u200c\u0301\u0620\u2028A\0"


@dataclass(frozen=True)
class Use:
    """One use of a pattern."""

    name: str
    pattern: re.Pattern[Any]
    method: str

    @property
    def id(self) -> str:
        return f"{self.name}.{self.method}"

    def __call__(self, text: str) -> None:
        given: Any = text
        if isinstance(self.pattern.pattern, bytes):
            given = text.encode("utf-8", "replace")
        if self.method in ("sub", "subn"):
            self.pattern.sub(given[:0], given)
        elif self.method == "finditer":
            for _ in self.pattern.finditer(given):
                pass
        else:
            getattr(self.pattern, self.method)(given)

    def texts(self) -> Iterator[tuple[str, str]]:
        """What it is tried on, by name."""
        yield from hostile().items()
        yield from _attacks(self.pattern)


@cache
def uses() -> dict[str, Use]:
    """All uses, by id."""
    found: dict[str, Use] = {}
    called = _calls()
    for name, pattern in objects().items():
        methods = HANDED_ON.get(name) or called.get(name.rpartition(".")[2], set()) & set(_METHODS)
        for method in sorted(methods):
            use = Use(name, pattern, method)
            found[use.id] = use
    for name, pattern, method in inline():
        if method != "compile" and pattern is not None:
            use = Use(name, pattern, method)
            found[use.id] = use
    return {id: use for id, use in found.items() if use.name not in NOT_FOREIGN}


@cache
def objects() -> dict[str, re.Pattern[Any]]:
    """Patterns of modules and classes, by where they were made."""
    found: dict[int, tuple[str, re.Pattern[Any]]] = {}
    for module_name in modules():
        try:
            module = importlib.import_module(module_name)
        except ImportError:  # a group that is not installed
            continue
        spaces = {module_name: vars(module)} | {
            f"{module_name}.{name}": vars(value)
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module_name
        }
        assigned = _assigned(module_name)
        for space, names in spaces.items():
            for name, value in names.items():
                if isinstance(value, re.Pattern) and name in assigned:
                    found.setdefault(id(value), (f"{space}.{name}", value))
    return dict(found.values())


def modules() -> list[str]:
    """Names of all modules."""
    walked = pkgutil.walk_packages(newscrawl.__path__, "newscrawl.", onerror=lambda name: None)
    return [one.name for one in walked if "plugins" not in one.name]


@cache
def _source(module: str) -> ast.Module:
    root = Path(newscrawl.__file__).parents[1] / module.replace(".", "/")
    path = root / "__init__.py" if root.is_dir() else root.with_suffix(".py")
    return ast.parse(path.read_text("utf-8"))


def _assigned(module: str) -> set[str]:
    """Names that a module gives to ``re.compile(…)``."""
    return {
        target.id
        for node in ast.walk(_source(module))
        if isinstance(node, ast.Assign) and _method_of_re(node.value) == "compile"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _calls() -> dict[str, set[str]]:
    """Name of anything to the methods called on it, anywhere."""
    called: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(_source(module)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                called.setdefault(node.value.id, set()).add(node.attr)
    return called


def inline() -> list[tuple[str, re.Pattern[Any] | None, str]]:
    """Calls of ``re.…`` inside functions: where, pattern (``None`` when it is not written there),
    and method."""
    found = []
    for module in modules():
        for node in _source(module).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                found += [(f"{module}.{node.name}", *call) for call in _inline(node)]
    return found


def _inline(function: ast.AST) -> Iterator[tuple[re.Pattern[Any] | None, str]]:
    for node in ast.walk(function):
        method = _method_of_re(node)
        if method in (*_METHODS, "compile"):
            assert isinstance(node, ast.Call)
            first = node.args[0]
            is_plain = isinstance(first, ast.Constant) and isinstance(first.value, str | bytes)
            yield (re.compile(first.value) if is_plain else None), method  # type: ignore[union-attr]


def _method_of_re(node: ast.AST) -> str | None:
    func = node.func if isinstance(node, ast.Call) else None
    of_re = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
    return func.attr if of_re and func.value.id == "re" else None  # type: ignore[union-attr]


def _attacks(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    """Beginnings of what a pattern wants, again and again; and each of its repetitions without end,
    with and without what should follow."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    parsed = _PARSER.parse(text, pattern.flags & ~re.UNICODE if isinstance(source, bytes) else 0)
    wanted = _sample(parsed, None, "")
    for length in sorted({1, 2, 3, 5, 8, 13, 21, len(wanted)} & set(range(1, len(wanted) + 1))):
        yield f"first {length} of what it wants", repeated(wanted[:length])
    for number, node in enumerate(_repeats(parsed)):
        units = _units(node)
        for unit in units:
            pumped = repeated(unit) if unit else ""
            before, found, behind = _sample(parsed, node, "\ue000").partition("\ue000")
            if pumped and found:
                yield f"repetition {number} {unit!r} and no more", before + pumped
                yield f"repetition {number} {unit!r} and another", before + pumped + "\x01"
                yield f"repetition {number} {unit!r} and the rest", before + pumped + behind
                other = next((other for other in units if other != unit), "")
                among = before + other + pumped + other + behind
                yield f"repetition {number} {unit!r} among others", among
                yield (
                    f"repetition {number} {unit!r} between",
                    repeated(before + unit * 300 + "\x01"),
                )


def _repeats(parsed: Any) -> Iterator[Any]:
    """Repetitions that have no bound, or a large one."""
    for node in parsed:
        op, given = str(node[0]), node[1]
        if op.endswith("REPEAT"):
            if given[1] > 50:
                yield node
            yield from _repeats(given[2])
        else:
            for inner in _inner(op, given):
                yield from _repeats(inner)


def _inner(op: str, given: Any) -> list[Any]:
    if op == "SUBPATTERN":
        return [given[3]]
    if op == "BRANCH":
        return list(given[1])
    if op == "ATOMIC_GROUP":
        return [given]
    return [given[1]] if op == "ASSERT" else []


def _units(repeat: Any) -> list[str]:
    """What a repetition may repeat, a few of them."""
    inner = repeat[1][2]
    if len(inner) == 1 and str(inner[0][0]) in ("IN", "ANY", "LITERAL", "NOT_LITERAL"):
        return _fitting(inner[0])[:4]
    return [_sample(inner, None, "")]


def _sample(parsed: Any, mark: Any, marked: str) -> str:
    """A text that a pattern may match, with ``marked`` where a repetition stands."""
    return "".join(_sample_of(node, mark, marked) for node in parsed)


def _sample_of(node: Any, mark: Any, marked: str) -> str:
    op, given = str(node[0]), node[1]
    if node is mark:
        return marked
    if op in ("LITERAL", "NOT_LITERAL", "IN", "ANY"):
        return next(iter(_fitting(node)), "x")
    if op.endswith("REPEAT"):
        one = _sample(given[2], mark, marked)
        return one if marked and marked in one else one * max(1, min(given[0], 10))
    inner = [_sample(part, mark, marked) for part in _inner(op, given)]
    holding = [one for one in inner if marked and marked in one]
    return next(iter(holding or inner), "")


def _fitting(node: Any) -> list[str]:
    """Characters that a place for one takes."""
    if str(node[0]) == "LITERAL":
        return [chr(node[1])]
    state = _PARSER.State()
    state.str = ""
    one = _COMPILER.compile(_PARSER.SubPattern(state, [node]))
    return [character for character in _CHARACTERS if one.match(character)]
