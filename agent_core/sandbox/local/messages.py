"""What a worker says, parsed from frames. `parse` is total: what makes no sense is Garbage."""

from dataclasses import dataclass
from typing import Any, get_args

from agent_core.errors import ErrorKind
from agent_core.sandbox.base import CodeError, FileEntry
from agent_core.sandbox.frames import Frame, Garbage, parse_json

_KINDS: tuple[ErrorKind, ...] = ("code_error", "out_of_memory", "disk_full", "file_too_large", "network_denied")
_SHOWN = frozenset(
    {
        "text/plain",
        "text/html",
        "text/markdown",
        "text/latex",
        "text/csv",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/svg+xml",
        "audio/wav",
        "audio/mpeg",
        "audio/ogg",
        "application/json",
        "application/vnd.plotly.v1+json",
        "application/vnd.ringfence.table+json",
    }
)
_MOST_PATH = 4_096
_MOST_NAME_BYTES = 255
_MOST_PARTS = 20
_MOST_SIZE = 1 << 50


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has taken its limits."""


@dataclass(frozen=True, slots=True)
class Displayed:
    """One rich result."""

    call: str
    data: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Done:
    """A call into the REPL or the shell ended."""

    call: str
    exit_code: int
    kept: bool
    error: CodeError | None


@dataclass(frozen=True, slots=True)
class Entries:
    """Some of the files below the working folder."""

    call: str
    files: tuple[FileEntry, ...]


@dataclass(frozen=True, slots=True)
class Filed:
    """A request about files ended; `errno` is 0 where it worked."""

    call: str
    errno: int


Message = Ready | Displayed | Done | Entries | Filed

assert set(_KINDS) <= set(get_args(ErrorKind))


def parse(frame: Frame) -> Message | Garbage:
    """The message in a frame."""
    match frame.header:
        case {"op": "ready"}:
            return Ready()
        case {"op": "display", "call": str(call), "parts": list(parts)}:
            return _displayed(call, parts, frame.body)
        case {"op": "done", "call": str(call), "exit_code": int(code), "kept": bool(kept)}:
            return Done(call, code & 0xFF, kept, _error(frame.body))
        case {"op": "entries", "call": str(call)}:
            return _entries(call, frame.body)
        case {"op": "filed", "call": str(call), "errno": int(number)}:
            return Filed(call, number)
        case _:
            return Garbage("a header of no known kind")


def _displayed(call: str, parts: list[Any], body: bytes) -> Displayed | Garbage:
    data: dict[str, bytes] = {}
    start = 0
    for part in parts[:_MOST_PARTS]:
        match part:
            case [str(mime), int(length)] if mime in _SHOWN and 0 <= length <= len(body) - start:
                data[mime] = body[start : start + length]
                start += length
            case _:
                return Garbage("a result whose parts don't fit its body")
    return Displayed(call, data)


def _error(body: bytes) -> CodeError | None:
    match parse_json(body) if body else None:
        case {"name": str(name), "message": str(message), "traceback": str(traceback), "kind": str(kind)}:
            known: ErrorKind = next((k for k in _KINDS if k == kind), "code_error")
            return CodeError(name, message, traceback, known)
        case _:
            return None


def _entries(call: str, body: bytes) -> Entries | Garbage:
    listed = parse_json(body)
    if not isinstance(listed, list):
        return Garbage("a list of files that is not a list")
    return Entries(call, tuple(found for item in listed if (found := _entry(item)) is not None))


def _entry(item: Any) -> FileEntry | None:
    match item:
        case [str(path), int(size), float() | int() as modified] if is_inside(path) and 0 <= size <= _MOST_SIZE:
            return FileEntry(path, size, float(modified) if abs(modified) < _MOST_SIZE else 0.0)
        case _:
            return None


def is_inside(path: str) -> bool:
    """Whether a path is relative, and stays below the working folder."""
    parts = path.split("/")
    if not path or len(path) > _MOST_PATH or "\0" in path:
        return False
    return all(
        part not in {"", ".", ".."} and len(part.encode("utf-8", "replace")) <= _MOST_NAME_BYTES for part in parts
    )
