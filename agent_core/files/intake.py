"""A file on its way in: measured against the contract, hashed and kept. Its content is not parsed here."""

from collections.abc import Collection, Iterator
from typing import BinaryIO

from agent_core.contract import Contract
from agent_core.errors import ErrorKind, StoreUnavailable
from agent_core.events import FileRefused, Upload
from agent_core.files.names import safe_name
from agent_core.storage.artifacts import Artifacts

MOST_FILES = 50
"""How many files one conversation may hold."""

_FULL = f"There are {MOST_FILES} files in this conversation already"
_PIECE_BYTES = 1 << 20
_MIB = 1 << 20


class _TooLarge(Exception):
    """More came than the contract allows for one file."""


def refusal(name: str, size: int, contract: Contract, files: int = 0) -> FileRefused | None:
    """Why a file of an announced size can't come in beside as many others; None where it may."""
    if files >= MOST_FILES:
        return _refused(name, "clause_refused", f"{_FULL}, so {name!r} was left out. Remove one to make room.")
    if size == 0:
        return _empty(name)
    return _too_large(name, size, contract) if size > _limit(contract) else None


def take_in(
    raw_name: str,
    content: BinaryIO,
    size: int,
    *,
    contract: Contract,
    taken: Collection[str],
    store: Artifacts,
    here: Collection[str] = (),
) -> Upload | FileRefused:
    """Keep a file under a safe name unlike those `taken`, or say why it can't come in.

    Of the names that are `here` from before it takes the one that is its own, letter case aside: it replaces that file.

    The content is read once, in pieces, and never further than the limit; `size` is what was
    announced, and is not trusted.
    """
    name = safe_name(raw_name, taken)
    name = next((one for one in here if one.casefold() == name.casefold()), name)
    refused = refusal(name, size, contract, len({*taken, *here} - {name}))
    if refused is not None:
        return refused
    try:
        sha256, kept = store.put(_pieces(content, _limit(contract)))
    except _TooLarge:
        return _too_large(name, None, contract)
    except StoreUnavailable as error:
        return _refused(name, error.kind, str(error))
    return Upload(name=name, size=kept, sha256=sha256) if kept else _empty(name)


def _limit(contract: Contract) -> int:
    return contract.filesystem.largest_file_mib * _MIB


def _pieces(content: BinaryIO, limit: int) -> Iterator[bytes]:
    total = 0
    while piece := content.read(_PIECE_BYTES):
        total += len(piece)
        if total > limit:
            raise _TooLarge
        yield piece


def _too_large(name: str, size: int | None, contract: Contract) -> FileRefused:
    limit = contract.filesystem.largest_file_mib
    has = f"has {_readable(size)}" if size is not None else f"has more than {limit} MiB"
    sentence = (
        f"The file {name!r} {has}, and the contract allows {limit} MiB for one file. "
        "Raise the largest file under Files in the contract, or give a smaller file."
    )
    return _refused(name, "file_too_large", sentence)


def _empty(name: str) -> FileRefused:
    return _refused(name, "clause_refused", f"The file {name!r} is empty, so there is nothing to read in it.")


def _refused(name: str, error: ErrorKind, message: str) -> FileRefused:
    return FileRefused(name=name, error=error, message=message)


def _readable(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size / _MIB:.1f} MiB"
