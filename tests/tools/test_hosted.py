"""A CSV file that comes out of a hosted container is shown as a table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.sandbox import tables
from agent_core.tools.hosted import preview


def test_numbers_are_numbers_and_the_rest_is_text() -> None:
    table = preview(b"name,n,x,id\nOslo,7,1.50,007\n,-3,2e3,\n")
    assert [(column.name, column.dtype) for column in table.columns] == [
        ("name", "object"),
        ("n", "int64"),
        ("x", "float64"),
        ("id", "object"),
    ]
    assert table.rows == (("Oslo", 7, 1.5, "007"), (None, -3, 2000.0, None))
    assert (table.total_rows, table.whole) == (2, True)


def test_a_long_table_is_cut_and_counted() -> None:
    table = preview(b"n\n" + b"1\n" * 5_000)
    assert (len(table.rows), table.total_rows) == (tables.MOST_ROWS, 5_000)


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe\x00", b'a\n"' + b"x" * 200_000])
def test_what_is_no_table_is_not_shown_as_one(data: bytes) -> None:
    assert preview(data) is None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_a_table_that_reads_back_or_none(data: bytes) -> None:
    table = preview(data)
    if table is not None:
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert not any(isinstance(cell, float) and not math.isfinite(cell) for row in table.rows for cell in row)
        assert tables.parse(tables.encode(table)) is not None
