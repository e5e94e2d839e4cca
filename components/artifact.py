"""One artifact, drawn by its kind. Its bytes are hostile: they are decoded, never run."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agent_core.events import Artifact, ArtifactKind
from agent_core.exports import audio, figures, frame, pictures, tables
from agent_core.exports.page import chart_page
from agent_core.files.names import safe_name
from components import page_script, table, table_files, texts, units
from components.markdown import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

Read = Callable[[str], bytes]
"""The bytes of an artifact by its sha256. Raises KeyError for what is not in this conversation."""

_ORDER: tuple[ArtifactKind, ...] = ("chart", "image", "table", "text", "file")
_TALLEST_FRAME = 420
"""Pixels; a longer page scrolls inside."""
_AROUND, _LINE = 40, 28
"""Pixels around a page, and for each of its lines."""
_CHART_CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def ordered(artifacts: Sequence[Artifact]) -> list[tuple[int, Artifact]]:
    """Artifacts with their places, those to look at before those to take away.

    Where Markdown is among them, it says something of what comes next: then all stays as the code showed it.
    """
    if any(artifact.kind == "text" and artifact.media_type == "text/markdown" for artifact in artifacts):
        return list(enumerate(artifacts))
    return sorted(enumerate(artifacts), key=lambda placed: _ORDER.index(placed[1].kind))


def draw(artifact: Artifact, read: Read, key: str) -> None:
    """Show an artifact, or say in a line why it can't be shown and offer the file."""
    try:
        _shown(artifact, read, key)
    except KeyError:
        st.caption(f":material/delete: {plain(artifact.name)} is no longer stored.")
    except (figures.NotDrawable, frame.NotFramed, pictures.NotAPicture, tables.NotATable) as problem:
        st.caption(f":material/info: {plain(str(problem))}")
        _download(artifact, read, key)


def _shown(artifact: Artifact, read: Read, key: str) -> None:
    match artifact.kind:
        case "chart":
            _chart(artifact, read, key)
        case "table":
            _table(artifact, read, key)
        case "image":
            _image(artifact, read)
            _download(artifact, read, key)
        case "text":
            texts.draw(artifact.media_type, read(artifact.sha256).decode("utf-8", "replace"))
        case "file" if artifact.media_type == "text/html":
            _html(artifact, read)
            _download(artifact, read, key)
        case "file":
            _audio(artifact, read)
            _download(artifact, read, key)


def _html(artifact: Artifact, read: Read) -> None:
    """A page in a frame that nothing gets out of."""
    address, runs, lines = _framed(artifact.sha256, read)
    st.iframe(address, height=min(_TALLEST_FRAME, _AROUND + _LINE * lines), alt=artifact.name)
    if runs:
        st.caption(":material/info: Its scripts don't run here. Download it to open it as it is.")


@st.cache_data(max_entries=32, show_spinner=False)
def _framed(sha256: str, _read: Read) -> tuple[str, bool, int]:
    data = _read(sha256)
    return frame.framed(data), frame.scripted(data), frame.lines(data)


def _audio(artifact: Artifact, read: Read) -> None:
    """Played where it is sound, whatever its name says."""
    if not artifact.media_type.startswith("audio/"):
        return
    data = read(artifact.sha256)
    if kind := audio.sniffed(data):
        st.audio(data, format=kind, alt=artifact.name)
    else:
        st.caption(":material/info: This file is called a sound file, but it is none that can be played here.")


@st.cache_data(max_entries=128, show_spinner=False)
def _figure(sha256: str, _read: Read) -> "tuple[go.Figure, str]":
    import plotly.graph_objects as go  # noqa: PLC0415  most pages show no chart

    prepared = figures.prepare(_read(sha256))
    try:
        return go.Figure(prepared, skip_invalid=True), figures.title(prepared)
    except ValueError as error:
        raise figures.NotDrawable("Plotly can't draw this chart.") from error


def _chart(artifact: Artifact, read: Read, key: str) -> None:
    drawn, title = _figure(artifact.sha256, read)
    name = safe_name(title or artifact.name)
    with st.container(gap="xsmall", key=f"figure-{key}"):
        place = st.container()
        form = _save_chart(artifact, read, name, key)
        picture = {"format": form.lower(), "scale": 2, "filename": name}
        place.plotly_chart(
            drawn,
            key=f"chart-{key}-{page_script.scheme()}",
            config={**_CHART_CONFIG, "toImageButtonOptions": picture},
            alt=f"Chart: {title or artifact.name}",
        )


def _save_chart(artifact: Artifact, read: Read, name: str, key: str) -> str:
    """Offer the chart as a page and as a picture; return the kind of picture that the camera over it saves.

    The picture is drawn by the browser that shows the chart, so it needs no browser on the server.
    """
    with st.popover("Save chart", type="tertiary", icon=":material/download:", key=f"save-{key}"):
        form = st.segmented_control("As a picture", ["PNG", "SVG"], default="PNG", required=True, key=f"picture-{key}")
        st.caption(f"Point at the chart, then click the camera :material/photo_camera: above it: it saves {form}.")
        st.caption("As a web page that can be explored, without a network too:")
        _button("HTML", lambda: chart_page(read(artifact.sha256), name), f"{name}.html", "text/html", f"{key}-page")
    return form or "PNG"


def _table(artifact: Artifact, read: Read, key: str) -> None:
    shown = table.decode(read(artifact.sha256))
    with st.container(gap="xsmall", key=f"sheet-{key}"):
        st.dataframe(shown.frame, key=f"table-{key}", hide_index=True, alt=f"Table: {artifact.name}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(shown.extent)
            table_files.draw(artifact, shown.shown, read, key)


@st.cache_data(max_entries=32, show_spinner=False)
def _pixels(sha256: str, _read: Read) -> tuple[bytes, int]:
    data = pictures.pixels(_read(sha256))
    return data, pictures.width(data)


def _image(artifact: Artifact, read: Read) -> None:
    if artifact.media_type == "image/svg+xml":
        st.image(pictures.svg(read(artifact.sha256)), alt=artifact.name, width="stretch")
    else:
        data, wide = _pixels(artifact.sha256, read)
        st.image(data, alt=artifact.name, width=wide)


def _download(artifact: Artifact, read: Read, key: str) -> None:
    label = f"{artifact.name}, {units.size(artifact.size)}"
    _button(label, lambda: read(artifact.sha256), artifact.name, artifact.media_type, key)


def _button(label: str, data: Callable[[], bytes], name: str, media_type: str, key: str) -> None:
    st.download_button(
        plain(label),
        data,
        file_name=name,
        mime=media_type,
        key=f"download-{key}",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )
