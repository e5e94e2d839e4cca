"""Text that is packed: gzip, and zip archives of tables."""

import gzip
import zipfile
from functools import partial
from typing import Any, BinaryIO

from agent_core.files.inside.delimited import read_delimited
from agent_core.files.inside.findings import MOST_TABLES, MOST_UNPACKED_BYTES, Unreadable
from agent_core.files.inside.sniff import HEAD_BYTES, content_of

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab")
ENCRYPTED_FLAG = 1


def read_gzip(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The table of a gzipped text."""
    opener: Any = partial(gzip.open, path, "rb")
    with opener() as stream:
        if content_of(stream.read(HEAD_BYTES)) != "text":
            raise Unreadable("The packed file holds no text. Unpack it and upload what is inside.")
    return read_delimited(opener, path, **({} if path.endswith(".gz") else {"compression": "gzip"}))


def read_zip(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The tables of the texts in an archive, which is never unpacked to disk."""
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if _is_text(entry)][:MOST_TABLES]
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
            raise Unreadable("The archive unpacks to more than 1 GiB. Upload the file that matters by itself.")
        if any(entry.flag_bits & ENCRYPTED_FLAG for entry in entries):
            raise Unreadable("The archive is protected by a password. Upload what is inside without one.")
        if not entries:
            return [], None
        alone = len(archive.infolist()) == 1 and path.endswith(".zip")
        tables: list[dict[str, Any]] = []
        problems: list[str] = []
        for entry in entries:
            found, problem = read_delimited(partial(_open, archive, entry), path, "" if alone else entry.filename)
            tables += found if alone else [_inside(path, entry.filename, table) for table in found]
            problems += [problem if alone else f"{entry.filename}: {problem}"] if problem else []
    return tables, " ".join(problems) or None


def _open(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return archive.open(entry)  # type: ignore[return-value]


def _inside(path: str, name: str, table: dict[str, Any]) -> dict[str, Any]:
    opened = f"pd.io.common.zipfile.ZipFile({path!r}).open({name!r})"
    return table | {"read_with": table["read_with"].replace(repr(path), opened, 1)}


def _is_text(entry: zipfile.ZipInfo) -> bool:
    hidden = entry.filename.startswith("__MACOSX/") or entry.filename.rpartition("/")[2].startswith(".")
    return not entry.is_dir() and not hidden and entry.filename.lower().endswith(TEXT_ENDINGS)
