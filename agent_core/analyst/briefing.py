"""The files that a message announces, as the analyst reads them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from agent_core.events import FileProfile

_BLOCK = re.compile(r"\s*<files>(.*?)</files>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileNote:
    """One file that came, or went."""

    name: str
    profile: FileProfile | None = None
    removed: bool = False


def take_notes(text: str) -> tuple[tuple[FileNote, ...], str]:
    """Split a message into the files that it announces and the person's own words.

    Only blocks at the very start count: `<files>` in the words of a person is just text.
    """
    notes: list[FileNote] = []
    while match := _BLOCK.match(text):
        notes += _notes(match[1])
        text = text[match.end() :]
    return tuple(notes), text.strip()


def notes_within(text: str) -> tuple[FileNote, ...]:
    """The files that a summary of an earlier part of the conversation carries on."""
    return tuple(note for match in re.finditer(r"<files>(.*?)</files>", text, re.DOTALL) for note in _notes(match[1]))


def announce_again(notes: Sequence[FileNote]) -> str:
    """A block that announces these files, for `notes_within` to read."""
    entries = [
        {
            "name": note.name,
            "profile": note.profile.model_dump(mode="json", exclude_defaults=True) if note.profile else None,
        }
        for note in notes
    ]
    return "<files>" + json.dumps(entries).replace("<", "\\u003c") + "</files>"


def _notes(text: str) -> list[FileNote]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return []
    entries = entries if isinstance(entries, list) else []
    return [_note(entry) for entry in entries if isinstance(entry, dict) and isinstance(entry.get("name"), str)]


def _note(entry: dict[str, object]) -> FileNote:
    name = str(entry["name"])
    if entry.get("removed") is True:
        return FileNote(name, removed=True)
    try:
        return FileNote(name, FileProfile.model_validate(entry.get("profile"), strict=False))
    except ValidationError:
        return FileNote(name)


def files_now(notes: Sequence[FileNote]) -> dict[str, FileNote]:
    """The files that are there after these notes, oldest first; a file given again counts as new."""
    present: dict[str, FileNote] = {}
    for note in notes:
        present.pop(note.name, None)
        if not note.removed:
            present[note.name] = note
    return present
