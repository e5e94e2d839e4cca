"""How a sheet is laid out: where its header is, whether that has two rows, and where a totals row ends it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_core.files.inside.shape import date_format, marks_of

MOST_HEADER_ROW = 20
LOOKED_AT = 200
MOST_FOOTERS = 5
TOTAL = r"(?:grand |sub ?|over)?(?:totals?|sums?|summe|gesamt(?:summe)?|insgesamt|totaux|somme)\b"
TOTALS = re.compile(rf"{TOTAL}.*", re.IGNORECASE)

SUBTOTAL = re.compile(r"(?P<of>.+?)\s+(?:sub ?)?totals?|sub ?totals?\b.*", re.IGNORECASE)

Row = Sequence[Any]


@dataclass(frozen=True)
class Layout:
    """Rows are counted from 0. `names` are given where the header has two rows."""

    header: int = 0
    names: list[str] = field(default_factory=list)
    footers: int = 0
    total: str = ""
    """What the row of totals at the end calls itself."""


def layout_of(first: Sequence[Row], last: Sequence[tuple[int, Row]], rows: int) -> Layout:
    """The layout of a sheet of `rows` rows by its first rows, and by its last ones with their numbers from 1."""
    widest = max(map(filled, first), default=0)
    header = next(
        (at for at, row in enumerate(first[:MOST_HEADER_ROW]) if filled(row) and filled(row) >= widest / 2), 0
    )
    if _is_under_groups(first, header):
        header += 1
    header, names = _two_rows(first, header)
    total = next(((number, row) for number, row in last if number > header + 2 and is_total(row)), None)
    if total is None:
        return Layout(header, names)
    # Blank rows between the data and its totals belong to neither.
    data_ends = max((number for number, _ in last if number < total[0]), default=total[0] - 1)
    return Layout(header, names, rows - data_ends, str(next(cell for cell in total[1] if cell is not None)).strip())


def options_of(rows: Sequence[Row], names: Sequence[Any]) -> dict[str, Any]:
    """What `read_excel` has to be told of cells that hold numbers and dates as text."""
    dates: dict[Any, str] = {}
    numbers: list[str] = []
    for at, name in enumerate(names):
        cells = [row[at] for row in rows if at < len(row) and row[at] is not None]
        texts = [cell.strip() for cell in cells if isinstance(cell, str)]
        if texts and len(texts) == len(cells) and (style := date_format(texts, day_first=True)):
            dates[name] = style
        else:
            numbers += texts
    decimal, thousands = marks_of(numbers, "")
    options: dict[str, Any] = {"decimal": decimal, "thousands": thousands} if decimal == "," else {}
    if dates and len(set(dates.values())) == 1:
        options |= {"parse_dates": list(dates), "date_format": next(iter(dates.values()))}
    return {name: value for name, value in options.items() if value}


def filled(row: Row) -> int:
    """How many cells of a row hold something."""
    return sum(1 for value in row if value is not None)


def subtotal_among(rows: Sequence[Row]) -> str:
    """What the first row calls itself that sums up rows above it, as "North Total" does those of North; or nothing."""
    names: set[str] = set()
    for row in rows:
        first = next((cell.strip() for cell in row[:1] if isinstance(cell, str)), "")
        match = SUBTOTAL.fullmatch(first)
        figures = any(
            isinstance(cell, int | float) or (isinstance(cell, str) and any(map(str.isdigit, cell))) for cell in row[1:]
        )
        if match and figures and (not match["of"] or match["of"].casefold() in names):
            return first
        names.add(first.casefold())
    return ""


def about_subtotals(name: str, where: str = "") -> str:
    """The sentence on such rows."""
    return (
        f'{where or "Some"} rows, such as "{name[:40]}", look like subtotals and are counted as data.' if name else ""
    )


def _is_under_groups(first: Sequence[Row], header: int) -> bool:
    """Whether the row after this one names the columns, and this one only puts some of them together."""
    if header + 2 >= len(first):
        return False
    upper, lower, below = first[header], first[header + 1], first[header + 2]
    words = all(isinstance(cell, str) and not any(map(str.isdigit, cell)) for cell in lower if cell is not None)
    figures = any(not isinstance(cell, str) or any(map(str.isdigit, cell)) for cell in below if cell is not None)
    return filled(lower) > filled(upper) and words and figures


def _two_rows(first: Sequence[Row], header: int) -> tuple[int, list[str]]:
    """The row that the names end in, and the names, where a row of groups stands over a row of names."""
    for start in (header, header - 1):
        if start >= 0 and start + 2 < len(first):
            names = _joined(first[start], first[start + 1], first[start + 2 : start + 12])
            if names:
                return start + 1, names
    return header, []


def names_of_two_rows(
    header: Sequence[Sequence[str]], below: Sequence[Sequence[str]], figures: Sequence[int]
) -> list[str]:
    """Names of two rows of text joined, or none. `figures`: the columns that hold numbers below."""
    upper, under = header[0], [cell or None for cell in header[1]]
    above = [cell if cell and (at == 0 or cell != upper[at - 1]) else None for at, cell in enumerate(upper)]
    marked = [[1 if at in figures else cell or None for at, cell in enumerate(row)] for row in below[:10]]
    return _joined(above, under, marked)


def _joined(above: Row, under: Row, below: Sequence[Row]) -> list[str]:
    """Names of two rows joined, or none where these are not the two rows of a header."""
    width = max(len(above), len(under))
    upper, lower = [*above, *[None] * (width - len(above))], [*under, *[None] * (width - len(under))]
    merged = [at for at in range(1, width) if upper[at] is None and lower[at] is not None]
    words = all(cell is None or isinstance(cell, str) for cell in (*upper, *lower))
    figures = any(isinstance(cell, int | float) for row in below for cell in row[:width])
    named = all(upper[at] is not None or lower[at] is not None for at in range(width))
    spanning = any(upper[at - 1] is not None and lower[at - 1] is not None for at in merged)
    told = [cell for cell in lower if cell is not None]
    needed = len(told) < width or len(set(told)) < len(told)
    if not (words and figures and named and spanning and needed and filled(upper) > 1):
        return []
    names: list[str] = []
    group = ""
    for top, name in zip(upper, lower, strict=True):
        group = str(top).strip() if top is not None else group
        joined = group if name is None else f"{group} {str(name).strip()}".strip()
        names.append(joined if joined not in names else f"{joined} {len(names) + 1}")
    return names


def is_total(row: Row) -> bool:
    """Whether a row begins with a word for a total, and holds a figure besides."""
    present = [cell for cell in row if cell is not None]
    named = bool(present) and isinstance(present[0], str) and TOTALS.fullmatch(present[0].strip()) is not None
    return named and any(not isinstance(cell, str) or any(map(str.isdigit, cell)) for cell in present[1:])
