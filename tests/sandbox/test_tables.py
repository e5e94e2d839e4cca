"""The preview of a table: what is written is read, and anything else is None or within bounds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.sandbox import tables
from agent_core.sandbox.tables import Column, Table

texts = st.text(st.characters(codec="utf-8"), max_size=40)
cells = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)


@st.composite
def some_tables(draw):
    columns = draw(st.lists(st.builds(Column, texts, texts, st.booleans()), max_size=5))
    rows = draw(st.lists(st.tuples(*[cells] * len(columns)), max_size=5))
    return Table(tuple(columns), tuple(rows), len(rows) + draw(st.integers(0, 10**9)), draw(st.integers(0, 10**6)))


@given(some_tables())
def test_a_table_survives_the_trip(table):
    """Names, types, cells and counts come back as they were."""
    assert tables.parse(tables.encode(table)) == table


@given(st.binary(max_size=300))
def test_any_bytes_are_harmless(data):
    """Bytes that are no table are None."""
    assert tables.parse(data) is None or isinstance(tables.parse(data), Table)


json_values = st.recursive(cells, lambda v: st.lists(v, max_size=4) | st.dictionaries(texts, v, max_size=4))


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4), json_values, json_values)
def test_any_shape_is_harmless(columns, rows, total_rows, total_columns):
    """Columns and rows of any shape give a table whose rows are as wide as its columns, or None."""
    data = {"columns": columns, "rows": rows, "total_rows": total_rows, "total_columns": total_columns}
    table = tables.parse(json.dumps(data).encode())
    assert table is None or all(len(row) == len(table.columns) for row in table.rows)


def test_too_much_is_cut():
    """Rows, columns and texts over the bounds are cut, whatever the sandbox says."""
    columns = [{"name": "n" * 9_999, "dtype": "object", "index": False}] * 500
    rows = [["x" * 600] * 500] * 10 + [[1]] * 2_000
    data = json.dumps({"columns": columns, "rows": rows, "total_rows": 0, "total_columns": 500}).encode()
    table = tables.parse(data)
    assert (len(table.columns), len(table.rows)) == (tables.MOST_COLUMNS, tables.MOST_ROWS)
    assert len(table.rows[0][0]) == len(table.columns[0].name) == tables.MOST_CELL_TEXT
    assert table.total_rows == tables.MOST_ROWS


@pytest.mark.parametrize(("rows", "total", "whole"), [(1, 1, True), (1, 2, False)])
def test_whether_it_is_all(rows, total, whole):
    """A preview says whether there is more than it shows."""
    table = Table((Column("i", "int64", index=True), Column("a", "int64")), ((0, 1),) * rows, total, 1)
    assert table.whole is whole
