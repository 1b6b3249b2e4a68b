"""Optional groups of packages: imported when they are needed, asked for when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from newscrawl.errors import UsageProblem


def need(module: str, group: str, purpose: str) -> ModuleType:
    """Import a module of a group; :class:`UsageProblem` names the group when it is not there."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageProblem(
            f"{purpose} needs the group {group}: pip install -r requirements-{group}.txt"
        ) from None
