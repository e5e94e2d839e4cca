"""A table's preview as it came out of a sandbox, ready to be drawn."""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent_core.exports import tables
from components import units

if TYPE_CHECKING:
    import pandas as pd

_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d[ T]00:00:00(?:\.0+)?")


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
    for place in range(width):
        _drop_midnight(squared, place)
    columns = pd.Index(tables.distinct(names))
    return pd.DataFrame([[_cell(cell) for cell in row] for row in squared], columns=columns)


def _drop_midnight(rows: list[list[Any]], place: int) -> None:
    """A column of days is one of days, not of moments."""
    texts = [row[place] for row in rows if row[place] is not None]
    if texts and all(isinstance(text, str) and _MIDNIGHT.fullmatch(text) for text in texts):
        for row in rows:
            row[place] = row[place] and row[place][:10]


def _cell(value: Any) -> Any:
    """Arrow takes numbers of 64 bits and no lists; the rest is shown as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return str(value)
    return value if isinstance(value, str | int | float | None) else json.dumps(value)


def _extent(shown: int, rows: int, columns: int) -> str:
    counted = units.count(rows, "row")
    extent = counted if shown >= rows else f"First {shown:,} of {counted}"
    return f"{extent}, {units.count(columns, 'column')}"
