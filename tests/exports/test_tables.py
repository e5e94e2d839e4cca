"""A table that is taken away holds all its rows, with their types, and no formula."""

import csv
import io
import json
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from agent_core.exports import tables
from agent_core.sandbox.local.worker import tables as inside

FRAME = pd.DataFrame(
    {
        "number": range(1_500),
        "share": [0.1 + row / 7 for row in range(1_500)],
        "town": ["=1+1", "Oslo", None, '@SUM(A1)"', "Ålesund\n2"] * 300,
        "open": [True, False, True] * 500,
        "day": pd.date_range("2024-01-01", periods=1_500, freq="h"),
        "count": pd.array([None, 1, 2] * 500, dtype="Int64"),
    }
)
LIVE = ("=", "+", "-", "@")


def taken(frame: pd.DataFrame) -> tuple[tables.Preview, bytes]:
    whole = inside.csv(frame, 1 << 30)
    return tables.preview(inside.preview(frame)), whole.data


def test_parquet_holds_every_row_with_its_type() -> None:
    found = pd.read_parquet(io.BytesIO(tables.as_parquet(*taken(FRAME))), dtype_backend="numpy_nullable")
    pd.testing.assert_frame_equal(found, FRAME.convert_dtypes(), check_dtype=False)
    assert [str(kind) for kind in found.dtypes] == ["Int64", "Float64", "string", "boolean", "datetime64[us]", "Int64"]


def test_excel_holds_every_row_and_no_formula() -> None:
    sheet = load_workbook(io.BytesIO(tables.as_excel(*taken(FRAME)))).active
    rows = list(sheet.iter_rows())
    assert len(rows) == 1_501
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "b", "d"}
    assert not [cell for row in rows for cell in row if isinstance(cell.value, str) and cell.value.startswith(LIVE)]
    assert [cell.value for cell in rows[1]][:4] == [0, 0.1, "'=1+1", True]


def test_csv_holds_every_row_and_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(tables.as_csv(*taken(FRAME)).decode(), newline="")))
    assert len(rows) == 1_501
    assert not [cell for row in rows for cell in row if cell.startswith(LIVE)]


def test_an_index_that_says_something_is_a_column() -> None:
    grouped = FRAME.groupby(["open", "town"])[["share"]].agg(["mean", "max"])
    shown, whole = taken(grouped)
    found = pd.read_parquet(io.BytesIO(tables.as_parquet(shown, whole)))
    assert list(found.columns) == ["open", "town", "share / mean", "share / max"]
    assert len(found) == len(grouped)


def test_a_preview_alone_gives_its_rows() -> None:
    shown = tables.preview(inside.preview(pd.DataFrame({"a": [1, None], "b": ["=x", "y"]})))
    assert tables.as_csv(shown, None) == b"a,b\r\n1.0,'=x\r\n,y\r\n"
    assert pd.read_parquet(io.BytesIO(tables.as_parquet(shown, None)))["a"].tolist()[0] == 1.0


def test_a_cell_that_disagrees_with_its_type_makes_the_column_text() -> None:
    """The types are what the sandbox says, and it may lie."""
    shown = tables.Preview(("a", "b", "c"), ("int64", "bool", "datetime64[ns]"), (), 2, 3)
    found = pd.read_parquet(io.BytesIO(tables.as_parquet(shown, b"a,b,c\n1,True,2024-01-01\nx,maybe,soon\n")))
    assert found["a"].tolist() == ["1", "x"]
    assert found["b"].tolist() == ["True", "maybe"]
    assert found["c"].tolist() == ["2024-01-01", "soon"]


def test_a_table_too_large_for_excel_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_EXCEL_CELLS", 100)
    with pytest.raises(tables.NotATable, match="CSV or Parquet"):
        tables.as_excel(*taken(FRAME))
    assert not tables.fits_excel(1_500, 6)


def outcome(form: Callable[..., object], *arguments: object) -> object:
    """What a function gives, or the sentence that it refuses with."""
    try:
        return form(*arguments)
    except tables.NotATable as problem:
        return problem


@given(
    st.binary(max_size=80),
    st.lists(st.sampled_from(["int64", "float64", "bool", "datetime64[ns]", "str", ""]), max_size=3),
)
def test_any_bytes_give_a_file_or_a_sentence(data: bytes, types: list[str]) -> None:
    shown = tables.Preview(tuple("abc"[: len(types)]), tuple(types), (), 0, len(types))
    for form in (tables.as_csv, tables.as_excel, tables.as_parquet):
        assert isinstance(outcome(form, shown, data), bytes | tables.NotATable)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)))
def test_any_json_is_a_preview_or_a_sentence(value: object) -> None:
    for data in (value, {"columns": value, "rows": value, "total_rows": 1, "total_columns": 1}):
        assert isinstance(outcome(tables.preview, json.dumps(data).encode()), tables.Preview | tables.NotATable)


@pytest.mark.parametrize("most", [0, 30, 2_000, 20_000, 1 << 20])
def test_what_is_larger_than_the_contract_lets_out_is_cut_between_rows(most: int) -> None:
    """As many whole rows as fit, and their number: never half a row, and nothing silently."""
    whole = inside.csv(FRAME, most)
    assert len(whole.data) <= most
    full = list(csv.reader(io.StringIO(inside.csv(FRAME, 1 << 30).data.decode(), newline="")))
    kept = list(csv.reader(io.StringIO(whole.data.decode(), newline="")))
    assert kept == full[: whole.rows + 1][: len(kept)]
    assert whole.rows == max(0, len(kept) - 1)
    assert whole.rows == 1_500 or most < 100_000
    assert json.loads(inside.preview(FRAME, whole.rows))["whole_rows"] == whole.rows
