"""Tables in files that keep their own types: Parquet, Feather, SQLite and JSON."""

import json
import sqlite3
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pandas as pd

from agent_core.files.inside.findings import MOST_TABLES, Unreadable, call, out_of_patience
from agent_core.files.inside.tally import TableTally

ROWS_AT_ONCE = 50_000
MOST_SQLITE_ROWS = 200_000
MOST_JSON_BYTES = 64 << 20
CONNECT = "pd.compat._optional.import_optional_dependency('sqlite3').connect"


def read_parquet(path: str) -> list[dict[str, Any]]:
    """The table of a Parquet file."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    tally = TableTally()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            tally.add(batch.to_pandas())
            if out_of_patience():
                break
        if not tally.columns:
            tally.add(file.schema_arrow.empty_table().to_pandas())
        tally.rows = file.metadata.num_rows
    return [tally.table("", call("read_parquet", path))]


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
    if isinstance(document, dict):
        lists = {key: value for key, value in document.items() if _is_records(value)}
        if lists:
            key = max(lists, key=lambda key: len(lists[key]))
            return f"pd.json_normalize({call('read_json', path, typ='series')}[{key!r}])"
        if document and all(isinstance(value, list | dict) for value in document.values()):
            return call("read_json", path)
    raise Unreadable("The JSON file holds no list of records, so there is no table in it.")


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)
