"""Files that are packed: gzip, bzip2 and xz of one text, and zip archives of any tables."""

import bz2
import gzip
import lzma
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from agent_core.files.inside.delimited import read_delimited
from agent_core.files.inside.findings import MOST_TABLES, MOST_UNPACKED_BYTES, Unreadable
from agent_core.files.inside.sniff import HEAD_BYTES, content_of
from agent_core.files.inside.stores import read_json, read_json_lines

Found = tuple[list[dict[str, Any]], str | None]

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab")
OTHER_ENDINGS = (".xlsx", ".xlsm", ".parquet", ".feather", ".json", ".jsonl", ".ndjson")
ENCRYPTED_FLAG = 1
OPENERS: dict[str, tuple[Any, str]] = {"gzip": (gzip.open, ".gz"), "bz2": (bz2.open, ".bz2"), "xz": (lzma.open, ".xz")}


def read_compressed(kind: str, path: str) -> Found:
    """The table of one compressed text: delimited, JSON, or a JSON object in each line."""
    open_packed, ending = OPENERS[kind]
    opener: Any = partial(open_packed, path, "rb")
    with opener() as stream:
        head = stream.read(HEAD_BYTES)
    if content_of(head) != "text":
        raise Unreadable("The packed file holds no text. Unpack it and upload what is inside.")
    more = {} if path.endswith(ending) else {"compression": kind}
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] not in {b"{", b"["}:
        return read_delimited(opener, path, **more)
    if start[:1] == b"{" and b"}\n{" in start.replace(b"\r\n", b"\n"):
        with opener() as stream:
            return read_json_lines(stream, path, **more), None
    return _unpacked(opener, path, more), None


def _unpacked(opener: Callable[[], BinaryIO], path: str, more: dict[str, Any]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, opener() as stream:
        inner = Path(folder, "document.json")
        with inner.open("wb") as out:
            shutil.copyfileobj(stream, out, HEAD_BYTES)
        tables = read_json(str(inner), inner.stat().st_size)
    options = "".join(f", {name}={value!r}" for name, value in more.items())
    return [
        table | {"read_with": table["read_with"].replace(repr(str(inner)), f"{path!r}{options}")} for table in tables
    ]


def read_zip(path: str, look: Callable[[str], Found]) -> Found:
    """The tables in an archive, each entry read with `look`. Nothing of it is kept on disk."""
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if _is_table(entry)][:MOST_TABLES]
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
            raise Unreadable("The archive unpacks to more than 1 GiB. Upload the file that matters by itself.")
        if any(entry.flag_bits & ENCRYPTED_FLAG for entry in entries):
            raise Unreadable("The archive is protected by a password. Upload what is inside without one.")
        alone = len(archive.infolist()) == 1 and path.endswith(".zip")
        tables: list[dict[str, Any]] = []
        problems: list[str] = []
        for entry in entries:
            if _is_text(entry):
                named = "" if alone else entry.filename
                found, problem = read_delimited(partial(_open, archive, entry), path, named)
                found = found if alone else [_inside(path, entry.filename, table, path) for table in found]
            else:
                found, problem = _taken_out(archive, entry, path, look)
            tables += found
            problems += [problem if alone else f"{entry.filename}: {problem}"] if problem else []
    return tables, " ".join(problems) or None


def _taken_out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str, look: Callable[[str], Found]) -> Found:
    """An entry that has to be a file of its own while it is looked at; its own name is not used."""
    with tempfile.TemporaryDirectory() as folder:
        inner = str(Path(folder, "entry" + Path(entry.filename).suffix.lower()))
        with archive.open(entry) as stream, Path(inner).open("wb") as out:
            shutil.copyfileobj(stream, out, HEAD_BYTES)
        found, problem = look(inner)
    for table in found:
        table["name"] = f"{entry.filename} {table['name']}".strip()
    return [_inside(path, entry.filename, table, inner) for table in found], problem


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return archive.open(entry)  # type: ignore[return-value]


def _inside(path: str, name: str, table: dict[str, Any], read: str) -> dict[str, Any]:
    opened = f"pd.io.common.zipfile.ZipFile({path!r}).open({name!r})"
    return table | {"read_with": table["read_with"].replace(repr(read), opened)}


def _is_text(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith(TEXT_ENDINGS)


def _is_table(entry: zipfile.ZipInfo) -> bool:
    hidden = entry.filename.startswith("__MACOSX/") or entry.filename.rpartition("/")[2].startswith(".")
    return not entry.is_dir() and not hidden and entry.filename.lower().endswith(TEXT_ENDINGS + OTHER_ENDINGS)
