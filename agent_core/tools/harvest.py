"""What a call made, turned into artifacts: rich results, and files that are new or have changed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import uuid4

from agent_core.contract import Contract
from agent_core.errors import FileTooLarge, RingfenceError
from agent_core.events import Artifact, ArtifactKind
from agent_core.files.names import safe_name
from agent_core.sandbox.base import Display, FileEntry, Sandbox
from agent_core.tools.base import Image
from agent_core.tools.workbench import Workbench

MOST_FILES = 20
"""Files taken from the sandbox after one call."""
MOST_IMAGES = 3
"""Images of one call that go to the model."""
LARGEST_IMAGE = 1_500_000
"""Bytes of an image that goes to the model."""

PLOTLY = "application/vnd.plotly.v1+json"
TABLE = "application/vnd.ringfence.table+json"
CSV = "text/csv"

_DISPLAYED: tuple[tuple[str, ArtifactKind, str], ...] = (
    (PLOTLY, "chart", "chart"),
    (TABLE, "table", "table"),
    ("image/png", "image", "image.png"),
    ("image/jpeg", "image", "image.jpg"),
    ("image/svg+xml", "image", "image.svg"),
    ("image/gif", "image", "image.gif"),
    ("image/webp", "image", "image.webp"),
    ("audio/wav", "file", "sound.wav"),
    ("audio/mpeg", "file", "sound.mp3"),
    ("audio/ogg", "file", "sound.ogg"),
    ("text/html", "file", "page.html"),
    ("text/markdown", "text", "text.md"),
    ("text/latex", "text", "formula.tex"),
    ("application/json", "file", "data.json"),
)
"""The richest form of a result comes first; the others of the same result are dropped."""

_FILE_KINDS: dict[str, tuple[ArtifactKind, str]] = {
    ".png": ("image", "image/png"),
    ".jpg": ("image", "image/jpeg"),
    ".jpeg": ("image", "image/jpeg"),
    ".gif": ("image", "image/gif"),
    ".webp": ("image", "image/webp"),
    ".svg": ("image", "image/svg+xml"),
    ".csv": ("file", CSV),
    ".tsv": ("file", "text/tab-separated-values"),
    ".json": ("file", "application/json"),
    ".html": ("file", "text/html"),
    ".md": ("file", "text/markdown"),
    ".txt": ("file", "text/plain"),
    ".wav": ("file", "audio/wav"),
    ".mp3": ("file", "audio/mpeg"),
    ".ogg": ("file", "audio/ogg"),
    ".flac": ("file", "audio/flac"),
    ".m4a": ("file", "audio/mp4"),
    ".htm": ("file", "text/html"),
    ".pdf": ("file", "application/pdf"),
    ".xlsx": ("file", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".parquet": ("file", "application/vnd.apache.parquet"),
    ".zip": ("file", "application/zip"),
}


@dataclass(frozen=True, slots=True)
class Harvest:
    """The artifacts of one call, what the model sees of them, and what could not be taken."""

    artifacts: tuple[Artifact, ...] = ()
    images: tuple[Image, ...] = ()
    texts: tuple[str, ...] = ()
    refused: RingfenceError | None = None


async def harvest(
    bench: Workbench, sandbox: Sandbox, displays: Sequence[Display], before: Iterable[FileEntry]
) -> Harvest:
    """Take a call's results out of the sandbox and store them."""
    shown = [await _display(bench, display) for display in displays]
    files, refused = await _files(bench, sandbox, before)
    artifacts = tuple(artifact for artifact, _ in shown if artifact) + files
    texts = tuple(text for _, text in shown if text)
    return Harvest(artifacts, _images(displays), texts, refused)


async def _display(bench: Workbench, display: Display) -> tuple[Artifact | None, str]:
    plain = display.data.get("text/plain", b"").decode("utf-8", "replace")
    for media_type, kind, name in _DISPLAYED:
        if (data := display.data.get(media_type)) is not None:
            full = display.data.get(CSV) if media_type == TABLE else None
            artifact = Artifact(
                id=uuid4().hex,
                name=_title(data) or name if media_type == PLOTLY else name,
                kind=kind,
                media_type=media_type,
                size=len(data),
                sha256=await bench.keep(data),
                full_data=await bench.keep(full) if full is not None else None,
                full_data_size=len(full) if full is not None else None,
                full_data_rows=_whole_rows(data) if full is not None else None,
            )
            return artifact, plain if kind in {"table", "text"} else ""
    return None, plain


def _title(figure: bytes) -> str:
    try:
        title = json.loads(figure)["layout"]["title"]
        text = title["text"] if isinstance(title, dict) else title
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return " ".join(text.split())[:120] if isinstance(text, str) else ""


def _whole_rows(preview: bytes) -> int | None:
    try:
        rows = json.loads(preview)["whole_rows"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return rows if isinstance(rows, int) and 0 <= rows < 1 << 53 else None


def _images(displays: Sequence[Display]) -> tuple[Image, ...]:
    found = [
        Image(data, media_type)
        for display in displays
        for media_type, data in display.data.items()
        if media_type in {"image/png", "image/jpeg"} and len(data) <= LARGEST_IMAGE
    ]
    return tuple(found[:MOST_IMAGES])


async def _files(
    bench: Workbench, sandbox: Sandbox, before: Iterable[FileEntry]
) -> tuple[tuple[Artifact, ...], RingfenceError | None]:
    known = {(entry.path, entry.size, entry.modified) for entry in before}
    made = [entry for entry in await sandbox.list() if (entry.path, entry.size, entry.modified) not in known]
    artifacts: list[Artifact] = []
    refused: RingfenceError | None = None
    for entry in made[:MOST_FILES]:
        try:
            artifacts.append(await _file(bench, sandbox, entry, bench.contract))
        except FileTooLarge as error:
            refused = error
        except FileNotFoundError:
            continue
    return tuple(artifacts), refused


async def _file(bench: Workbench, sandbox: Sandbox, entry: FileEntry, contract: Contract) -> Artifact:
    limit = contract.filesystem.largest_artifact_mib
    if entry.size > limit << 20:
        raise FileTooLarge(limit, safe_name(entry.path.rsplit("/", 1)[-1], ()))
    data = await sandbox.read(entry.path, limit_bytes=limit << 20)
    return await kept_file(bench, entry.path, data)


async def kept_file(bench: Workbench, path: str, data: bytes) -> Artifact:
    """Store a file that a call has left in the working folder. `path` is hostile."""
    sha256 = await bench.keep(data)
    bench.made(path, sha256, len(data))
    kind, media_type = _FILE_KINDS.get(PurePosixPath(path).suffix.lower(), ("file", "application/octet-stream"))
    return Artifact(
        id=uuid4().hex,
        name=safe_name(path.rsplit("/", 1)[-1], ()),
        kind=kind,
        media_type=media_type,
        size=len(data),
        sha256=sha256,
    )
