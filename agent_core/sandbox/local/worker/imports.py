"""Run a function on a module that is imported, or right after it is, without importing it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

    Patch = Callable[[Any], None]


def patch(patches: Mapping[str, Patch]) -> None:
    """Patch those modules that are imported already now, and the others as soon as they are."""
    later: dict[str, Patch] = {}
    for name, change in patches.items():
        if name in sys.modules:
            change(sys.modules[name])
        else:
            later[name] = change
    sys.meta_path.insert(0, AfterImport(later))


class AfterImport:
    """A finder that lets the others find, and adds a patch to what they found."""

    def __init__(self, patches: Mapping[str, Patch]) -> None:
        self._patches = dict(patches)

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find one of the modules to patch; None for all others."""
        patch = self._patches.pop(name, None)
        if patch is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                _after(spec.loader, patch)
                return spec
        return None


def _after(loader: Any, patch: Patch) -> None:
    original = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        original(module)
        patch(module)

    loader.exec_module = exec_module
