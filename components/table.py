"""A table's preview as it came out of a sandbox. Decoded by a total function: bytes in, a table or a sentence out."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components import units

if TYPE_CHECKING:
    import pandas as pd


class NotATable(ValueError):
    """Data that is not a table's preview. Its text says so."""


@dataclass(frozen=True, slots=True)
class Table:
    """A preview, ready to be drawn."""

    frame: "pd.DataFrame"
    extent: str
    """Such as "First 100 of 12,000 rows, 5 columns"."""


def decode(data: bytes) -> Table:
    """The preview's rows under distinct column names, its index levels first. Raises NotATable."""
    try:
        found = json.loads(data)
        names = [str(column["name"]) for column in found["columns"]]
        rows = [list(row) for row in found["rows"]]
        total_rows, total_columns = int(found["total_rows"]), int(found["total_columns"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotATable("This table's data is damaged.") from error
    return Table(frame(names, rows), _extent(len(rows), total_rows, total_columns))


def frame(names: list[str], rows: list[list[Any]]) -> "pd.DataFrame":
    """Rows under column names that are made distinct; short rows are filled, long ones cut."""
    import pandas as pd  # noqa: PLC0415  most pages show no table

    width = len(names)
    squared = [(row + [None] * width)[:width] for row in rows]
    return pd.DataFrame([[_cell(cell) for cell in row] for row in squared], columns=pd.Index(_distinct(names)))


def _cell(value: Any) -> Any:
    """Arrow takes numbers of 64 bits and no lists; the rest is shown as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return str(value)
    return value if isinstance(value, str | int | float | None) else json.dumps(value)


def _distinct(names: list[str]) -> list[str]:
    taken: set[str] = set()
    out = []
    for name in names:
        number, candidate = 1, name
        while candidate in taken:
            number += 1
            candidate = f"{name} ({number})"
        taken.add(candidate)
        out.append(candidate)
    return out


def _extent(shown: int, rows: int, columns: int) -> str:
    counted = units.count(rows, "row")
    extent = counted if shown >= rows else f"First {shown:,} of {counted}"
    return f"{extent}, {units.count(columns, 'column')}"
