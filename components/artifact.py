"""One artifact, drawn by its kind. Its bytes are hostile: they are decoded, never run."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from agent_core.events import Artifact, ArtifactKind
from agent_core.files.formulas import harmless_csv
from components import figure, picture, table, units
from components.markdown import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

Read = Callable[[str], bytes]
"""The bytes of an artifact by its sha256. Raises KeyError for what is not in this conversation."""

_ORDER: tuple[ArtifactKind, ...] = ("chart", "image", "table", "text", "file")
_LONGEST_TEXT = 20_000
_CHART_CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def ordered(artifacts: Sequence[Artifact]) -> list[tuple[int, Artifact]]:
    """Artifacts with their places, those to look at before those to take away."""
    return sorted(enumerate(artifacts), key=lambda placed: _ORDER.index(placed[1].kind))


def draw(artifact: Artifact, read: Read, key: str) -> None:
    """Show an artifact, or say in a line why it can't be shown and offer the file."""
    try:
        _shown(artifact, read, key)
    except KeyError:
        st.caption(f":material/delete: {plain(artifact.name)} is no longer stored.")
    except (figure.NotDrawable, picture.NotAPicture, table.NotATable) as problem:
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
            st.code(read(artifact.sha256).decode("utf-8", "replace")[:_LONGEST_TEXT], language=None, wrap_lines=True)
        case "file":
            _download(artifact, read, key)


@st.cache_data(max_entries=128, show_spinner=False)
def _figure(sha256: str, _read: Read) -> "tuple[go.Figure, str]":
    import plotly.graph_objects as go  # noqa: PLC0415  most pages show no chart

    prepared = figure.prepare(_read(sha256))
    try:
        return go.Figure(prepared, skip_invalid=True), figure.title(prepared)
    except ValueError as error:
        raise figure.NotDrawable("Plotly can't draw this chart.") from error


def _chart(artifact: Artifact, read: Read, key: str) -> None:
    drawn, title = _figure(artifact.sha256, read)
    alt = f"Chart: {title or artifact.name}"
    st.plotly_chart(drawn, key=f"chart-{key}", config=_CHART_CONFIG, alt=alt)


def _table(artifact: Artifact, read: Read, key: str) -> None:
    shown = table.decode(read(artifact.sha256))
    st.dataframe(shown.frame, key=f"table-{key}", hide_index=True, alt=f"Table: {artifact.name}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(shown.extent)
        if artifact.full_data:
            whole = artifact.full_data
            label = f"All rows as CSV, {units.size(artifact.full_data_size or 0)}"
            _button(label, lambda: harmless_csv(read(whole)), "table.csv", "text/csv", key)


@st.cache_data(max_entries=32, show_spinner=False)
def _pixels(sha256: str, _read: Read) -> bytes:
    return picture.pixels(_read(sha256))


def _image(artifact: Artifact, read: Read) -> None:
    if artifact.media_type == "image/svg+xml":
        st.image(picture.svg(read(artifact.sha256)), alt=artifact.name, width="stretch")
    else:
        st.image(_pixels(artifact.sha256, read), alt=artifact.name)


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
