"""Tables in Excel workbooks."""

import itertools
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from agent_core.files.inside.findings import MOST_TABLES, MOST_UNPACKED_BYTES, Unreadable, call, out_of_patience
from agent_core.files.inside.tally import TableTally

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ROWS_LOOKED_AT = 20_000
MOST_HEADER_ROW = 20
MOST_STRINGS_BYTES = 256 << 20


def read_workbook(path: str) -> list[dict[str, Any]]:
    """The tables of an .xlsx workbook: its sheets that hold something."""
    _check_size(path)
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        counted = [(sheet.title, *_count(sheet)) for sheet in book.worksheets[:MOST_TABLES]]
    finally:
        book.close()
    tables = [_table(path, title, rows, header) for title, rows, header in counted if rows]
    if not tables:
        raise Unreadable("The workbook is empty: none of its sheets holds anything.")
    return tables


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
    return [_table(path, title, 1, 0) for title in sheets]


def _table(path: str, title: str, rows: int, header: int) -> dict[str, Any]:
    options: dict[str, Any] = {"sheet_name": title} | ({"header": header} if header else {})
    frame = pd.read_excel(path, nrows=ROWS_LOOKED_AT, **options)
    expression = call("read_excel", path, **options)
    if not all(isinstance(name, str) for name in frame.columns):
        frame, expression = frame.rename(columns=str), f"{expression}.rename(columns='{{}}'.format)"
    tally = TableTally()
    tally.add(frame)
    tally.rows = max(len(frame), rows - header - 1)
    return tally.table(title, expression)


def _count(sheet: Any) -> tuple[int, int]:
    """How many rows a sheet has down to the last that holds something, and which one names the columns."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    first = [_filled(row) for row in itertools.islice(rows, MOST_HEADER_ROW)]
    last = max((number for number, filled in enumerate(first, 1) if filled), default=0)
    for number, row in enumerate(rows, len(first) + 1):
        if any(value is not None for value in row):
            last = number
        if out_of_patience() and number % 100_000 == 0:
            break
    widest = max(first, default=0)
    return last, next((number for number, filled in enumerate(first) if filled and filled >= widest / 2), 0)


def _filled(row: tuple[Any, ...]) -> int:
    return sum(1 for value in row if value is not None)


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
