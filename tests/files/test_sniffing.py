"""Properties of the sniffers: what is written in any usual way is found again, and no bytes make them fail."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent_core.files.inside.findings import Unreadable
from agent_core.files.inside.layout import layout_of, options_of
from agent_core.files.inside.shape import DATE_FORMATS, DELIMITERS, Shape, date_format
from agent_core.files.inside.sniff import content_of, encoding_of

WORDS = (
    st.text("abcdefghijklmnopqrstuvwxyz äöüßéèñ", min_size=2, max_size=12)
    .map(str.strip)
    .filter(lambda text: len(text) > 1)
)
NAMES = st.lists(WORDS.filter(lambda text: text.isascii()), min_size=2, max_size=5, unique=True)


def written(rows: list[list[str]], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def grouped(number: float, decimal: str) -> str:
    """`1,234.50`, with the marks of a point or of a comma country."""
    text = f"{number:,.2f}"
    return text if decimal == "." else text.translate(str.maketrans(",.", ".,"))


@given(
    names=NAMES,
    numbers=st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=3, max_size=30),
    delimiter=st.sampled_from(DELIMITERS),
    decimal=st.sampled_from(".,"),
    title=st.integers(0, 3),
)
@settings(deadline=None)
def test_delimiter_header_title_and_decimals_are_found(
    names: list[str], numbers: list[float], delimiter: str, decimal: str, title: int
) -> None:
    """Whatever the delimiter, the marks in numbers and the lines above the header."""
    rows = [[grouped(number, decimal), *(f"w{at}" for at in range(1, len(names)))] for number in numbers]
    text = "A title\n" * title + written([names, *rows], delimiter)
    shape = Shape(text, whole=True)
    assert (shape.delimiter, shape.header_line, shape.names) == (delimiter, title, names)
    assert shape.decimal == decimal
    assert shape.width == len(names)


@given(
    days=st.lists(st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)), min_size=1, max_size=20),
    style=st.sampled_from(
        [style for _, style in DATE_FORMATS if "%H" not in style and style not in {"ISO8601", "%Y-%m"}]
    ),
)
@settings(deadline=None)
def test_dates_are_found_and_read_as_they_were_meant(days: list[dt.date], style: str) -> None:
    """The format that is found reads every date; where a day is beyond 12, it is the one that was written."""
    cells = [day.strftime(style) for day in days]
    found = date_format(cells, day_first=style.startswith("%d"))
    if style == "%Y%m%d" and len(set(days)) <= 2:
        assert not found, "eight digits alone may be an amount, or a code"
        return
    assert found
    assert [dt.datetime.strptime(cell, found).date() for cell in cells] == days  # noqa: DTZ007


@given(st.binary(max_size=4_000))
@settings(deadline=None)
def test_any_bytes_are_something_and_have_an_encoding_that_reads_them(content: bytes) -> None:
    """The kind is one of few, and text decodes in the encoding that was found."""
    assert content_of(content) in {
        "zip",
        "gzip",
        "bz2",
        "xz",
        "zstd",
        "parquet",
        "feather",
        "sqlite",
        "ole",
        "text",
        "binary",
    }
    encoding = encoding_of(io.BytesIO(content))
    if not encoding.startswith("utf-16") and not encoding.startswith("utf-32"):
        content.decode(encoding)


@given(WORDS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"]))
@settings(deadline=None)
def test_text_in_a_usual_encoding_is_read_as_it_was_written(word: str, encoding: str) -> None:
    text = f"name,value\n{word},1\n" * 20
    assert text.encode(encoding).decode(encoding_of(io.BytesIO(text.encode(encoding)))) in {text, "\ufeff" + text}


@given(st.text(max_size=400))
@settings(deadline=None)
def test_no_text_makes_the_shape_fail(text: str) -> None:
    shape = Shape(text, whole=True)
    assert shape.delimiter in DELIMITERS
    shape.date_formats()
    shape.text_columns()


def test_a_text_that_unpacks_without_end_is_refused() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return b"x" * (128 << 20)

    with pytest.raises(Unreadable, match="1 GiB"):
        encoding_of(Endless())  # type: ignore[arg-type]


CELLS = st.one_of(st.none(), WORDS, st.integers(-1000, 1000), st.floats(-1e6, 1e6, allow_nan=False))


@given(
    names=NAMES,
    title=st.integers(0, 4),
    rows=st.lists(st.tuples(WORDS, st.integers(0, 9_999)), min_size=3, max_size=20),
    total=st.sampled_from(["", "Total", "Gesamt", "Summe:", "Grand total"]),
)
def test_header_and_totals_of_a_sheet_are_found(
    names: list[str], title: int, rows: list[tuple[str, int]], total: str
) -> None:
    """Whatever stands above the header, and whether totals stand below."""
    assume(not any(word.startswith(("total", "sum", "gesamt", "somme", "insgesamt", "totaux")) for word, _ in rows))
    sheet: list[list[Any]] = [["A title", *[None] * (len(names) - 1)] for _ in range(title if len(names) > 2 else 0)]
    header = len(sheet)
    sheet.append(list(names))
    sheet += [[word, *[number] * (len(names) - 1)] for word, number in rows]
    if total:
        sheet.append([total, *[1] * (len(names) - 1)])
    layout = layout_of(sheet, list(enumerate(sheet, 1))[-5:], len(sheet))
    assert (layout.header, layout.names, layout.footers) == (header, [], int(bool(total)))


@given(st.lists(st.lists(CELLS, max_size=6), max_size=30))
def test_no_sheet_makes_the_layout_fail(sheet: list[list[Any]]) -> None:
    layout = layout_of(sheet, list(enumerate(sheet, 1))[-5:], len(sheet))
    assert 0 <= layout.header <= max(0, len(sheet) - 1)
    options_of(sheet, ["a", "b", "c"])
