"""A table with a column for each year, turned so that it has a row for each year."""

from dataclasses import replace
from pathlib import PurePosixPath

from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.words import split
from agent_core.analyst.write.literals import free_name, literal, literals

_FEWEST = 3


def by_year(table: Table) -> Table | None:
    """The same figures with a row for each year; None where the table has no columns of years, or is joined."""
    years = [column for column in table.columns if column.names_a_year and column.cleaning is None]
    if len(years) < _FEWEST or not table.read_with or table.large:
        return None
    kept = tuple(column for column in table.columns if column not in years and column.role in {"text", "category"})
    names = [column.name for column in kept]
    words = [word for word in split(PurePosixPath(table.file).stem) if word.isalpha()]
    value = free_name(words[0] if len(words) == 1 else "value", (*names, "year"))
    turned = (
        f"{table.read_with}.melt({literals(names)}, {literals([one.name for one in years])}, "
        f'"year", {literal(value)}).astype({{"year": int}})'
    )
    return replace(
        table,
        variable=f"{table.variable}_by_year",
        read_with=turned,
        rows=table.rows * len(years),
        columns=(*kept, _year(years), _figure(value, years)),
        nouns=table.nouns - {value},
    )


def _year(years: list[Column]) -> Column:
    numbers = [int(column.name) for column in years]
    return Column(
        "year", "number", distinct=len(years), minimum=float(min(numbers)), maximum=float(max(numbers)), whole=True
    )


def _figure(name: str, years: list[Column]) -> Column:
    low = [column.minimum for column in years if column.minimum is not None]
    high = [column.maximum for column in years if column.maximum is not None]
    return Column(
        name,
        "number",
        missing=sum(column.missing for column in years),
        minimum=min(low, default=None),
        maximum=max(high, default=None),
        whole=all(column.whole for column in years),
    )
