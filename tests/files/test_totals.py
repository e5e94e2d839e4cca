"""Rows of totals at the end of a delimited text."""

import io

import pytest

from agent_core.files.inside.layout import subtotal_among
from agent_core.files.inside.shape import Shape
from agent_core.files.inside.totals import TAIL_BYTES, Ending, ending_of

HEAD = "region,q1,q2\nNorth,1,2\nSouth,3,4\n"


def ending(text: str) -> Ending:
    shape = Shape(text, whole=True)
    return ending_of(lambda: io.BytesIO(text.encode()), "utf-8", shape.delimiter, shape.rows)


@pytest.mark.parametrize(
    ("below", "rows"),
    [
        ("Total,4,6\n", 1),
        ("Grand total:,4,6\n", 1),
        ("Summe,4,6", 1),
        (",,\nTotal 2024,4,6\n,,\nSource: our books\n", 3),
        ("Total,4,6\nAverage,2,3\n", 2),
        ("Total,4,6\nEast,5,6\n", 0),
        ("Total Gym,4,6\n", 0),
        ("Total,,\n", 0),
        ("Summer,4,6\n", 0),
        ("West,4,6\n", 0),
    ],
)
def test_totals_are_found_and_nothing_else_is_taken_for_them(below: str, rows: int) -> None:
    """Averages and notes under them go too; a name that only begins so is data, and so is a row that others follow."""
    assert ending(HEAD + below).rows == rows


def test_totals_within_the_table_make_those_at_its_end_data() -> None:
    """Where each year has its total, none is left out."""
    assert not ending("region,year,v\nNorth,1,2\nTotal,1,2\nSouth,2,4\nTotal,2,4\n").rows


def test_a_long_text_is_only_looked_at_where_it_ends() -> None:
    rows = "".join(f"shop {number},{number},1\n" for number in range(TAIL_BYTES // 8))
    assert ending(f"shop,a,b\n{rows}Total,1,2\n") == Ending(1, "Total")


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([["North", "A", "1"], ["North Total", "", "1"], ["South", "B", "2"]], "North Total"),
        ([["North", 1], ["Subtotal", 1], ["South", 2]], "Subtotal"),
        ([["North", 1], ["East total", 1]], ""),
        ([["North", 1], ["North total", None]], ""),
        ([["Total Gym", 1], ["Gym", 2]], ""),
        ([[None, 1], [3, 2], []], ""),
    ],
)
def test_rows_that_sum_up_others_are_found(rows: list[list[object]], name: str) -> None:
    """Only where the rows that they sum up stand above them under the same name."""
    assert subtotal_among(rows) == name
