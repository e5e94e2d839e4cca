"""The shape of a delimited text: delimiter, header, how numbers and dates are written."""

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

DELIMITERS = (",", ";", "\t", "|")
MOST_PREAMBLE = 30
SAMPLED_ROWS = 2_000
YEARS = range(1900, 2101)

DATE_FORMATS = (
    (r"\d{4}-\d\d?-\d\d?", "%Y-%m-%d"),
    (r"\d{4}/\d\d?/\d\d?", "%Y/%m/%d"),
    (r"\d{4}-\d\d", "%Y-%m"),
    (r"\d\d?\.\d\d?\.\d{4}", "%d.%m.%Y"),
    (r"\d\d?\.\d\d?\.\d\d", "%d.%m.%y"),
    (r"\d\d?/\d\d?/\d{4}", "%m/%d/%Y"),
    (r"\d\d?/\d\d?/\d{4}", "%d/%m/%Y"),
    (r"\d\d?-\d\d?-\d{4}", "%d-%m-%Y"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "%Y-%m-%d %H:%M"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "%Y-%m-%dT%H:%M:%S"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", "ISO8601"),
    (r"\d\d?\.\d\d?\.\d{4} \d\d?:\d\d", "%d.%m.%Y %H:%M"),
    (r"\d\d?\.\d\d?\.\d{4} \d\d?:\d\d:\d\d", "%d.%m.%Y %H:%M:%S"),
    (r"\d\d?/\d\d?/\d{4} \d\d?:\d\d", "%m/%d/%Y %H:%M"),
    (r"\d\d?/\d\d?/\d{4} \d\d?:\d\d", "%d/%m/%Y %H:%M"),
    (r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", "%Y%m%d"),
    (r"[A-Za-z]{3} \d\d? \d{4}", "%b %d %Y"),
    (r"[A-Za-z]{3} \d\d?, \d{4}", "%b %d, %Y"),
    (r"[A-Za-z]{3,9} \d\d?, \d{4}", "%B %d, %Y"),
    (r"\d\d? [A-Za-z]{3} \d{4}", "%d %b %Y"),
    (r"\d\d?-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"\d\d?-[A-Za-z]{3}-\d\d", "%d-%b-%y"),
)
MISSING = {"", "na", "n/a", "nan", "null", "none", "-nan", "#n/a", "<na>", "nat"}

FRACTION = r"[+-]?(\d*{0}\d{{1,2}}|\d*{0}\d{{4,}}|\d{{4,}}{0}\d{{3}}|0{0}\d{{3}})([eE][+-]?\d+)?"
POINT = re.compile(FRACTION.format(r"\.") + r"|[+-]?\d{1,3}([,']\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}")
COMMA = re.compile(FRACTION.format(",") + r"|[+-]?\d{1,3}([.']\d{3})+,\d+|[+-]?\d{1,3}(\.\d{3}){2,}")
GROUPED = {mark: re.compile(rf"[+-]?\d{{1,3}}({re.escape(mark)}\d{{3}})+([.,]\d+)?") for mark in ",.'"}
PLAIN = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
TOLD = re.compile(r"\ufeff?sep=([,;\t|])\r?\n")
"""A first line by which Excel is told the delimiter."""
LEADING_ZERO = re.compile(r"0\d+")


class Shape:
    """How a text is laid out, with a sample of its rows as text."""

    def __init__(self, text: str, *, whole: bool) -> None:
        told = TOLD.match(text)
        self.delimiter, rows = (told[1], _rows(text, told[1])[1:]) if told else _split(text, whole=whole)
        line, header_row = _header_place(rows)
        self.header_line = line or (1 if told else 0)
        kept = [(before, cells) for before, cells in rows[header_row:] if any(cell.strip() for cell in cells)]
        fields = [cells for _, cells in kept]
        self.second_line = kept[1][0] if len(kept) > 1 else 0
        """How many lines stand before the row under the header."""
        self.blank_after = _blank_after(fields)
        fields = [[cell.strip() for cell in cells] for cells in fields]
        self.headed = _headed(fields)
        self.names = fields[0] if fields and self.headed else []
        self.rows = (fields[1:] if self.headed else fields)[:SAMPLED_ROWS]
        self.width = max((len(cells) for cells in fields), default=0)
        self.decimal, self.thousands = self._marks()

    def leave_out(self, name: str) -> None:
        """Leave the row that begins with this name, and all below it, out of the sample."""
        at = next((at for at, row in enumerate(self.rows) if next(filter(None, row), "") == name), None)
        self.rows = self.rows[:at]
        self.decimal, self.thousands = self._marks()

    def leave_out_first(self) -> None:
        """Leave the row under the header out of the sample."""
        self.rows = self.rows[1:]
        self.decimal, self.thousands = self._marks()

    def column(self, position: int) -> list[str]:
        """The sampled values of one column that are not missing."""
        cells = (row[position] for row in self.rows if position < len(row))
        return [cell for cell in cells if cell.lower() not in MISSING]

    def date_formats(self) -> dict[int, str]:
        """The columns that hold dates, by position, with the one format that fits all of each."""
        day_first = self.decimal == "," or self.delimiter == ";"
        found = {position: date_format(self.column(position), day_first=day_first) for position in range(self.width)}
        return {position: style for position, style in found.items() if style}

    def text_columns(self) -> list[int]:
        """Columns of digits that are no numbers: codes with leading zeros, versions, addresses."""
        return [position for position in range(self.width) if self._is_code(self.column(position))]

    def _is_code(self, cells: Sequence[str]) -> bool:
        if any(LEADING_ZERO.fullmatch(cell) for cell in cells):
            return all(cell.isdigit() for cell in cells)
        mark = self.thousands
        if not mark or not cells:
            return False
        odd = [cell for cell in cells if not PLAIN.fullmatch(cell) and not GROUPED[mark].fullmatch(cell)]
        return any(set(cell) <= set("0123456789.,'") for cell in odd)

    @property
    def doubtful(self) -> str:
        """A number such as 1.234 that was taken for more than a thousand, where no other tells; or nothing."""
        cells = [cell for row in self.rows for cell in row]
        if self.thousands != "." or _count(COMMA, cells):
            return ""
        return next((cell for cell in cells if GROUPED["."].fullmatch(cell)), "")

    def _marks(self) -> tuple[str, str]:
        return marks_of([cell for row in self.rows for cell in row], self.delimiter)


def marks_of(cells: Sequence[str], delimiter: str) -> tuple[str, str]:
    """The marks of decimals and of thousands in cells of text; an empty one where none is used."""
    cells = [cell for cell in cells if cell[-1:].isdigit()]
    points, commas = _count(POINT, cells), _count(COMMA, cells)
    grouped = {mark: _count(pattern, cells) for mark, pattern in GROUPED.items()}
    if delimiter == ";" and grouped["."] and not points and not commas and not grouped[","]:
        return ",", "."
    undecided = grouped[","] and not points and not commas and delimiter == ";"
    if commas > points or undecided:
        return ",", "." if grouped["."] else "'" if grouped["'"] else ""
    return ".", "," if grouped[","] else "'" if grouped["'"] else ""


def date_format(cells: Sequence[str], *, day_first: bool) -> str:
    """The one format that all of the values are written in; empty where there is none."""
    written = bool(cells) and (any(mark in cells[0] for mark in "-/. ") or _all_digits(cells))
    if not written:
        return ""
    fitting = [style for pattern, style in DATE_FORMATS if re.fullmatch(pattern, cells[0])]
    if day_first:
        fitting.sort(key=lambda style: not style.startswith("%d"))
    return next((style for style in fitting if all(_is_date(cell, style) for cell in cells)), "")


def _all_digits(cells: Sequence[str]) -> bool:
    """Whether these may be dates without marks: eight digits each, of several days."""
    return len(set(cells)) > 2 and all(len(cell) == 8 and cell.isdigit() for cell in cells)  # noqa: PLR2004


def _is_date(cell: str, style: str) -> bool:
    try:
        moment = dt.datetime.fromisoformat(cell) if style == "ISO8601" else dt.datetime.strptime(cell, style)  # noqa: DTZ007
    except ValueError:
        return False
    return moment.year in range(1700, 2262)


def _count(pattern: re.Pattern[str], cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if pattern.fullmatch(cell))


def _split(text: str, *, whole: bool) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter under which most rows have the same number of fields, and those rows with their lines."""
    if not whole:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    best: tuple[tuple[float, int], str, list[tuple[int, list[str]]]] | None = None
    for delimiter in DELIMITERS:
        rows = _rows(text, delimiter)
        widths = Counter(len(cells) for _, cells in rows if cells)
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        score = (count / len(rows) if width > 1 else 0.0, width)
        if best is None or score > best[0]:
            best = score, delimiter, rows
    assert best is not None
    return best[1], best[2]


def _rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Rows as fields, each with the number of lines before it."""
    csv.field_size_limit(1 << 24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            rows.append((before, cells))
            before = reader.line_num
            if len(rows) > SAMPLED_ROWS + MOST_PREAMBLE:
                break
    except csv.Error:
        pass
    return [(line, cells) for line, cells in rows if cells]


def _header_place(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, int]:
    """How many lines and how many rows stand before the first that is as wide as most."""
    widths = Counter(len(cells) for _, cells in rows)
    if not widths:
        return 0, 0
    usual = widths.most_common(1)[0][0]
    for position, (line, cells) in enumerate(rows[:MOST_PREAMBLE]):
        if len(cells) >= usual:
            return (line, position) if position else (0, 0)
        if position == 0 and _names_all_but_the_index(rows, usual):
            return 0, 0
    return 0, 0


def _names_all_but_the_index(rows: Sequence[tuple[int, list[str]]], usual: int) -> bool:
    """Whether the first row is one name short because the first field of the others is a row's name."""
    return 1 < len(rows[0][1]) == usual - 1 and len(rows[1][1]) == usual


def _blank_after(fields: Sequence[Sequence[str]]) -> bool:
    later = [cell for row in fields for cell in row[1:] if cell]
    return bool(later) and sum(cell.startswith(" ") for cell in later) > len(later) / 2


def _headed(fields: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: where others hold numbers or dates, it holds words."""
    if len(fields) < 2:  # noqa: PLR2004
        return bool(fields) and not any(is_figure(cell) for cell in fields[0])
    first, votes = fields[0], 0
    if len(set(first)) == len(first) > 1 and (all(map(_is_year, first[1:])) or _names_years(fields)):
        return True
    for position, name in enumerate(first):
        below = [row[position] for row in fields[1:200] if position < len(row) and row[position].lower() not in MISSING]
        if below and sum(map(is_figure, below)) > 0.8 * len(below):
            votes += -1 if is_figure(name) else 1
    return votes >= 0


def _names_years(fields: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has words and then years in their order, over columns that hold no years."""
    years = [position for position, cell in enumerate(fields[0]) if _is_year(cell)]
    words = [cell for position, cell in enumerate(fields[0]) if position not in years]
    if len(years) < 3 or any(is_figure(cell) or not cell for cell in words):  # noqa: PLR2004
        return False
    named = [fields[0][position] for position in years]
    below = [row[position] for row in fields[1:50] for position in years if position < len(row) and row[position]]
    return named == sorted(named) and sum(map(_is_year, below)) < len(below) / 2


def _is_year(cell: str) -> bool:
    return bool(re.fullmatch("[0-9]{4}", cell)) and int(cell) in YEARS


def is_figure(cell: Any) -> bool:
    """Whether a cell of text holds a number or a date."""
    return bool(PLAIN.fullmatch(cell) or any(pattern.fullmatch(cell) for pattern in GROUPED.values())) or bool(
        date_format([cell], day_first=True)
    )
