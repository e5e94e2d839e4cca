"""A Plotly figure from a sandbox, made fit to be drawn: nothing in it loads from elsewhere.

Pure. The figure is data from hostile code: it is decoded as JSON and only then given to our own Plotly.
"""

import json
import re
from typing import Any

_TAG = re.compile(r"<(?!/?(?:b|i|br|sub|sup|em|strong|span)\s*/?>)[^>]*>?", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,[A-Za-z0-9+/=\s]*")
_MAP = re.compile(r".*mapbox|.*geo|(?:scatter|density)map|choropleth(?:map)?")
"""The types of traces that load tiles or the outlines of countries; a heatmap and a treemap load nothing."""
_MAP_LAYOUTS = ("map", "geo")
_LOADED = {"images", "updatemenus", "sliders"}
"""Parts of a layout that can load something."""
_LOADING = re.compile(r'//|geo"|map(box)?"|choropleth')
"""In a menu's or a slider's actions: an address, or a change into one of these traces."""

_PALETTE = {
    colour: f"#{place:06d}"
    for place, colour in enumerate(
        (
            "#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a",
            "#19d3f3", "#ff6692", "#b6e880", "#ff97ff", "#fecb52",
        ),
        start=1,
    )
}  # fmt: skip
"""Plotly's default colours, and the names by which Streamlit fills in the theme's."""


class NotDrawable(ValueError):
    """A figure that can't be drawn. Its text says why."""


def prepare(data: bytes) -> dict[str, Any]:
    """Decode a figure, theme it, and take out what would load from the network.

    Raises NotDrawable for what is not a figure and for maps, whose tiles and outlines are remote.
    """
    try:
        figure = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotDrawable("This chart's data is damaged.") from error
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        raise NotDrawable("This is not a chart.")
    traces = [trace for trace in figure["data"] if isinstance(trace, dict)]
    if any(_MAP.fullmatch(str(trace.get("type", ""))) for trace in traces):
        raise NotDrawable("Maps load their tiles and outlines from the network, so they are not drawn.")
    layout = figure.get("layout")
    cleaned: dict[str, Any] = _clean({"data": traces, "layout": layout if isinstance(layout, dict) else {}})
    cleaned["layout"] = _layout(cleaned["layout"])
    cleaned["data"] = [trace for trace in cleaned["data"] if _keeps_home(trace)]
    return cleaned


def harmless(data: bytes) -> dict[str, Any]:
    """A figure as it is, but for what would load from the network; for a viewer that brings its own looks.

    Raises NotDrawable as `prepare` does.
    """
    prepare(data)
    figure = json.loads(data)
    layout = figure.get("layout")
    kept = {key: value for key, value in (layout if isinstance(layout, dict) else {}).items() if key not in _LOADED}
    kept = {key: value for key, value in kept.items() if not key.startswith(_MAP_LAYOUTS)}
    return {"data": [one for one in _dicts(figure["data"]) if _keeps_home(one)], "layout": kept}


def title(figure: dict[str, Any]) -> str:
    """What the chart is called, for people who can't see it."""
    found = figure["layout"].get("title")
    text = found.get("text") if isinstance(found, dict) else found
    return re.sub(r"<[^>]*>", " ", text).strip() if isinstance(text, str) else ""


def _layout(layout: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in layout.items() if not key.startswith(_MAP_LAYOUTS)}
    controls: dict[str, Any] = {
        name: [one for one in _dicts(layout[name]) if not _LOADING.search(json.dumps(one))]
        for name in ("updatemenus", "sliders")
        if name in layout
    }
    images = [image for image in _dicts(layout.get("images")) if _DATA_IMAGE.fullmatch(str(image.get("source", "")))]
    sizes = {"width": None, "autosize": True}
    return {**kept, **controls, **sizes, "images": images, "template": "streamlit"}


def _keeps_home(trace: dict[str, Any]) -> bool:
    source = trace.get("source")
    remote_image = trace.get("type") == "image" and source and not _DATA_IMAGE.fullmatch(str(source))
    return not remote_image and not isinstance(trace.get("geojson"), str)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _clean(value: Any) -> Any:
    """Theme the default colours, and leave of markup in text only what sets type."""
    match value:
        case dict():
            return {key: _clean(inner) for key, inner in value.items() if key != "template"}
        case list():
            return [_clean(inner) for inner in value]
        case str() if value.lower() in _PALETTE:
            return _PALETTE[value.lower()]
        case str() if "<" in value:
            return _TAG.sub("", value)
        case _:
            return value
