"""The message that a planner gets: what is new among the files, then the question.

`<files>` + JSON + `</files>`, a blank line, the question. The JSON is a list of
`{"name", "path", "profile"}` or `{"name", "removed": true}`; a profile is a FileProfile without its
previews, or null. Where it was cut to fit, a `note` beside it says so. No `<` stands in the JSON and
no such tag in the question, so that neither a file nor a person can end the one or begin the other.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from agent_core.events import ColumnProfile, FileProfile, Upload

MOST_BYTES_A_FILE = 8_000
MOST_BYTES = 24_000
"""For the profiles of all files of one message together, as long as there are few enough of them."""

_FEWEST_BYTES_A_FILE = 600
_NOTE_BYTES = 160
_LONGEST_PROBLEM = 200
_TAG = re.compile(r"<(?=\s*/?\s*files\b)", re.IGNORECASE)


def brief(question: str, files: Sequence[tuple[Upload, FileProfile | None]], removed: Sequence[str] = ()) -> str:
    """The planner's message for a question that comes with new or removed files, or with neither."""
    question = _TAG.sub("&lt;", question)
    if not files and not removed:
        return question
    budget = max(_FEWEST_BYTES_A_FILE, min(MOST_BYTES_A_FILE, MOST_BYTES // max(1, len(files))))
    entries = [_entry(upload, profile, budget) for upload, profile in files]
    entries += [{"name": name, "removed": True} for name in removed]
    return f"<files>{_json(entries)}</files>\n\n{question}"


def _entry(upload: Upload, profile: FileProfile | None, budget: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": upload.name, "path": f"inputs/{upload.name}", "profile": None}
    if profile is None:
        return entry
    room = budget - _bytes(entry) - _NOTE_BYTES
    fitted, note = _fitted(_without_previews(profile), room)
    entry["profile"] = _plain(fitted)
    return {**entry, "note": note} if note else entry


def _fitted(profile: FileProfile, room: int) -> tuple[FileProfile, str]:
    """The most telling form of a profile that takes no more than `room` bytes, and what it leaves out."""
    forms = (
        (profile, ""),
        (_with_columns(profile, _few_samples), "Only two sample values of each column are shown."),
        (_with_columns(profile, _no_samples), "Sample values are left out; print some to see them."),
        (
            _with_columns(profile, _name_and_kind),
            "Only names and kinds of columns are shown; describe the data for more.",
        ),
    )
    for form, note in forms:
        if _bytes(_plain(form)) <= room:
            return form, note
    return _first_columns(forms[-1][0], room)


def _first_columns(profile: FileProfile, room: int) -> tuple[FileProfile, str]:
    def cut(tables: int, columns: int) -> FileProfile:
        kept = (table.model_copy(update={"columns": table.columns[:columns]}) for table in profile.tables[:tables])
        return FileProfile(tables=tuple(kept), problem=profile.problem and profile.problem[:_LONGEST_PROBLEM])

    def fits(tables: int, columns: int) -> bool:
        return _bytes(_plain(cut(tables, columns))) <= room

    all_tables = len(profile.tables)
    widest = max((len(table.columns) for table in profile.tables), default=0)
    tables = _largest(all_tables, lambda count: fits(count, 0))
    if tables < all_tables:
        return cut(tables, 0), f"Only the first {tables} of {all_tables} tables are named, without their columns."
    columns = _largest(widest, lambda count: fits(tables, count))
    return cut(tables, columns), f"Of {widest} columns the first {columns} are shown; list the columns to see the rest."


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number from 0 to `most` that fits, where every smaller one does too."""
    return max(0, bisect_left(range(most + 1), 1, key=lambda count: int(not fits(count))) - 1)


def _with_columns(profile: FileProfile, smaller: Callable[[ColumnProfile], ColumnProfile]) -> FileProfile:
    tables = (table.model_copy(update={"columns": tuple(map(smaller, table.columns))}) for table in profile.tables)
    return profile.model_copy(update={"tables": tuple(tables)})


def _few_samples(column: ColumnProfile) -> ColumnProfile:
    return column.model_copy(update={"samples": column.samples[:2]})


def _no_samples(column: ColumnProfile) -> ColumnProfile:
    return column.model_copy(update={"samples": ()})


def _name_and_kind(column: ColumnProfile) -> ColumnProfile:
    return ColumnProfile(name=column.name, kind=column.kind)


def _without_previews(profile: FileProfile) -> FileProfile:
    tables = tuple(table.model_copy(update={"preview": ()}) for table in profile.tables)
    return profile.model_copy(update={"tables": tables})


def _plain(profile: FileProfile) -> dict[str, Any]:
    return profile.model_dump(mode="json", exclude_defaults=True)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _bytes(value: Any) -> int:
    return len(_json(value).encode())
