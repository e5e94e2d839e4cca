"""All files of a conversation in one place: what its runs have made, where each comes from, and what it was given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from agent_core.events import Artifact, ArtifactKind, Event, Upload
from agent_core.exports.archive import file_data, file_name
from agent_core.exports.figures import NotDrawable
from agent_core.exports.forms import FORMS
from agent_core.exports.page import chart_page, chart_page_size
from agent_core.exports.story import Made, Read, made, tell
from agent_core.session import Conversation, titles
from components import moments, units
from components.markdown import plain

_PAGE = 25
_KINDS: dict[ArtifactKind, tuple[str, str]] = {
    "chart": ("bar_chart", "Chart"),
    "table": ("table", "Table"),
    "image": ("image", "Image"),
    "text": ("notes", "Text"),
    "file": ("description", "File"),
}


@dataclass(frozen=True, slots=True)
class _Line:
    """One file, as it is listed and handed out."""

    key: str
    icon: str
    name: str
    size: int
    origin: str
    media_type: str
    data: Callable[[], bytes]


def draw(conversation: Conversation, title: Callable[[str], str]) -> None:
    """Show them, each to be downloaded, and all at once."""
    events = [stored.event for stored in conversation.snapshot().events]
    found, uploads = made(events), tell("", events).uploads
    with st.container(key="document", gap="medium"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("## Files", anchors=False, width="content")
            if found or uploads:
                _all(conversation, title)
        if not found and not uploads:
            st.caption("This conversation has no files yet. What you give it, and what its code makes, is listed here.")
            return
        st.markdown("### Made here", anchors=False)
        if found:
            _made(found, conversation.read_artifact)
        else:
            st.caption("Its code has made no file yet.")
        if uploads:
            st.markdown("### Given", anchors=False)
            _given(uploads, conversation.read_artifact)


def _all(conversation: Conversation, title: Callable[[str], str]) -> None:
    form = next(form for form in FORMS if form.key == "everything")

    def written() -> bytes:
        events: list[Event] = [stored.event for stored in conversation.snapshot().events]
        return form.make(title(conversation.id), events, conversation.read_artifact)

    st.download_button(
        "Download all",
        written,
        file_name=form.file_name(title(conversation.id)),
        mime=form.media_type,
        key="download-all",
        icon=":material/folder_zip:",
        on_click="ignore",
        help="Every file below, with a report, a notebook, a script and the text, in one ZIP",
    )


def _made(found: Sequence[Made], read: Read) -> None:
    pages = -(-len(found) // _PAGE)
    shown = st.pagination(pages, key=f"files-{pages}") if pages > 1 else 1
    with st.container(key="made", gap=None):
        for place, one in enumerate(found[(shown - 1) * _PAGE : shown * _PAGE]):
            icon, kind = _KINDS[one.artifact.kind]
            name, media_type, data = _handed(one.artifact, read)
            question = units.short(titles.title(one.question, ()).replace("`", " "))
            reason = f"“{question}”" if one.question else "code that you ran yourself"
            origin = f"{kind} from run {one.run}, {moments.shown(one.at)}: {reason}"
            _line(_Line(f"made-{place}", icon, name, _size(one.artifact), origin, media_type, data))


def _size(artifact: Artifact) -> int:
    if artifact.kind == "chart":
        return chart_page_size(artifact.size)
    return artifact.full_data_size or artifact.size


def _handed(artifact: Artifact, read: Read) -> tuple[str, str, Callable[[], bytes]]:
    """A chart goes out as a page that can be opened, a table as CSV, all else as it is."""
    name = file_name(artifact)
    if artifact.kind == "chart":
        return name.removesuffix(".json") + ".html", "text/html", partial(_chart, artifact, read)
    media_type = "text/csv" if artifact.kind == "table" else artifact.media_type
    return name, media_type, partial(file_data, artifact, read)


def _chart(artifact: Artifact, read: Read) -> bytes:
    """One that can't be drawn goes out as its data."""
    data = read(artifact.sha256)
    try:
        return chart_page(data, artifact.name)
    except NotDrawable:
        return data


def _given(uploads: Sequence[Upload], read: Read) -> None:
    with st.container(key="given", gap=None):
        for place, upload in enumerate(uploads):
            data = partial(read, upload.sha256)
            origin = "Your file, as you gave it"
            kind = "application/octet-stream"
            _line(_Line(f"given-{place}", "upload_file", upload.name, upload.size, origin, kind, data))


def _line(line: _Line) -> None:
    key = line.key
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=f"file-line-{key}"):
        with st.container(key=f"name-{key}", gap=None):
            st.markdown(f":material/{line.icon}: {plain(line.name)} :small[:gray[{units.size(line.size)}]]")
            st.caption(plain(line.origin))
        st.download_button(
            "Download",
            line.data,
            file_name=line.name,
            mime=line.media_type,
            key=f"take-{key}",
            icon=":material/download:",
            on_click="ignore",
            type="tertiary",
            help=f"Download {plain(line.name)}",
        )
