"""Loading a table, and the cleaning that its used columns need."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent_core.analyst.query import Condition, Query
from agent_core.analyst.schema.columns import Column, Made, Table
from agent_core.analyst.schema.looks import unit_among
from agent_core.analyst.write.literals import literal, literals

_MOST_CORRELATED = 20
_ISO = len("2020-01-31")
_ZONE = r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$"


def used(query: Query) -> tuple[Column, ...]:
    """The columns that a query touches, each once, in order."""
    filtered = [one.column for one in query.filters]
    filtered += [one.alternative.column for one in query.filters if isinstance(one, Condition) and one.alternative]
    filtered += [one.other for one in query.filters if isinstance(one, Condition) and one.other]
    grouped = [group.column for group in query.groups]
    each = [query.each.column] if query.each else []
    each += [query.table.time] if query.change == "groups" and query.table.time else []
    named = [*query.measures, *query.wanted, *grouped, *each, *filtered, *correlated(query)]
    return tuple(
        dict.fromkeys(part for column in named for part in (*(column.made.parts if column.made else ()), column))
    )


def correlated(query: Query) -> tuple[Column, ...]:
    """The numbers that are held against each other, where not just those that were named."""
    every = query.intent == "correlation" and len(query.measures) < 2  # noqa: PLR2004 - a pair
    return query.table.measures[:_MOST_CORRELATED] if every else ()


def load(table: Table, columns: Sequence[Column]) -> list[str]:
    """Lines that load the table; a large one is loaded once and kept."""
    cleaning = [line for column in columns for line in clean(table.variable, column)]
    if table.sides:
        return [*_join(table), *cleaning]
    if not table.large:
        return [f"{table.variable} = {table.read_with}", *cleaning]
    kept = f"{table.variable}_file"
    lines = [
        "# The file is large, so it is read once and kept until another takes its place.",
        f"written = os.path.getmtime({literal(f'inputs/{table.file}')})",
        f'if globals().get("{kept}_written") != written:',
        f"    {kept}, {kept}_written = {table.read_with}, written",
        f"{table.variable} = {kept}.copy(deep=False)",
    ]
    return [*lines, *cleaning]


def _join(table: Table) -> list[str]:
    assert table.sides
    many, one = table.sides
    right = one.variable
    if table.dropped:
        right += f".drop(columns={literals(table.dropped)})"
    key = literal(table.key)
    if table.key_there:
        right += f".rename(columns={{{literal(table.key_there)}: {key}}})"
    return [
        *load(many, ()),
        *load(one, ()),
        "# Each row of the first table, with what the second knows of it.",
        f'{table.variable} = {many.variable}.merge({right}, on={key}, how="left", validate="many_to_one")',
    ]


def cleaned(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Columns whose values may turn out to be unreadable, in the order in which that is printed."""
    return tuple(column for column in columns if column.role in {"number", "date"} and column.cleaning)


def spellings(query: Query) -> list[str]:
    """Lines that print how many values of the text columns in use differ only by case or by spaces."""
    lines = []
    for column in used(query):
        if column.role in {"category", "text"} and column.cleaning is None:
            lines.append(f'text = {query.table.variable}[{literal(column.name)}].astype("string")')
            lines.append('print("spellings:", text.nunique() - text.str.strip().str.casefold().nunique())')
    return ["# Values that differ only by case or by spaces around them.", *lines] if lines else []


def with_one_spelling(query: Query) -> Query:
    """The same query with one spelling for values that differ only by case or by spaces."""
    spelt = {
        column: replace(column, cleaning="spelling")
        for column in used(query)
        if column.role in {"category", "text"} and column.cleaning is None
    }
    groups = tuple(replace(group, column=spelt.get(group.column, group.column)) for group in query.groups)
    filters = tuple(replace(one, column=spelt.get(one.column, one.column)) for one in query.filters)
    measures = tuple(spelt.get(column, column) for column in query.measures)
    return replace(query, groups=groups, filters=filters, measures=measures)


def clean(variable: str, column: Column) -> list[str]:
    """Lines that make one column fit to be worked with."""
    place = f"{variable}[{literal(column.name)}]"
    if column.made:
        return [f"{place} = {_worked_out(variable, column.made)}"]
    match column.cleaning:
        case None:
            return []
        case "spelling":
            return [
                "# One spelling for values that differ only by case or spaces: the most common one.",
                f'spelling = {place}.astype("string").str.strip()',
                f"{place} = spelling.groupby(spelling.str.casefold()).transform(lambda same: same.mode().iloc[0])",
            ]
        case "plain_number" | "comma_decimals":
            lines = ["# Numbers that are stored as text.", *_number(place, column)]
        case "quarter_date":
            lines = ["# Quarters, as the first of their days.", *_quarters(place)]
        case "date" | "day_first_date" | "zoned_date":
            lines = ["# Dates, as dates.", f"{place} = {_date(place, column)}"]
    counted = f"present = {place}.notna().sum()"
    return [lines[0], counted, *lines[1:], f'print("unreadable:", present - {place}.notna().sum())']


def _worked_out(variable: str, made: Made) -> str:
    places = [f"{variable}[{literal(part.name)}]" for part in made.parts]
    if made.how == "plus":
        return " + ".join(places)
    between = " - ".join(places)
    if all(part.role == "date" for part in made.parts):
        return f"({between}).dt.days"
    return between if made.how == "minus" else f"({between}).abs()"


def _number(place: str, column: Column) -> list[str]:
    text = f"text = {place}.astype(str)"
    if unit := unit_among(column.samples):
        # What has another unit, or none, is not to be taken for a number of this one.
        ending = re.escape(unit)
        text += rf'.str.extract(r"^\s*([^A-Za-z°]*\d)[\s\u00a0]*{ending}\s*$")[0]'
    if any("(" in sample for sample in column.samples):
        text += r'.str.replace(r"^\s*\((.*)\)\s*$", r"-\1", regex=True)'
    if column.cleaning == "comma_decimals":
        text += r'.str.replace(r"[^\d,\-]", "", regex=True).str.replace(",", ".", regex=False)'
    else:
        text += r'.str.replace(r"[^\d.\-]", "", regex=True)'
    return [text, f'{place} = pd.to_numeric(text, errors="coerce")']


def _quarters(place: str) -> list[str]:
    return [
        f'text = {place}.astype("string")',
        r'years = text.str.extract(r"(\d{4})")[0]',
        'months = text.str.extract(r"[Qq]([1-4])")[0].astype("Int64") * 3 - 2',
        f'{place} = pd.to_datetime(years + "-" + months.astype("string"), format="%Y-%m", errors="coerce")',
    ]


def _date(place: str, column: Column) -> str:
    match column.cleaning:
        case "zoned_date":
            # The clock as it is written: in another zone, what happened at midnight would be of the day before.
            text = rf'{place}.astype("string").str.replace(r"{_ZONE}", r"\1", regex=True)'
            return f'pd.to_datetime({text}, format="mixed", errors="coerce")'
        case "day_first_date":
            return f'pd.to_datetime({place}, format="mixed", dayfirst=True, errors="coerce")'
    iso = column.samples and all(len(sample) == _ISO and sample[4:5] == sample[7:8] == "-" for sample in column.samples)
    mixed = "" if iso else 'format="mixed", '
    return f'pd.to_datetime({place}, {mixed}errors="coerce")'
