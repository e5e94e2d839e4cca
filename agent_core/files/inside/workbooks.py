"""Tables in Excel workbooks."""

import itertools
import zipfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from agent_core.files.inside.findings import MOST_TABLES, MOST_UNPACKED_BYTES, Unreadable, call, out_of_patience
from agent_core.files.inside.layout import LOOKED_AT, MOST_FOOTERS, Layout, Row, filled, layout_of, options_of
from agent_core.files.inside.tally import TableTally

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ROWS_LOOKED_AT = 20_000
LONGEST_EXPRESSION = 950
MOST_STRINGS_BYTES = 256 << 20


def read_workbook(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The tables of an .xlsx workbook: its sheets that hold something; and what was left out of them."""
    _check_size(path)
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        looked = [(sheet.title, *_look(sheet)) for sheet in book.worksheets[:MOST_TABLES]]
    finally:
        book.close()
    sheets = [one for one in looked if one[1]]
    if not sheets:
        raise Unreadable("The workbook is empty: none of its sheets holds anything.")
    tables = [_table(path, title, rows, layout, first) for title, rows, layout, first in sheets]
    return tables, " ".join(_left_out(title, layout) for title, _, layout, _ in sheets if layout.footers) or None


def _left_out(title: str, layout: Layout) -> str:
    return f'The totals at the end of the sheet {title!r} ("{layout.total[:40]}") were left out of its table.'


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
    return [_table(path, title, 1, Layout()) for title in sheets]


def _table(path: str, title: str, rows: int, layout: Layout, first: Sequence[Row] = ()) -> dict[str, Any]:
    options: dict[str, Any] = {"sheet_name": title} | ({"header": layout.header} if layout.header else {})
    if layout.names:
        options |= {"header": None, "skiprows": layout.header + 1, "names": layout.names}
    names = layout.names or (first[layout.header] if layout.header < len(first) else ())
    if all(isinstance(name, str) for name in names):
        options |= options_of(first[layout.header + 1 : rows - layout.footers], names)
    kept = {"skipfooter": layout.footers} if layout.footers else {}
    if len(call("read_excel", path, **options, **kept)) > LONGEST_EXPRESSION:
        options = {name: value for name, value in options.items() if name in {"sheet_name", "header", "skiprows"}}
    frame = pd.read_excel(path, nrows=max(1, min(ROWS_LOOKED_AT, rows - layout.header - 1 - layout.footers)), **options)
    expression = call("read_excel", path, **options, **kept)
    if not all(isinstance(name, str) for name in frame.columns):
        frame, expression = frame.rename(columns=str), f"{expression}.rename(columns='{{}}'.format)"
    tally = TableTally()
    tally.add(frame)
    tally.rows = max(len(frame), rows - layout.header - 1 - layout.footers)
    return tally.table(title, expression)


def _look(sheet: Any) -> tuple[int, Layout, list[Row]]:
    """How many rows a sheet has down to the last that holds something, how it is laid out, and its first rows."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    first = list(itertools.islice(rows, LOOKED_AT))
    ending = deque(((number, row) for number, row in enumerate(first, 1) if filled(row)), maxlen=MOST_FOOTERS)
    for number, row in enumerate(rows, len(first) + 1):
        if any(value is not None for value in row):
            ending.append((number, row))
        if out_of_patience() and number % 100_000 == 0:
            break
    last = ending[-1][0] if ending else 0
    return last, layout_of(first, ending, last), first[:last]


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
