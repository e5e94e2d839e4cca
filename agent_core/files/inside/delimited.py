"""Tables in delimited text."""

import re
import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

import pandas as pd

from agent_core.files.inside.findings import Unreadable, call
from agent_core.files.inside.heading import Heading, about, heading_of
from agent_core.files.inside.layout import about_subtotals, subtotal_among
from agent_core.files.inside.shape import Shape
from agent_core.files.inside.sniff import HEAD_BYTES, encoding_of
from agent_core.files.inside.tally import TableTally
from agent_core.files.inside.totals import Ending, ending_of

CELLS_AT_ONCE = 1_000_000
LONGEST_EXPRESSION = 900
BAD_LINE = re.compile(r"Skipping line (\d+): expected (\d+) fields, saw (\d+)")

Opener = Callable[[], BinaryIO]


def read_delimited(opener: Opener, path: str, name: str = "", **more: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The table in a text, and what is wrong with it where something is."""
    with opener() as stream:
        encoding = encoding_of(stream)
    with opener() as stream:
        head = stream.read(HEAD_BYTES)
        text = head.decode(encoding, errors="ignore")
        shape = Shape(text, whole=not stream.read(1))
    if not text.strip("\ufeff\0 \t\r\n"):
        raise Unreadable("The file is empty.")
    heading = heading_of(shape)
    if heading.names or heading.units:
        shape.leave_out_first()
    options = _options(shape, encoding) | _below(heading, shape)
    ending = ending_of(opener, encoding, shape.delimiter, shape.rows)
    if ending.rows:
        shape.leave_out(ending.name)
        options["nrows"] = _count_rows(opener, options) - ending.rows
    tally, bad = _tally(opener, shape, options)
    if bad:
        options["on_bad_lines"] = "skip"
    expression = call("read_csv", path, **more, **options) + ("" if shape.headed else ".add_prefix('column_')")
    told = [about(heading), _about_totals(ending), _about_bad_lines(bad), about_subtotals(subtotal_among(shape.rows))]
    told.append(_about_thousands(shape.doubtful))
    return [tally.table(name, expression)], " ".join(one for one in told if one) or None


def is_table(opener: Opener) -> bool:
    """Whether a text looks like a table of at least two columns, rather than like prose or code."""
    with opener() as stream:
        head = stream.read(HEAD_BYTES)
        whole = not stream.read(1)
    with opener() as stream:
        shape = Shape(head.decode(encoding_of(stream), errors="ignore"), whole=whole)
    widths = [len(row) for row in shape.rows]
    return len(widths) > 1 and shape.width > 1 and widths.count(shape.width) > 0.9 * len(widths)


def _options(shape: Shape, encoding: str) -> dict[str, Any]:
    """What `read_csv` has to be told, and nothing that it assumes by itself."""
    options: dict[str, Any] = {
        "sep": shape.delimiter,
        "encoding": encoding,
        "decimal": shape.decimal,
        "thousands": shape.thousands,
        "skiprows": shape.header_line,
    }
    assumed = {"sep": ",", "encoding": "utf-8", "decimal": ".", "thousands": "", "skiprows": 0}
    options = {name: value for name, value in options.items() if value != assumed[name]}
    if not shape.headed:
        options["header"] = None
    if shape.blank_after:
        options["skipinitialspace"] = True
    usual = max((len(row) for row in shape.rows), key=[len(row) for row in shape.rows].count, default=0)
    if shape.headed and shape.rows and len(shape.rows[0]) > len(shape.names) == usual:
        options["index_col"] = False
    return options


def _below(heading: Heading, shape: Shape) -> dict[str, Any]:
    """How to begin below a second row of the header."""
    if heading.names:
        return {"skiprows": shape.second_line, "header": 0, "names": heading.names}
    return {"skiprows": [*range(shape.header_line), shape.second_line]} if heading.units else {}


def _tally(opener: Opener, shape: Shape, options: dict[str, Any]) -> tuple[TableTally, list[str]]:
    """Count with dates as dates where that works out, else with dates as text."""
    columns = _columns(opener, options)
    offset = max(0, len(shape.rows[0]) - len(columns)) if shape.rows and "index_col" not in options else 0
    names = {at: columns[at - offset] for at in range(offset, offset + len(columns))}
    dates = {names[at]: style for at, style in shape.date_formats().items() if at in names}
    codes = [names[at] for at in shape.text_columns() if at in names and names[at] not in dates]
    if codes:
        options["dtype"] = dict.fromkeys(codes, "str")
    while True:
        attempt = options | _date_options(dates)
        tally, bad = _count(opener, attempt, len(columns))
        kinds = {column.name: column.kinds for column in tally.columns}
        failed = {name for name in dates if kinds.get(_label(name), {"date"}) - {"date"}}
        if not failed:
            options.update(attempt)
            return tally, bad
        dates = {name: style for name, style in dates.items() if name not in failed}


def _date_options(dates: dict[Any, str]) -> dict[str, Any]:
    if not dates:
        return {}
    styles = set(dates.values())
    one = {"parse_dates": list(dates), "date_format": styles.pop() if len(styles) == 1 else dates}
    return one if len(repr(one)) < LONGEST_EXPRESSION else {}


def _is_named(options: dict[str, Any]) -> bool:
    return options.get("header", 0) is not None


def _label(name: Any) -> str:
    return name if isinstance(name, str) else f"column_{name}"


def _columns(opener: Opener, options: dict[str, Any]) -> list[Any]:
    with opener() as stream:
        return list(pd.read_csv(stream, **{**options, "nrows": 0 if _is_named(options) else 1}).columns)


def _count(opener: Opener, options: dict[str, Any], columns: int) -> tuple[TableTally, list[str]]:
    tally = TableTally()
    rows_at_once = max(1_000, CELLS_AT_ONCE // max(1, columns))
    with warnings.catch_warnings(record=True) as heard, opener() as stream:
        warnings.simplefilter("always")
        with pd.read_csv(stream, chunksize=rows_at_once, on_bad_lines="warn", **options) as chunks:
            for chunk in chunks:
                tally.add(chunk if _is_named(options) else chunk.add_prefix("column_"))
    bad = [match[0] for warning in heard for match in BAD_LINE.finditer(str(warning.message))]
    return tally, bad


def _count_rows(opener: Opener, options: dict[str, Any]) -> int:
    """Rows as pandas counts them, down to the end."""
    first: dict[str, Any] = {"usecols": [0], "dtype": "str", "on_bad_lines": "skip"}
    with opener() as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pd.read_csv(stream, chunksize=CELLS_AT_ONCE, **first, **options) as chunks:
            return sum(len(chunk) for chunk in chunks)


def _about_totals(ending: Ending) -> str | None:
    return f'The totals at the end ("{ending.name[:40]}") were left out of the table.' if ending.rows else None


def _about_thousands(number: str) -> str | None:
    return f"Numbers such as {number} were read as {number.replace('.', '')}, with thousands." if number else None


def _about_bad_lines(bad: list[str]) -> str | None:
    if not bad:
        return None
    first = BAD_LINE.search(bad[0])
    example = f": line {first[1]} has {first[3]} fields instead of {first[2]}" if first else ""
    rows = "1 row has" if len(bad) == 1 else f"{len(bad):,} rows have"
    return f"{rows} more fields than the header and can't be placed{example}. The rest was read without them."
