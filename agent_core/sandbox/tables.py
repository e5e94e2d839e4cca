"""A table's preview, as it leaves a sandbox: columns, the first rows as JSON scalars, and the whole size.

    {"columns": [{"name": "price", "dtype": "float64", "index": false}, ...],
     "rows": [[1.5, ...], ...], "total_rows": 100000, "total_columns": 12, "whole_rows": 100000}

`whole_rows` is how many rows the CSV beside it holds, where there is one. `parse` is total: whatever a sandbox sends
is a `Table` within the bounds below, or None.
"""

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from agent_core.sandbox.frames import parse_json

MEDIA_TYPE = "application/vnd.ringfence.table+json"
MOST_ROWS = 1_000
MOST_COLUMNS = 220
"""200 of the table, and the levels of its index."""
MOST_CELL_TEXT = 500
MOST_BYTES = 8 << 20

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the type that pandas gives it, and whether it belongs to the index."""

    name: str
    dtype: str
    index: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The first rows of a table. Every row has a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total_rows: int
    total_columns: int

    @property
    def whole(self) -> bool:
        """Whether the preview is all there is."""
        values = sum(not column.index for column in self.columns)
        return len(self.rows) == self.total_rows and values == self.total_columns


def encode(table: Table) -> bytes:
    """The table as JSON."""
    columns = [{"name": c.name, "dtype": c.dtype, "index": c.index} for c in table.columns]
    rows = [list(row) for row in table.rows]
    whole = {
        "columns": columns,
        "rows": rows,
        "total_rows": table.total_rows,
        "total_columns": table.total_columns,
    }
    return json.dumps(whole, separators=(",", ":")).encode()


def parse(data: bytes) -> Table | None:
    """The table that these bytes describe, with too long texts and too many rows cut; None for all else."""
    value = parse_json(data) if len(data) <= MOST_BYTES else None
    match value:
        case {"columns": list(columns), "rows": list(rows), "total_rows": total_rows, "total_columns": total_columns}:
            pass
        case _:
            return None
    parsed = tuple(_column(column) for column in islice(columns, MOST_COLUMNS))
    if not _is_count(total_rows) or not _is_count(total_columns):
        return None
    kept = tuple(_row(row, len(parsed)) for row in islice(rows, MOST_ROWS))
    return Table(parsed, kept, max(total_rows, len(kept)), total_columns)


def _column(value: Any) -> Column:
    match value:
        case {"name": str(name), "dtype": str(dtype), "index": bool(index)}:
            return Column(cut(name), cut(dtype), index)
        case _:
            return Column("", "")


def _row(value: Any, width: int) -> tuple[Cell, ...]:
    cells = value if isinstance(value, list) else []
    return tuple(_cell(cells[place]) if place < len(cells) else None for place in range(width))


def _cell(value: Any) -> Cell:
    match value:
        case str():
            return cut(value)
        case bool() | int() | float() | None:
            return value
        case _:
            return None


def cut(text: str) -> str:
    """A cell's text at its longest."""
    return text if len(text) <= MOST_CELL_TEXT else text[: MOST_CELL_TEXT - 1] + "…"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
