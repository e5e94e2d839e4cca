"""An HTML page that holds all it needs: its policy lets nothing load and nothing but our own scripts run."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from agent_core.exports import figures

_HERE = Path(__file__).parent
_FONT = "system-ui, sans-serif"

COLOURS = {
    "light": (
        "#1f6f5c", "#d98a3d", "#4a6fa5", "#b5536b", "#7a8b3c",
        "#7c5ba6", "#3f9aa8", "#a06a4b", "#8c8c86", "#c7b14a",
    ),
    "dark": (
        "#58b89c", "#e3a662", "#86a8d8", "#d98499", "#a9ba68",
        "#ab8fd0", "#72c2ce", "#c99877", "#b0aea8", "#dccb77",
    ),
}  # fmt: skip
"""As in the app's theme."""


def page(title: str, body: Iterable[str], charts: Mapping[str, Mapping[str, Any]], kind: str = "") -> bytes:
    """A whole page. `charts` are prepared figures by the id under which `chart` has placed them."""
    scripts = (_plotly(), _script()) if charts else ()
    trusted = " ".join(map(_source, scripts)) or "'none'"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {trusted}",
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = (
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f'<style>{_read("report.css")}</style></head><body class="{kind}">',
        *body,
        *(_data("themes", _themes()) for _ in scripts[:1]),
        *(_data(name, figure) for name, figure in charts.items()),
        *(f"<script>{script}</script>" for script in scripts),
        "</body></html>",
        "",
    )
    return "\n".join(parts).encode("utf-8", "replace")


def chart(name: str, label: str) -> str:
    """The place of a chart on a page, for `page` to fill."""
    told = escape(label)
    return f'<div class="chart" role="img" aria-label="{told}" data-name="{told}" data-figure="{name}"></div>'


def chart_page(data: bytes, name: str) -> bytes:
    """One chart as a page of its own. Raises NotDrawable."""
    figure = prepared(data)
    title = figures.title(figure) or name
    return page(title, [chart("figure-1", title)], {"figure-1": figure}, "single")


def chart_page_size(figure: int) -> int:
    """About how large the page of a figure of so many bytes is: Plotly's own script is nearly all of it."""
    return figure + len(_plotly())


def prepared(data: bytes) -> dict[str, Any]:
    """A figure with nothing remote, drawn without WebGL, which would need a looser policy. Raises NotDrawable."""
    figure = figures.prepare(data)
    figure["layout"].pop("template", None)
    for trace in figure["data"]:
        if trace.get("type") in {"scattergl", "scatterpolargl"}:
            trace["type"] = trace["type"].removesuffix("gl")
    return figure


def _themes() -> dict[str, Any]:
    return {
        "light": {"colours": COLOURS["light"], "layout": _layout(COLOURS["light"], "#1d1d1b", "#e4e1d9", "#fff")},
        "dark": {"colours": COLOURS["dark"], "layout": _layout(COLOURS["dark"], "#ecebe6", "#3a3935", "#181817")},
    }


def _layout(colours: tuple[str, ...], ink: str, line: str, paper: str) -> dict[str, Any]:
    axis = {"gridcolor": line, "linecolor": line, "zerolinecolor": line, "automargin": True}
    return {
        "colorway": colours,
        "font": {"color": ink, "family": _FONT, "size": 13},
        "paper_bgcolor": paper,
        "plot_bgcolor": paper,
        "xaxis": axis,
        "yaxis": axis,
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
        "margin": {"t": 60, "r": 20, "b": 50, "l": 60},
    }


def _data(name: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def _source(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415  the first page needs none of it

    return str(get_plotlyjs()).replace("\r\n", "\n")


@cache
def _script() -> str:
    return _read("report.js")


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
