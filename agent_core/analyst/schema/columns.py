"""Columns and tables as the analyst sees them."""

import ast
import builtins
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, combinations, count
from pathlib import PurePosixPath
from typing import Literal, assert_never

from agent_core.analyst.schema.looks import Cleaning, date_cleaning, number_cleaning, spelt_differently
from agent_core.analyst.schema.words import split, stems
from agent_core.events import ColumnProfile, FileProfile, TableProfile

Role = Literal["number", "date", "category", "text", "flag", "empty"]

_FEW_VALUES = 60
_MANY_ROWS = 200_000
_LONGEST_EXPRESSION = 1_000
_SHORTEST_NOUN = 3
_BOOLEANS = {"true", "false", "0", "1", "0.0", "1.0"}
_YEARS = (1000, 2200)
_TAKEN = {"data", "result", "table", "fig", "pd", "px", "np", "json", "display", "shown", "values", "pair", "found"}
_IDENTIFIER_WORDS = {"id", "uuid", "guid", "zip", "zipcode", "postcode", "code", "latitude", "longitude", "lat", "lon"}
_IDENTIFIER_WORDS |= {"phone", "index", "unnamed", "rowid"}
_FIGURES = {"total", "sum", "average", "mean", "median", "maximum", "minimum", "max", "min", "count", "share"}
_FIGURES |= {"monthly", "daily", "weekly", "quarterly", "yearly", "annual", "hourly", "trend"}
"""Words for what is worked out, not for a row: a file may be called totals.csv or monthly.csv."""
_NUMBERING = {"number", "no", "nr", "num"}
_FULL_PANEL = 0.6
_TRUTHS = ({"yes", "y", "true", "t", "1", "ja"}, {"no", "n", "false", "f", "0", "nein"})
_TOTALS = "The totals at the end"
_MOMENTS = {"date", "day", "time", "timestamp", "datetime", "at", "on"}
_NO_EVENTS = {"start", "end", "due", "begin", "from", "to", "the", "first", "last", "report", "file"}
_TIME_PARTS = {"quarter", "month", "day", "week", "weekday", "hour", "minute", "second", "date"}


@dataclass(frozen=True, slots=True)
class Made:
    """How a figure is worked out from other columns, row by row."""

    how: Literal["minus", "apart", "plus"]
    """The first less the second, how far the two lie apart, or all of them added up."""
    parts: "tuple[Column, ...]"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and what it needs before it can be worked with."""

    name: str
    role: Role
    cleaning: Cleaning | None = None
    samples: tuple[str, ...] = ()
    distinct: int | None = None
    missing: int = 0
    minimum: float | None = None
    maximum: float | None = None
    earliest: date | None = None
    latest: date | None = None
    whole: bool = False
    """Whether the numbers are whole numbers."""
    made: Made | None = None
    """How it is worked out, where it is no column of the file."""

    @property
    def is_year(self) -> bool:
        """A number that counts years."""
        low, high = self.minimum, self.maximum
        named = bool({"year", "yr", "jahr"} & set(split(self.name)))
        return self.role == "number" and named and low is not None and high is not None and _is_year(low, high)

    @property
    def names_a_year(self) -> bool:
        """Whether it holds the figures of one year, in a table with a column for each."""
        return self.role == "number" and self.name.isdecimal() and _is_year(int(self.name), int(self.name))

    @property
    def is_time(self) -> bool:
        """Whether it places a row in time."""
        return self.role == "date" or self.is_year

    @property
    def is_two_valued(self) -> bool:
        """A yes-or-no column, written as booleans or as 0 and 1."""
        zero_one = self.whole and self.minimum == 0 and self.maximum == 1
        return self.role == "flag" or (self.role == "number" and zero_one)

    @property
    def truths(self) -> tuple[str, str] | None:
        """The values that mean yes and no, where a text column holds nothing else."""
        if self.role != "category" or not self.all_values_known or len(self.samples) != len(_TRUTHS):
            return None
        yes = [value for value in self.samples if value.strip().casefold() in _TRUTHS[0]]
        no = [value for value in self.samples if value.strip().casefold() in _TRUTHS[1]]
        return (yes[0], no[0]) if yes and no else None

    @property
    def all_values_known(self) -> bool:
        """Whether the samples are all the values that there are."""
        return self.distinct is not None and self.distinct <= len(self.samples)

    @property
    def is_identifier(self) -> bool:
        """A number that names things, so that adding or averaging it means nothing."""
        words = split(self.name)
        numbered = self.whole and len(words) > 1 and words[-1] in _NUMBERING
        return numbered or bool(_IDENTIFIER_WORDS & set(words)) or self.is_time_part

    @property
    def is_time_part(self) -> bool:
        """A quarter, a month or a weekday by its number, beside a year."""
        words = split(self.name)
        return self.whole and len(words) == 1 and words[0] in _TIME_PARTS


def _is_year(low: float, high: float) -> bool:
    return _YEARS[0] <= low <= high <= _YEARS[1]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can be loaded, and the name of its variable."""

    file: str
    variable: str
    read_with: str
    rows: int
    columns: tuple[Column, ...]
    nouns: frozenset[str] = field(default=frozenset())
    """Stems of words that mean a row of this table, such as `penguin` for penguins.csv."""

    sides: "tuple[Table, Table] | None" = None
    """The two tables that this one is joined from."""
    key: str = ""
    """The column that joins them."""
    key_there: str = ""
    """Its name in the second table, where that is another."""
    without_totals: bool = False
    """Whether the file has rows of totals that are no part of it."""
    subtotal: str = ""
    """What a row calls itself that sums up others, where there are such rows."""
    dropped: tuple[str, ...] = ()
    """Columns of the second table that are left out, because the first has them too."""

    @property
    def large(self) -> bool:
        """Whether loading it again for each question would be slow."""
        return self.rows > _MANY_ROWS

    def of_role(self, *roles: Role) -> tuple[Column, ...]:
        """Its columns of these roles, in order."""
        return tuple(column for column in self.columns if column.role in roles)

    @property
    def measures(self) -> tuple[Column, ...]:
        """Numbers that can be added up or averaged."""
        return tuple(
            column
            for column in self.of_role("number")
            if not column.is_identifier and not column.is_year and not _counts_rows(column, self.rows)
        )

    @property
    def categories(self) -> tuple[Column, ...]:
        """Columns that sort rows into a handful of groups."""
        return tuple(
            column
            for column in self.of_role("category", "flag")
            if column.distinct is None or 1 < column.distinct <= _FEW_VALUES
        )

    @property
    def time(self) -> Column | None:
        """The column that places rows in time: a date, else a year."""
        dates = self.of_role("date")
        return dates[0] if dates else next((column for column in self.columns if column.is_year), None)

    @property
    def is_panel(self) -> bool:
        """Whether each pair of two labels, or of a label and a time, has one row: counting its rows says nothing."""
        names = [column for column in self.of_role("category", "text") if self._sorts(column)]
        time = self.time
        if time and self._sorts(time):
            full = (self.rows / ((time.distinct or 1) * (column.distinct or 1)) for column in names)
            return any(_FULL_PANEL <= one <= 1 for one in full)
        return any((one.distinct or 0) * (other.distinct or 0) == self.rows for one, other in combinations(names, 2))

    def _sorts(self, column: Column) -> bool:
        return column.distinct is not None and 1 < column.distinct <= self.rows / 2

    def is_fine_grained(self, column: Column) -> bool:
        """Whether nearly each row has its own value in this column."""
        return column.distinct is not None and self.rows > 0 and column.distinct > 0.5 * self.rows


def _counts_rows(column: Column, rows: int) -> bool:
    return column.whole and column.distinct == rows and column.minimum in (0, 1) and column.maximum in (rows, rows - 1)


def tables(files: Sequence[tuple[str, FileProfile]]) -> tuple[Table, ...]:
    """The tables of named files, each with a variable name of its own."""
    found: list[Table] = []
    for name, profile in files:
        for table in profile.tables:
            if loads_a_table(table.read_with):
                variable = _variable(name, table.name if len(profile.tables) > 1 else "", found)
                made = _table(name, variable, table)
                found.append(
                    replace(made, without_totals=_had_totals(profile, table), subtotal=_subtotal(profile, table))
                )
    return tuple(found)


def _had_totals(profile: FileProfile, table: TableProfile) -> bool:
    told = profile.problem or ""
    return _TOTALS in told and (len(profile.tables) == 1 or f"the sheet {table.name!r}" in told)


def _subtotal(profile: FileProfile, table: TableProfile) -> str:
    where = "" if len(profile.tables) == 1 else f"In the sheet {table.name!r}, "
    match = re.search(rf'{re.escape(where)}[Ss]ome rows, such as "(.+?)", look like subtotals', profile.problem or "")
    return match[1] if match else ""


def loads_a_table(expression: str) -> bool:
    """Whether this is one expression that only calls pandas, as `read_with` promises."""
    if len(expression) > _LONGEST_EXPRESSION:
        return False
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return isinstance(tree.body, ast.Call | ast.Subscript | ast.Attribute) and names == {"pd"}


def _variable(file: str, sheet: str, taken: Sequence[Table]) -> str:
    words = re.findall(r"[a-z0-9]+", f"{PurePosixPath(file).stem} {sheet}".lower().encode("ascii", "ignore").decode())
    name = "_".join(words)[:40] or "table_1"
    if name[0].isdigit():
        name = f"data_{name}"
    if keyword.iskeyword(name) or name in _TAKEN or hasattr(builtins, name):
        name += "_data"
    used = {table.variable for table in taken}
    return next(option for option in chain([name], (f"{name}_{n}" for n in count(2))) if option not in used)


def _table(file: str, variable: str, profile: TableProfile) -> Table:
    columns = tuple(_column(column, position, profile) for position, column in enumerate(profile.columns))
    words = stems(PurePosixPath(file).stem) + stems(profile.name)
    for column in columns:
        if column.is_identifier and column.distinct == profile.rows:
            words += tuple(word for word in stems(column.name) if word not in _IDENTIFIER_WORDS)
        if column.role == "date" and not column.missing and (event := _event(column)):
            words += (event + "s",)
    return Table(
        file,
        variable,
        profile.read_with,
        profile.rows,
        columns,
        frozenset(word for word in words if len(word) >= _SHORTEST_NOUN and word not in _FIGURES),
    )


def _event(column: Column) -> str:
    """What happened in each row, where a date says when: `death` for `death_date`."""
    first, *others = split(column.name) or ("",)
    named = len(others) == 1 and others[0] in _MOMENTS and first not in _NO_EVENTS
    return first if named else ""


def _column(profile: ColumnProfile, position: int, table: TableProfile) -> Column:
    previewed = tuple(row[position] for row in table.preview if position < len(row) and row[position])
    role, cleaning = _role(profile, profile.samples or previewed, table)
    return Column(
        name=profile.name,
        role=role,
        cleaning=cleaning,
        samples=profile.samples,
        distinct=profile.distinct,
        missing=profile.missing,
        minimum=_number(profile.minimum),
        maximum=_number(profile.maximum),
        earliest=_date(profile.minimum),
        latest=_date(profile.maximum),
        whole=profile.kind == "integer",
    )


def _read_as_date(name: str, expression: str) -> bool:
    """Whether the expression that loads the table turns this column into dates already."""
    _, asked, dates = expression.partition("parse_dates=")
    return bool(asked) and repr(name) in dates.partition("]")[0]


def _role(profile: ColumnProfile, samples: tuple[str, ...], table: TableProfile) -> tuple[Role, Cleaning | None]:
    match profile.kind:
        case "number" | "integer":
            return "number", None
        case "date":
            cleaning = date_cleaning(samples) or "date"
            read = _read_as_date(profile.name, table.read_with) and cleaning != "zoned_date"
            return "date", None if read else cleaning
        case "boolean":
            return ("flag" if {sample.lower() for sample in samples} <= _BOOLEANS else "category"), None
        case "empty":
            return "empty", None
        case "text" | "category":
            return _role_of_text(profile, samples, table.rows)
    assert_never(profile.kind)


def _role_of_text(profile: ColumnProfile, samples: tuple[str, ...], rows: int) -> tuple[Role, Cleaning | None]:
    if cleaning := date_cleaning(samples):
        return "date", cleaning
    if cleaning := number_cleaning(samples):
        return "number", cleaning
    few = profile.distinct is not None and profile.distinct <= max(20, min(_FEW_VALUES, 0.3 * rows))
    spelling: Cleaning | None = "spelling" if spelt_differently(samples) else None
    return ("category" if profile.kind == "category" or few else "text"), spelling


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text is not None else None
    except ValueError:
        return None
