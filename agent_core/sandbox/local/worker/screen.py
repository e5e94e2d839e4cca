"""`display`, and what makes figures appear: at `show()`, and at the end of a call."""

from __future__ import annotations

import sys

from . import notebook, rich

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .wire import Wire


class Screen:
    """Sends results to the host, within the largest artifact."""

    def __init__(self, wire: Wire) -> None:
        self._call = ""
        self._most_bytes = 0
        self._wire = wire
        self._shown: list[Any] = []

    def begin(self, call: str, most_bytes: int) -> None:
        """A new call: what is shown from now on belongs to it."""
        self._call, self._most_bytes = call, most_bytes

    def display(self, *things: Any, raw: bool = False, display_id: object = None, **_: Any) -> notebook.Handle | None:
        """Show each thing to the person. What IPython's own takes is taken; `raw` things map MIME types to data."""
        for thing in things:
            if self._is_figure(thing):
                self._shown.append(thing)
            self._send(rich.given(thing) if raw else rich.bundle(thing, self._most_bytes))
        return notebook.Handle(self.display, display_id) if display_id else None

    def show_figures(self) -> None:
        """Show the open matplotlib figures that have not been shown, and close all."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None and hasattr(pyplot, "get_fignums"):
            for number in pyplot.get_fignums():
                figure = pyplot.figure(number)
                if not any(figure is shown for shown in self._shown) and figure.get_axes():
                    self._send({"image/png": rich.png(figure)})
            pyplot.close("all")
        self._shown.clear()

    def patches(self) -> dict[str, Callable[[Any], None]]:
        """What to change in a module as soon as it is imported."""

        def show(*_: Any, **__: Any) -> None:
            self.show_figures()

        def pyplot(module: Any) -> None:
            module.show = show

        def figure(module: Any) -> None:
            module.Figure.show = lambda this, *_, **__: self.display(this)

        def plotly(module: Any) -> None:
            module.BaseFigure.show = lambda this, *_, **__: self.display(this)

        def renderers(module: Any) -> None:
            module.show = lambda this, *_, **__: self.display(this)

        def display(module: Any) -> None:
            module.display = self.display

        return {
            "IPython.display": display,
            "IPython.core.display_functions": display,
            "matplotlib.pyplot": pyplot,
            "matplotlib.figure": figure,
            "plotly.basedatatypes": plotly,
            "plotly.io._renderers": renderers,
        }

    def _is_figure(self, thing: Any) -> bool:
        module = sys.modules.get("matplotlib.figure")
        return module is not None and isinstance(thing, module.Figure)

    def _send(self, parts: rich.Parts) -> None:
        kept = {mime: data for mime, data in parts.items() if len(data) <= self._most_bytes}
        for mime in parts.keys() - kept.keys():
            size = len(parts[mime]) >> 20
            sys.stderr.write(
                f"[A result of {size} MiB ({mime}) is left out: the contract allows {self._most_bytes >> 20} MiB.]\n"
            )
        if kept:
            header = {"op": "display", "call": self._call, "parts": [[mime, len(data)] for mime, data in kept.items()]}
            self._wire.send(header, b"".join(kept.values()))
