"""A conversation's files in one ZIP, under names that any system can keep, no two alike."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from agent_core.events import Artifact, Event
from agent_core.exports import tables
from agent_core.exports.notebook import to_notebook
from agent_core.exports.report import to_report
from agent_core.exports.script import to_script
from agent_core.exports.story import Made, Read, Story, made
from agent_core.exports.text import to_markdown
from agent_core.files.names import safe_name

MOST_BYTES = 400 << 20
"""Of the files in one ZIP, before they are packed: it is held in memory until the browser has it."""
_EARLIEST = 1980
"""The first year that a ZIP can tell."""
_LEFT_OUT = "not-included.txt"

_Form = tuple[str, bytes]
"""A path, and the bytes that were written for it."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of a ZIP: a path with forward slashes, its size, and how to get its bytes when its turn comes."""

    path: str
    size: int
    data: Callable[[], bytes]


def file_name(artifact: Artifact) -> str:
    """The name under which an artifact is handed out."""
    endings = {"chart": ".json", "table": ".csv"}
    ending = endings.get(artifact.kind, "")
    name = safe_name(artifact.name)
    return name if not ending or name.lower().endswith(ending) else safe_name(name + ending)


def file_data(artifact: Artifact, read: Read) -> bytes:
    """The bytes that are handed out under that name. Raises KeyError for what is not kept, NotATable."""
    if artifact.kind != "table":
        return read(artifact.sha256)
    whole = read(artifact.full_data) if artifact.full_data else None
    return tables.as_csv(tables.preview(read(artifact.sha256)), whole)


def notebook_zip(story: Story, read: Read) -> bytes:
    """The notebook, with the files that it reads beside it."""
    first = ("conversation.ipynb", to_notebook(story, read))
    return _packed([first], _inputs(story, read), story.at)


def everything_zip(story: Story, events: Sequence[Event], read: Read) -> bytes:
    """All forms of the conversation, the files that it was given, and those that it made."""
    forms = [
        ("report.html", to_report(story, read)),
        ("conversation.md", to_markdown(story, read)),
        ("conversation.ipynb", to_notebook(story, read)),
        ("conversation.py", to_script(story)),
    ]
    return _packed(forms, [*_inputs(story, read), *_made(made(events), read)], story.at)


def _inputs(story: Story, read: Read) -> list[_Member]:
    return [_Member(f"inputs/{safe_name(one.name)}", one.size, partial(read, one.sha256)) for one in story.uploads]


def _made(found: Sequence[Made], read: Read) -> Iterator[_Member]:
    taken: list[str] = []
    for one in reversed(found):
        name = safe_name(file_name(one.artifact), taken)
        taken.append(name)
        size = one.artifact.full_data_size or one.artifact.size
        yield _Member(f"files/{name}", size, partial(file_data, one.artifact, read))


def _packed(forms: Iterable[_Form], wanted: Iterable[_Member], at: datetime | None) -> bytes:
    out = io.BytesIO()
    moment = at.timetuple()[:6] if at and at.year >= _EARLIEST else (_EARLIEST, 1, 1, 0, 0, 0)
    missing: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:

        def add(path: str, data: bytes) -> None:
            packed.writestr(zipfile.ZipInfo(path, moment), data, zipfile.ZIP_DEFLATED, 6)

        for path, data in forms:
            add(path, data)
        room = MOST_BYTES
        for member in wanted:
            if member.size > room:
                missing.append(f"{member.path}: this ZIP would be too large with it; download it by itself.")
                continue
            try:
                data = member.data()
            except (KeyError, ValueError):
                missing.append(f"{member.path}: it is no longer stored.")
                continue
            room -= len(data)
            add(member.path, data)
        if missing:
            add(_LEFT_OUT, ("\n".join(missing) + "\n").encode())
    return out.getvalue()
