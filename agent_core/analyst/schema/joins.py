"""Tables that can be put beside each other by a common column."""

from collections.abc import Iterator, Sequence
from itertools import permutations

from agent_core.analyst.schema.columns import Column, Table

_MOST_TABLES = 6
_NAMES_NOTHING = {"", "id", "index", "date", "year", "month", "day"}


def joined(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Each pair where the rows of one find at most one row of the other by a column of the same name."""
    if len(tables) > _MOST_TABLES:
        return ()
    return tuple(_pairs(tables))


def _pairs(tables: Sequence[Table]) -> Iterator[Table]:
    for many, one in permutations(tables, 2):
        keys = [column for column in one.columns if _is_key(column, one) and _find(many, column) is not None]
        if len(keys) == 1 and (not _is_key_of(many, keys[0]) or _names_both(many, one, keys[0])):
            held = _find(many, keys[0])
            assert held
            yield _joined(many, one, held, keys[0])
    for many, one in permutations(tables, 2):
        years, others = _years_of(many), _years_of(one)
        if years and others:
            yield _joined(many, one, years, others)


def _years_of(table: Table) -> Column | None:
    """The years of a table that has one row for each."""
    return next((one for one in table.columns if one.is_year and one.distinct == table.rows and not one.missing), None)


def _is_key(column: Column, table: Table) -> bool:
    unique = column.distinct is not None and column.distinct == table.rows and column.missing == 0
    return unique and column.role in {"number", "text", "category"} and column.name.lower() not in _NAMES_NOTHING


def _find(table: Table, wanted: Column) -> Column | None:
    alike = {wanted.role} | ({"text", "category"} if wanted.role in {"text", "category"} else set())
    name = wanted.name.casefold()
    return next((one for one in table.columns if one.name.casefold() == name and one.role in alike), None)


def _is_key_of(table: Table, wanted: Column) -> bool:
    found = _find(table, wanted)
    return found is not None and _is_key(found, table)


def _names_both(many: Table, one: Table, key: Column) -> bool:
    """Whether each row of both is called by it, as by a state: the shorter table is given what the longer knows."""
    return key.role in {"text", "category"} and many.rows < one.rows


def _joined(many: Table, one: Table, key: Column, other: Column | None = None) -> Table:
    present = {column.name for column in many.columns}
    renamed = other.name if other and other.name != key.name else ""
    clashing = present & {column.name for column in one.columns} - {key.name}
    added = tuple(column for column in one.columns if column.name not in {*present, renamed})
    return Table(
        file=many.file,
        variable=f"{many.variable}_with_{one.variable}",
        read_with="",
        rows=many.rows,
        columns=(*many.columns, *added),
        nouns=many.nouns | one.nouns,
        sides=(many, one),
        key=key.name,
        key_there=renamed,
        dropped=tuple(sorted(clashing)),
    )
