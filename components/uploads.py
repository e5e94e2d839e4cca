"""Files on their way from the browser to the session."""

from collections.abc import Iterable

from streamlit.typing import UploadedFile

from agent_core.session import IncomingFile


def incoming(files: Iterable[UploadedFile]) -> tuple[IncomingFile, ...]:
    """Browser uploads as the session takes them. Their names are as hostile as their contents."""
    return tuple(IncomingFile(name=file.name, content=file, size=file.size) for file in files)
