"""A pandas table as a preview that the screen can draw, and as CSV."""

from __future__ import annotations

import io
import json
import math
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_ROWS = 1_000
_MOST_COLUMNS = 200
_MOST_TEXT = 500
_MOST_BYTES = 4 << 20
_LARGEST_INTEGER = 1 << 53
_CSV_ROWS = 20_000
_CSV_SECONDS = 5.0


def preview(frame: Any) -> bytes:
    """The first rows of a DataFrame, as the table format of `agent_core.sandbox.tables`."""
    head = frame.iloc[:_MOST_ROWS, :_MOST_COLUMNS]
    columns, values = [], []
    if _index_says_something(frame):
        for level in range(head.index.nlevels):
            index = head.index.get_level_values(level)
            columns.append({"name": _text(index.name or ""), "dtype": str(index.dtype), "index": True})
            values.append([_cell(value) for value in index.tolist()])
    for position in range(head.shape[1]):
        column = head.iloc[:, position]
        columns.append({"name": _name(column.name), "dtype": str(column.dtype), "index": False})
        values.append([_cell(value) for value in column.tolist()])
    rows = [list(row) for row in zip(*values, strict=True)]
    return _bounded(columns, rows, len(frame), int(frame.shape[1]))


def csv(frame: Any, most_bytes: int) -> bytes | None:
    """The whole table as CSV, or None where it is larger than `most_bytes` or takes seconds to write."""
    index = _index_says_something(frame)
    deadline = time.monotonic() + _CSV_SECONDS
    text = io.BytesIO()
    for start in range(0, max(len(frame), 1), _CSV_ROWS):
        piece = frame.iloc[start : start + _CSV_ROWS]
        text.write(piece.to_csv(index=index, header=start == 0).encode("utf-8", "replace"))
        if text.tell() > most_bytes or time.monotonic() > deadline:
            return None
    return text.getvalue()


def _bounded(columns: list[Any], rows: list[Any], total_rows: int, total_columns: int) -> bytes:
    while True:
        table = {"columns": columns, "rows": rows, "total_rows": total_rows, "total_columns": total_columns}
        data = json.dumps(table, separators=(",", ":")).encode()
        if len(data) <= _MOST_BYTES or not rows:
            return data
        rows = rows[: len(rows) // 2]


def _index_says_something(frame: Any) -> bool:
    return frame.index.nlevels > 1 or frame.index.name is not None or type(frame.index).__name__ != "RangeIndex"


def _name(label: object) -> str:
    return _text(" / ".join(str(part) for part in label) if isinstance(label, tuple) else str(label))


def _cell(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST_INTEGER else str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else str(value)
    text = str(value)
    return None if text in {"NaT", "<NA>"} and not isinstance(value, str) else _text(text)


def _text(text: str) -> str:
    cut = text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"
    return cut.encode("utf-8", "replace").decode()
