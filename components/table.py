"""A table's preview as it came out of a sandbox, ready to be drawn."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent_core.exports import tables
from components import units

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Table:
    """A preview, ready to be drawn."""

    frame: "pd.DataFrame"
    extent: str
    """Such as "First 100 of 12,000 rows, 5 columns"."""
    shown: tables.Preview


def decode(data: bytes) -> Table:
    """The preview's rows under distinct column names, its index levels first. Raises NotATable."""
    shown = tables.preview(data)
    drawn = frame(list(shown.names), [list(row) for row in shown.rows])
    return Table(drawn, _extent(len(shown.rows), shown.total_rows, shown.total_columns), shown)


def frame(names: list[str], rows: list[list[Any]]) -> "pd.DataFrame":
    """Rows under column names that are made distinct; short rows are filled, long ones cut."""
    import pandas as pd  # noqa: PLC0415  most pages show no table

    width = len(names)
    squared = [(row + [None] * width)[:width] for row in rows]
    columns = pd.Index(tables.distinct(names))
    return pd.DataFrame([[_cell(cell) for cell in row] for row in squared], columns=columns)


def _cell(value: Any) -> Any:
    """Arrow takes numbers of 64 bits and no lists; the rest is shown as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return str(value)
    return value if isinstance(value, str | int | float | None) else json.dumps(value)


def _extent(shown: int, rows: int, columns: int) -> str:
    counted = units.count(rows, "row")
    extent = counted if shown >= rows else f"First {shown:,} of {counted}"
    return f"{extent}, {units.count(columns, 'column')}"
