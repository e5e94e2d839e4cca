"""Cells that a spreadsheet would run, marked as text in the CSV files that we hand out.

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and a formula can send the other
cells away or start a program (CWE-1236). A leading apostrophe makes it text. A number stays a number, `-5` too.
"""

import csv
import io
import re
import sys

FORMULA = r"[\s\0]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]"
"""How a cell begins that a spreadsheet takes for a formula."""
NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?|[+-]?inf|[+-]?nan"
"""A whole cell that is a number for all that."""


def harmless(cell: str) -> str:
    """A cell as it is, or with an apostrophe before it where it would be taken for a formula."""
    if not re.match(FORMULA, cell) or re.fullmatch(NUMBER, cell):
        return cell
    return f"'{cell}"


def harmless_csv(data: bytes) -> bytes:
    """A CSV in UTF-8 with every cell harmless. One that has no such cell is returned as it is."""
    text = data.decode("utf-8", "replace")
    csv.field_size_limit(sys.maxsize)
    out = io.StringIO()
    writer = csv.writer(out)
    changed = False
    for row in csv.reader(io.StringIO(text, newline="")):
        marked = [harmless(cell) for cell in row]
        changed = changed or marked != row
        writer.writerow(marked)
    return out.getvalue().encode() if changed else data
