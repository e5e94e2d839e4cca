"""Tables in files that keep their own types: Parquet, Feather, SQLite and JSON."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pandas as pd

from agent_core.files.inside.findings import MOST_TABLES, Unreadable, call, out_of_patience
from agent_core.files.inside.tally import TableTally

ROWS_AT_ONCE = 50_000
MOST_SQLITE_ROWS = 200_000
MOST_JSON_BYTES = 64 << 20
DEEPEST = 3
_SPLIT = ({"columns", "data"}, {"columns", "index", "data"})
CONNECT = "pd.compat._optional.import_optional_dependency('sqlite3').connect"


def read_parquet(path: str) -> list[dict[str, Any]]:
    """The table of a Parquet file."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    tally = TableTally()
    with pq.ParquetFile(path) as file:
        empty = file.schema_arrow.empty_table().to_pandas()
        labels = any(name is not None and name not in empty.columns for name in empty.index.names)
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            tally.add(_labelled(batch.to_pandas(), labels=labels))
            if out_of_patience():
                break
        if not tally.columns:
            tally.add(_labelled(empty, labels=labels))
        tally.rows = file.metadata.num_rows
    expression = call("read_parquet", path)
    return [tally.table("", f"{expression}.reset_index()" if labels else expression)]


def _labelled(frame: pd.DataFrame, *, labels: bool) -> pd.DataFrame:
    """The frame with its labels of rows as columns, where they have names: a group is no less data than a sum."""
    return frame.reset_index() if labels else frame


def read_feather(path: str) -> list[dict[str, Any]]:
    """The table of a Feather (Arrow) file."""
    import pyarrow as pa  # noqa: PLC0415

    tally = TableTally()
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as file:
        tally.add(file.schema.empty_table().to_pandas())
        for number in range(file.num_record_batches):
            batch = file.get_batch(number)
            for start in range(0, batch.num_rows, ROWS_AT_ONCE):
                tally.add(batch.slice(start, ROWS_AT_ONCE).to_pandas())
    return [tally.table("", call("read_feather", path))]


def read_sqlite(path: str) -> list[dict[str, Any]]:
    """The tables of an SQLite database, which is opened for reading only."""
    address = f"file:{quote(path)}?mode=ro&immutable=1"
    database = sqlite3.connect(address, uri=True)
    try:
        database.set_progress_handler(lambda: int(out_of_patience()), 100_000)
        query = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and rootpage > 0"
        names = [name for (name,) in database.execute(query).fetchmany(MOST_TABLES)]
        return [_sqlite_table(database, address, name) for name in names]
    finally:
        database.close()


def _sqlite_table(database: sqlite3.Connection, address: str, name: str) -> dict[str, Any]:
    quoted = '"{}"'.format(name.replace('"', '""'))
    everything = f"select * from {quoted}"  # noqa: S608  # a table's name can't be a parameter
    tally = TableTally()
    for chunk in pd.read_sql_query(f"{everything} limit {MOST_SQLITE_ROWS}", database, chunksize=ROWS_AT_ONCE):
        tally.add(chunk)
    (tally.rows,) = database.execute(f"select count(*) from {quoted}").fetchone()  # noqa: S608
    return tally.table(name, f"pd.read_sql_query({everything!r}, {CONNECT}({address!r}, uri=True))")


def read_json_lines(stream: BinaryIO, path: str, **more: Any) -> list[dict[str, Any]]:
    """The table of a text with one JSON object in each line."""
    tally = TableTally()
    with pd.read_json(stream, lines=True, chunksize=ROWS_AT_ONCE) as chunks:
        for chunk in chunks:
            tally.add(chunk)
    return [tally.table("", call("read_json", path, lines=True, **more))]


def read_json(path: str, size: int) -> list[dict[str, Any]]:
    """The table of a JSON document: a list of objects, or the longest such list right under its top."""
    if size > MOST_JSON_BYTES:
        raise Unreadable(
            f"A JSON file of {size >> 20} MiB is too large to look into; one object in each line can be any size."
        )
    document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    expression = _json_expression(document, path)
    # The expression is ours, made of the path and a key by `repr`; running it shows that it works.
    frame = eval(expression, {"pd": pd})  # noqa: S307
    tally = TableTally()
    tally.add(frame)
    return [tally.table("", expression)]


def _json_expression(document: Any, path: str) -> str:
    if _is_records(document):
        nested = any(isinstance(value, dict) for record in document[:100] for value in record.values())
        flat = call("read_json", path)
        return f"pd.json_normalize({call('read_json', path, typ='series')}.tolist())" if nested else flat
    if _is_rows(document):
        return f"pd.DataFrame({call('read_json', path)}.iloc[1:].values.tolist(), columns={document[0]!r})"
    if isinstance(document, dict):
        if set(document) in _SPLIT and _fits(document):
            return call("read_json", path, orient="split")
        if keys := max(_lists(document, ()), key=lambda found: (-len(found[1]), found[0]), default=(0, ()))[1]:
            place = "".join(f"[{key!r}]" for key in keys)
            return f"pd.json_normalize({call('read_json', path, typ='series')}{place})"
        if document and all(isinstance(value, list | dict) for value in document.values()):
            return call("read_json", path)
    raise Unreadable("The JSON file holds no list of records, so there is no table in it.")


def _lists(document: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The length and the place of each list of records."""
    for key, value in document.items():
        if _is_records(value):
            yield len(value), (*above, key)
    if len(above) < DEEPEST:
        for key, value in document.items():
            if isinstance(value, dict):
                yield from _lists(value, (*above, key))


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _is_rows(value: Any) -> bool:
    """Whether it is a list of lists of one length, the first of them names unlike each other."""
    if not (isinstance(value, list) and len(value) > 1 and all(isinstance(row, list) for row in value)):
        return False
    names = value[0]
    named = bool(names) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    return named and all(len(row) == len(names) for row in value)


def _fits(document: dict[str, Any]) -> bool:
    columns, rows = document["columns"], document["data"]
    if not (isinstance(columns, list) and isinstance(rows, list)):
        return False
    return bool(columns) and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
