"""Tables in Excel workbooks."""

import itertools
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from agent_core.files.inside.findings import (
    LONGEST_NAME,
    MOST_TABLES,
    MOST_UNPACKED_BYTES,
    Unreadable,
    call,
    out_of_patience,
)
from agent_core.files.inside.layout import (
    LOOKED_AT,
    MOST_FOOTERS,
    Layout,
    Row,
    about_subtotals,
    filled,
    layout_of,
    options_of,
    subtotal_among,
)
from agent_core.files.inside.tally import TableTally

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ROWS_LOOKED_AT = 20_000
LONGEST_EXPRESSION = 950
_MOST_EXCEL_COLUMNS = 1 << 14
MOST_STRINGS_BYTES = 256 << 20
GAP_ROWS = 1_000
"""So many blank rows end a table, where hardly anything stands below them."""


def read_workbook(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The tables of an .xlsx workbook: its sheets that hold something; and what was left out of them."""
    _check_size(path)
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415

    # Opened here, because openpyxl goes by the ending of a path and not by what a file holds.
    with Path(path).open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        shown = sorted(book.worksheets, key=lambda sheet: bool(sheet.sheet_state != "visible"))[:MOST_TABLES]
        looked = [_look(sheet) for sheet in shown]
        hidden = {sheet.title for sheet in shown if sheet.sheet_state != "visible"}
    sheets = [one for one in looked if one.rows]
    if not sheets:
        raise Unreadable("The workbook is empty: none of its sheets holds anything.")
    tables = [_table(path, one) for one in sheets]
    told = [_left_out(one.title, one.layout) for one in sheets if one.layout.footers]
    told += [about_subtotals(_subtotal(one), f"In the sheet {one.title!r}, some") for one in sheets]
    told += [_strayed(one) for one in sheets if one.strays]
    told += [_hidden([one.title for one in sheets if one.title in hidden])]
    told += [_not_worked_out(path, tables)]
    return tables, " ".join(filter(None, told)) or None


def _left_out(title: str, layout: Layout) -> str:
    return f'The totals at the end of the sheet {title!r} ("{layout.total[:40]}") were left out of its table.'


def _strayed(sheet: "_Sheet") -> str:
    return f"What stands far below the table in the sheet {sheet.title!r} (row {sheet.strays:,}) was left out."


def _subtotal(sheet: "_Sheet") -> str:
    return subtotal_among(sheet.first[sheet.layout.header + 1 : sheet.rows - sheet.layout.footers])


def _hidden(titles: Sequence[str]) -> str:
    named = ", ".join(repr(title[:40]) for title in titles[:5])
    return f"Hidden in the workbook, and read as well: {named}." if titles else ""


def _not_worked_out(path: str, tables: Sequence[dict[str, Any]]) -> str:
    """What to do about formulas whose values no program has ever written into the workbook."""
    import openpyxl  # noqa: PLC0415

    suspects = {table["name"] for table in tables if any(column["kind"] == "empty" for column in table["columns"])}
    if not suspects:
        return ""
    with Path(path).open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True)
        sheets = [sheet for sheet in book.worksheets if sheet.title[:LONGEST_NAME] in suspects]
        found = any(_is_formula(value) for sheet in sheets for value in _first_values(sheet))
    if not found:
        return ""
    return "It has columns of formulas without their results: open it in Excel, save it, and upload it again."


def _first_values(sheet: Any) -> Iterator[Any]:
    sheet.reset_dimensions()
    return itertools.chain.from_iterable(sheet.iter_rows(max_row=LOOKED_AT, values_only=True))


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=") and len(value) > 1


def read_old_workbook(path: str) -> list[dict[str, Any]]:
    """The tables of an .xls workbook, where xlrd is installed."""
    with Path(path).open("rb") as file:
        if _holds(file, ENCRYPTED):
            raise Unreadable("The workbook is protected by a password. Save a copy without one and upload that.")
    try:
        sheets = pd.read_excel(path, sheet_name=None, engine="xlrd", nrows=0)
    except ImportError:
        raise Unreadable(
            "This is an old Excel workbook (.xls), which can't be read here. Save it as .xlsx or .csv and upload that."
        ) from None
    return [_table(path, _Sheet(title)) for title in sheets]


@dataclass(frozen=True)
class _Sheet:
    """What a look at a sheet has found. Rows and columns count from the first that hold something."""

    title: str
    rows: int = 1
    layout: Layout = field(default_factory=Layout)
    first: Sequence[Row] = ()
    blank: int = 0
    """How many rows of the data hold nothing."""
    strays: int = 0
    """The row, from 1, of what stands far below the table and is left out; 0 where there is none."""
    columns: str = ""
    """Where the columns are, such as `C:F`, where the sheet begins with empty ones."""


def _table(path: str, sheet: _Sheet) -> dict[str, Any]:
    layout, first = sheet.layout, sheet.first
    options: dict[str, Any] = {"sheet_name": sheet.title} | ({"header": layout.header} if layout.header else {})
    if sheet.columns:
        options["usecols"] = sheet.columns
    if layout.names:
        options |= {"header": None, "skiprows": layout.header + 1, "names": layout.names}
    names = layout.names or (first[layout.header] if layout.header < len(first) else ())
    if all(isinstance(name, str) for name in names):
        options |= options_of(first[layout.header + 1 : sheet.rows - layout.footers], names)
    rows = sheet.rows - layout.header - 1 - layout.footers
    kept = {"skipfooter": layout.footers} if layout.footers else {}
    if sheet.strays:
        kept = {"nrows": rows}
    if len(call("read_excel", path, **options, **kept)) > LONGEST_EXPRESSION:
        plain = {"sheet_name", "header", "skiprows", "usecols"}
        options = {name: value for name, value in options.items() if name in plain}
    frame = pd.read_excel(path, nrows=max(1, min(ROWS_LOOKED_AT, rows)), **options)
    expression = call("read_excel", path, **options, **kept)
    if not all(isinstance(name, str) for name in frame.columns):
        frame, expression = frame.rename(columns=str), f"{expression}.rename(columns='{{}}'.format)"
    if sheet.blank:
        frame, expression = frame.dropna(how="all"), f"{expression}.dropna(how='all')"
    tally = TableTally()
    tally.add(frame)
    tally.rows = max(len(frame), rows - sheet.blank)
    return tally.table(sheet.title, expression)


def _look(sheet: Any) -> _Sheet:
    """How many rows a sheet has down to the last that holds something, how it is laid out, and its first rows."""
    from openpyxl.utils import get_column_letter as letter  # type: ignore[import-untyped]  # noqa: PLC0415

    sheet.reset_dimensions()
    first: list[Row] = []
    seen, before_gap = _Seen(), None
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number <= LOOKED_AT:
            first.append(row)
        if any(value is not None for value in row):
            if seen.held and before_gap is None and number - seen.last > GAP_ROWS:
                before_gap = replace(seen, ending=seen.ending.copy())
            seen.note(number, row)
        if number % 100_000 == 0 and out_of_patience():
            break
    strays = 0
    if before_gap is not None and seen.held - before_gap.held <= MOST_FOOTERS:
        strays, seen = seen.last, before_gap
    begin, end, last = seen.begin, seen.end, seen.last
    kept = [row[begin:] for row in first[:last]]
    layout = layout_of(kept, [(number, row[begin:]) for number, row in seen.ending], last)
    columns = f"{letter(begin + 1)}:{letter(end)}" if 0 < begin < end or (strays and end) else ""
    above = sum(1 for row in kept[: layout.header + 1] if filled(row))
    below = sum(1 for number, _ in seen.ending if number > last - layout.footers)
    blank = last - layout.header - 1 - layout.footers - (seen.held - above - below)
    return _Sheet(sheet.title, last, layout, kept, max(0, blank), strays, columns)


@dataclass
class _Seen:
    """The rows so far that hold something, and between which columns."""

    held: int = 0
    last: int = 0
    begin: int = _MOST_EXCEL_COLUMNS
    end: int = 0
    ending: deque[tuple[int, Row]] = field(default_factory=lambda: deque(maxlen=MOST_FOOTERS))

    def note(self, number: int, row: Row) -> None:
        """Add one more."""
        places = [place for place, value in enumerate(row) if value is not None]
        self.begin, self.end = min(self.begin, places[0]), max(self.end, places[-1] + 1)
        self.held, self.last = self.held + 1, number
        self.ending.append((number, row))


def _check_size(path: str) -> None:
    with zipfile.ZipFile(path) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if sum(sizes.values()) > MOST_UNPACKED_BYTES or sizes.get("xl/sharedStrings.xml", 0) > MOST_STRINGS_BYTES:
        raise Unreadable("The workbook unpacks to more than fits here. Save the sheet that matters as .csv.")


def _holds(file: BinaryIO, mark: bytes) -> bool:
    before = b""
    while piece := file.read(1 << 20):
        if mark in before + piece:
            return True
        before = piece[-len(mark) :]
    return False
