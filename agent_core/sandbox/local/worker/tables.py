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


def preview(frame: Any, whole_rows: int | None = None) -> bytes:
    """The first rows of a DataFrame, as the table format of `agent_core.sandbox.tables`.

    `whole_rows` says how many rows the CSV beside it holds.
    """
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
    size = {"total_rows": len(frame), "total_columns": int(frame.shape[1])}
    return _bounded(columns, rows, size if whole_rows is None else {**size, "whole_rows": whole_rows})


class Whole:
    """A table as CSV: all of its rows, or the first ones."""

    def __init__(self, data: bytes, rows: int) -> None:
        self.data = data
        self.rows = rows


def csv(frame: Any, most_bytes: int) -> Whole:
    """As many of the first rows as fit into `most_bytes` and are written within seconds, under the preview's names."""
    index = _index_says_something(frame)
    named = frame.set_axis([_name(label) for label in frame.columns], axis=1)
    deadline = time.monotonic() + _CSV_SECONDS
    text = io.BytesIO()
    rows, step = 0, _CSV_ROWS
    while True:
        piece = named.iloc[rows : rows + step]
        data = piece.to_csv(index=index, header=rows == 0).encode("utf-8", "replace")
        if text.tell() + len(data) <= most_bytes:
            text.write(data)
            rows += len(piece)
        elif step > 1:
            step //= 4
        else:
            break
        if rows >= len(frame) or time.monotonic() > deadline:
            break
    return Whole(text.getvalue(), rows)


def _bounded(columns: list[Any], rows: list[Any], size: dict[str, int]) -> bytes:
    while True:
        table = {"columns": columns, "rows": rows, **size}
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
