"""Looks at one file and prints what was found, as one line."""

import json
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from agent_core.files.inside.delimited import is_table, read_delimited
from agent_core.files.inside.findings import Unreadable
from agent_core.files.inside.packed import read_compressed, read_zip
from agent_core.files.inside.sniff import HEAD_BYTES, content_of
from agent_core.files.inside.stores import read_feather, read_json, read_json_lines, read_parquet, read_sqlite
from agent_core.files.inside.workbooks import read_old_workbook, read_workbook

Found = tuple[list[dict[str, Any]], str | None]

WORKBOOKS = (".xlsx", ".xlsm")
TABLES = (".csv", ".tsv", ".tab")
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"<table")
PROMISES = {
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".parquet": "a Parquet file",
    ".feather": "a Feather file",
    ".sqlite": "an SQLite database",
    ".gz": "a gzip file",
    ".zip": "a zip archive",
}


def report(path: str, mark: str) -> None:
    """Print the mark and the profile as JSON, in one line of ASCII."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables, problem = _look(path)
    print(mark + json.dumps({"tables": tables, "problem": problem}), flush=True)  # noqa: T201


def _look(path: str) -> Found:
    try:
        return _tables(path)
    except Unreadable as sentence:
        return [], str(sentence)
    except MemoryError:
        return [], "The file needs more memory than the sandbox has, so it could not be looked at whole."
    except pd.errors.EmptyDataError:
        return [], "The file is empty."
    except Exception as error:  # noqa: BLE001  # whatever a broken file does to a parser is told, never raised
        return [], _broken(path, error)


def _tables(path: str) -> Found:
    size = Path(path).stat().st_size
    if not size:
        raise Unreadable("The file is empty.")
    with Path(path).open("rb") as file:
        head = file.read(HEAD_BYTES)
    match content_of(head):
        case "text":
            return _text(path, head, size)
        case "binary":
            return _neither(path)
        case kind:
            return READERS[kind](path)


def _neither(path: str) -> Found:
    if path.lower().endswith((*TABLES, ".txt", ".json", ".jsonl")):
        raise Unreadable(f"The file ends in {_ending(path)} but is not text: it looks like binary data.")
    _check_promise(path)
    return [], None


def _text(path: str, head: bytes, size: int) -> Found:
    _check_promise(path)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    name = path.lower()
    if start.lower().startswith(MARKUP) and not name.endswith(TABLES):
        if name.endswith(".xls"):
            raise Unreadable(
                "The file ends in .xls but is a web page or XML. Open it in Excel, save it as .xlsx, and upload that."
            )
        return [], None
    if start[:1] in {b"{", b"["} and not name.endswith(TABLES):
        return _json(path, start, size)
    opener: Any = partial(Path(path).open, "rb")
    if name.endswith((*TABLES, ".xls")) or is_table(opener):
        return read_delimited(opener, path)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise Unreadable("The file is empty.")
    return [], None


def _json(path: str, start: bytes, size: int) -> Found:
    lines = [line for line in start.splitlines()[:3] if line.strip()]
    a_line_each = len(lines) > 1 and all(_parses(line) for line in lines[:2])
    if a_line_each or path.lower().endswith((".jsonl", ".ndjson")):
        with Path(path).open("rb") as file:
            return read_json_lines(file, path), None
    return read_json(path, size), None


def _parses(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _zip(path: str) -> Found:
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return read_workbook(path)
    if path.lower().endswith(WORKBOOKS):
        _check_promise(path)
    return read_zip(path, _tables)


def _ole(path: str) -> Found:
    if path.lower().endswith((".doc", ".ppt", ".msg")):
        return [], None
    return read_old_workbook(path), None


def _check_promise(path: str) -> None:
    ending = _ending(path).lower()
    if ending in PROMISES:
        raise Unreadable(
            f"The file ends in {ending} but is not {PROMISES[ending]}. "
            "Open it in the program that made it, save it again, and upload that."
        )


def _broken(path: str, error: Exception) -> str:
    ending = _ending(path).lower()
    promised = PROMISES.get(ending) or ("a JSON document" if ending in {".json", ".jsonl"} else "")
    if promised:
        return f"The file ends in {ending} but is not {promised} that can be read: it is damaged or cut short."
    detail = " ".join(str(error).split())[:160]
    return f"The file could not be read as a table: {detail or type(error).__name__}."


def _zstandard(path: str) -> Found:
    raise Unreadable(
        f"The file is packed with Zstandard ({_ending(path) or '.zst'}). Unpack it and upload what is inside."
    )


def _ending(path: str) -> str:
    return Path(path).suffix


READERS: dict[str, Callable[[str], Found]] = {
    "zip": _zip,
    "gzip": partial(read_compressed, "gzip"),
    "bz2": partial(read_compressed, "bz2"),
    "xz": partial(read_compressed, "xz"),
    "zstd": _zstandard,
    "parquet": lambda path: (read_parquet(path), None),
    "feather": lambda path: (read_feather(path), None),
    "sqlite": lambda path: (read_sqlite(path), None),
    "ole": _ole,
}
