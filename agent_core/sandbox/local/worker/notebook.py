"""`IPython`, where it is not installed: people and models import its `display` by habit.

Asked last of all finders, so that a real one comes first. What it offers is in `shown`, which is imported with it.
"""

from __future__ import annotations

import importlib
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_DISPLAY = ("IPython.display", "IPython.core.display", "IPython.core.display_functions")
_PACKAGES = ("IPython", "IPython.core")


class Handle:
    """What `display(thing, display_id=...)` returns. Nothing that was shown changes: it is shown anew."""

    def __init__(self, show: Callable[..., Any], name: object) -> None:
        self.display_id = name
        self._show = show

    def display(self, thing: Any, **_: Any) -> None:
        """Show a thing."""
        self._show(thing)

    update = display


class Finder:
    """Finds the stand-in, whose `display` is the one that is given here."""

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """Find one of its modules; None for all others."""
        if name not in _DISPLAY and name not in _PACKAGES:
            return None
        return ModuleSpec(name, _Loader(self._display), is_package=name in _PACKAGES)  # type: ignore[arg-type]


class _Loader:
    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display

    def create_module(self, _spec: ModuleSpec) -> None:
        """An ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        shown = importlib.import_module(f"{__package__}.shown")
        shown.connect(self._display)
        if module.__name__ in _DISPLAY:
            vars(module).update({name: getattr(shown, name) for name in shown.__all__})
            vars(module)["__all__"] = list(shown.__all__)
        else:
            vars(module).update(display=self._display, get_ipython=_nobody, __version__="0", version_info=(0, 0, 0))


def _nobody() -> None:
    """There is no shell of IPython's: libraries that ask for it go on as in any program."""
