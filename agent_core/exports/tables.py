"""A table taken away: as CSV, as an Excel workbook, as Parquet.

What leaves a sandbox is CSV. It is read here row by row, never by a decoder that its bytes could mislead, and written
anew: numbers, dates and truth values by the types that the preview names, where every cell agrees, and else as text.
An empty cell is a missing value: CSV can't tell it from an empty text.
"""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

from agent_core.files.formulas import harmless, harmless_csv

MOST_EXCEL_CELLS = 500_000
"""More takes longer to write than a person waits for a click."""
MOST_EXCEL_ROWS = 1_048_576
MOST_EXCEL_COLUMNS = 16_384
"""Both are Excel's own limits (support.microsoft.com, "Excel specifications and limits"), the header included."""
_LONGEST_EXCEL_TEXT = 32_767
_BATCH_ROWS = 50_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML, and so a workbook, can't hold."""
_WIDEST = 10_000

Cell = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A table's preview as it came out of a sandbox, its index levels first."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total_rows: int
    total_columns: int


class NotATable(ValueError):
    """Data that is no table, or one that this form can't hold. Its text says so."""


def preview(data: bytes) -> Preview:
    """Decode a preview; short rows are filled and long ones cut. Raises NotATable."""
    try:
        found = json.loads(data)
        names = tuple(str(column["name"]) for column in found["columns"])
        types = tuple(str(column.get("dtype", "")) for column in found["columns"])
        rows = tuple(tuple((list(row) + [None] * len(names))[: len(names)]) for row in found["rows"])
        return Preview(names, types, rows, int(found["total_rows"]), int(found["total_columns"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotATable("This table's data is damaged.") from error


def as_csv(shown: Preview, whole: bytes | None) -> bytes:
    """The table as CSV in UTF-8, in which no cell is a formula; of the preview's rows where there are no others."""
    if whole is not None:
        return harmless_csv(whole)
    out = io.StringIO()
    writer = csv.writer(out)
    for row in (shown.names, *shown.rows):
        writer.writerow([harmless(_text(cell)) for cell in row])
    return out.getvalue().encode()


def fits_excel(rows: int, columns: int) -> bool:
    """Whether a table of this size goes into one sheet, in seconds."""
    fits = rows < MOST_EXCEL_ROWS and columns <= MOST_EXCEL_COLUMNS
    return fits and (rows + 1) * columns <= MOST_EXCEL_CELLS


def as_excel(shown: Preview, whole: bytes | None) -> bytes:
    """The table as a workbook with one sheet, in which no cell is a formula. Raises NotATable for one too large."""
    from openpyxl import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415  the first page needs none of it

    names, columns, rows = _typed(shown, whole)
    if not fits_excel(sum(1 for _ in rows()), len(names)):
        raise NotATable("This table is too large for Excel; take it as CSV or Parquet.")
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Table")
    sheet.append([_excel(name) for name in names])
    for row in rows():
        sheet.append([_excel(column.read(cell)) for column, cell in zip(columns, row, strict=True)])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def as_parquet(shown: Preview, whole: bytes | None) -> bytes:
    """The table as Parquet."""
    import pyarrow as pa  # noqa: PLC0415  the first page needs none of it
    import pyarrow.parquet as pq  # noqa: PLC0415  as above

    names, columns, rows = _typed(shown, whole)
    kinds = [pa.type_for_alias(column.arrow) for column in columns]
    schema = pa.schema(list(zip(distinct(names), kinds, strict=True)))
    out, source = pa.BufferOutputStream(), rows()
    with pq.ParquetWriter(out, schema) as writer:
        while batch := list(islice(source, _BATCH_ROWS)):
            cells = zip(*batch, strict=True)
            arrays = [
                pa.array([column.read(cell) for cell in values], kind)
                for column, kind, values in zip(columns, kinds, cells, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return bytes(out.getvalue())


def distinct(names: Sequence[str]) -> list[str]:
    """The same names, a number added to one that is there already."""
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


@dataclass(frozen=True, slots=True)
class _Column:
    arrow: str
    """The type's name in Arrow."""
    parse: Callable[[str], Cell]

    def read(self, cell: str) -> Cell:
        return self.parse(cell) if cell else None


def _boolean(cell: str) -> bool:
    return {"True": True, "False": False}[cell]


def _moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    if moment.tzinfo is not None:
        raise ValueError(cell)
    return moment


def _whole(cell: str) -> int:
    number = int(cell)
    if abs(number) >= 1 << 63:
        raise ValueError(cell)
    return number


_TEXT = _Column("string", str)
_KINDS: tuple[tuple[str, _Column], ...] = (
    ("int", _Column("int64", _whole)),
    ("uint", _Column("int64", _whole)),
    ("float", _Column("float64", float)),
    ("bool", _Column("bool", _boolean)),
    ("datetime64", _Column("timestamp[us]", _moment)),
)
"""Columns by how pandas begins the name of their type; a time with a zone stays text, which Excel can't hold."""


def _typed(
    shown: Preview, whole: bytes | None
) -> tuple[list[str], list[_Column], Callable[[], Iterator[tuple[str, ...]]]]:
    text = as_csv(shown, None) if whole is None else whole
    csv.field_size_limit(sys.maxsize)
    # One text for both passes; a row at a time is taken from it.
    decoded = text.decode("utf-8", "replace")
    names = next(csv.reader(io.StringIO(decoded, newline="")), [])[:_WIDEST]
    width = len(names)

    def rows() -> Iterator[tuple[str, ...]]:
        source = csv.reader(io.StringIO(decoded, newline=""))
        next(source, None)
        for row in source:
            yield tuple(row[:width]) + ("",) * (width - len(row))

    if not width:
        raise NotATable("This table has no columns.")
    wanted = [_wanted(kind) for kind, _ in zip_longest(shown.types[:width], names, fillvalue="")]
    return names, _agreed(wanted, rows()), rows


def _wanted(kind: str) -> _Column:
    return next((column for begins, column in _KINDS if kind.casefold().startswith(begins)), _TEXT)


def _agreed(wanted: list[_Column], rows: Iterator[tuple[str, ...]]) -> list[_Column]:
    """Each column's type, or text where a cell disagrees with it."""
    columns = list(wanted)
    open_places = [place for place, column in enumerate(columns) if column is not _TEXT]
    for row in rows:
        for place in tuple(open_places):
            try:
                columns[place].read(row[place])
            except (ValueError, KeyError, OverflowError):
                columns[place] = _TEXT
                open_places.remove(place)
    return columns


def _excel(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return harmless(_CONTROL.sub("", cell)[: _LONGEST_EXCEL_TEXT - 1])
    if isinstance(cell, float) and (cell != cell or abs(cell) == float("inf")):  # noqa: PLR0124  NaN alone differs from itself
        return str(cell)
    return cell


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell) if isinstance(cell, str | int | float) else json.dumps(cell)
