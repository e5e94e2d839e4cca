"""Rich results: from an object to its MIME types, and from there to the host."""

from __future__ import annotations

import io
import json
import sys

from . import tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parts = dict[str, bytes]

TABLE = "application/vnd.ringfence.table+json"
PLOTLY = "application/vnd.plotly.v1+json"
_DPI = 200
"""Twice matplotlib's own, so that two pixels of a dense screen fall on one of its points."""
_MOST_PLAIN = 100_000
_METHODS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("text/latex", "_repr_latex_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("application/json", "_repr_json_"),
)
_FILES = {"image/gif", "image/webp", "audio/wav", "audio/mpeg", "audio/ogg"}
_TYPES = {"text/plain", PLOTLY, TABLE, "text/csv", *(mime for mime, _ in _METHODS), *_FILES}


def bundle(thing: Any, most_bytes: int) -> Parts:
    """Every form in which a thing can be shown; empty for what is no result, such as an axis."""
    pandas, plotly = sys.modules.get("pandas"), sys.modules.get("plotly.basedatatypes")
    figure = sys.modules.get("matplotlib.figure")
    if pandas is not None and isinstance(thing, (pandas.DataFrame, pandas.Series)):
        return _table(thing, most_bytes)
    if plotly is not None and isinstance(thing, plotly.BaseFigure):
        return {PLOTLY: thing.to_json().encode(), "text/plain": f"Figure with {len(thing.data)} traces".encode()}
    if figure is not None and isinstance(thing, figure.Figure):
        return {"image/png": png(thing), "text/plain": repr(thing).encode()}
    if _is_drawing_part(thing):
        return {}
    return _generic(thing)


def png(figure: Any) -> bytes:
    """A matplotlib figure, crisp on a dense screen."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI, bbox_inches="tight")
    return file.getvalue()


def _table(thing: Any, most_bytes: int) -> Parts:
    frame = thing if hasattr(thing, "columns") else thing.to_frame(name="value" if thing.name is None else thing.name)
    whole = tables.csv(frame, most_bytes)
    parts = {"text/plain": _plain(thing), TABLE: tables.preview(frame, whole.rows)}
    return {**parts, "text/csv": whole.data} if whole.data else parts


def _generic(thing: Any) -> Parts:
    parts = {"text/plain": _plain(thing)}
    for mime, method in _METHODS:
        _add(parts, mime, _call(thing, method))
    found = _call(thing, "_repr_mimebundle_")
    found = found[0] if isinstance(found, tuple) and found else found
    return {**parts, **given(found)} if isinstance(found, dict) else parts


def given(found: Any) -> Parts:
    """What comes in its forms already, by their MIME types."""
    parts: Parts = {}
    for mime, value in found.items():
        _add(parts, mime, value)
    return parts


def _call(thing: Any, method: str) -> Any:
    if isinstance(thing, type):
        return None
    function: Callable[[], Any] | None = getattr(thing, method, None)
    try:
        return function() if callable(function) else None
    except Exception:  # noqa: BLE001  one form that fails leaves the others
        return None


def _add(parts: Parts, mime: str, value: Any) -> None:
    if isinstance(value, tuple) and value:
        value = value[0]
    if mime not in _TYPES or value is None:
        return
    if isinstance(value, bytes):
        parts[mime] = value
    elif isinstance(value, str):
        binary = mime in {"image/png", "image/jpeg", *_FILES}
        parts[mime] = _decoded(value) if binary else value.encode("utf-8", "replace")
    elif mime.endswith("json"):
        parts[mime] = json.dumps(value, default=str).encode()


def _decoded(text: str) -> bytes:
    import base64  # noqa: PLC0415  rarely needed

    return base64.b64decode(text)


def _plain(thing: Any) -> bytes:
    text = thing if isinstance(thing, str) else repr(thing)
    if len(text) > _MOST_PLAIN:
        text = f"{text[:_MOST_PLAIN]}\n[... {len(text) - _MOST_PLAIN} characters left out]"
    return text.encode("utf-8", "replace")


def _is_drawing_part(thing: Any) -> bool:
    """`ax.plot(...)` as the last line returns a list of lines, which nobody wants to read."""
    if isinstance(thing, (list, tuple)) and thing:
        thing = thing[0]
    elif type(thing).__name__ == "ndarray" and thing.dtype == object and thing.size:
        thing = thing.flat[0]
    return type(thing).__module__.startswith(("matplotlib.", "mpl_toolkits.", "seaborn."))
