"""The wire between the host and a worker: u32 header length, u32 body length, a JSON header, raw bytes.

What comes from a sandbox is hostile. `Decoder` bounds both lengths before it waits for them, never
raises, and builds nothing but JSON values and bytes; what it can't read is a value, `Garbage`.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LENGTHS = struct.Struct(">II")
HEADER_LIMIT = 64 << 10

Header = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. The header is a JSON object; the body is whatever it says."""

    header: Header
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no frame. When `fatal`, the place of the next frame is lost as well."""

    reason: str
    fatal: bool = False


def encode(frame: Frame) -> bytes:
    """A frame as bytes. Raises ValueError when the header is too long, or is not JSON."""
    header = json.dumps(frame.header, allow_nan=False).encode()
    if len(header) > HEADER_LIMIT:
        raise ValueError(f"A frame's header of {len(header)} bytes is over {HEADER_LIMIT}.")
    return LENGTHS.pack(len(header), len(frame.body)) + header + frame.body


class Decoder:
    """Bytes in, at any boundaries; frames out. After fatal garbage it yields nothing more."""

    def __init__(self, *, body_limit: int) -> None:
        self.body_limit = body_limit
        self._buffer = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> Iterator[Frame | Garbage]:
        """Take bytes in, and yield each frame that is now complete."""
        if self._broken:
            return
        self._buffer += data
        while (found := self._next()) is not None:
            yield found
            if isinstance(found, Garbage) and found.fatal:
                self._broken = True
                self._buffer.clear()
                return

    def _next(self) -> Frame | Garbage | None:
        if len(self._buffer) < LENGTHS.size:
            return None
        header_length, body_length = LENGTHS.unpack_from(self._buffer)
        if header_length > HEADER_LIMIT or body_length > self.body_limit:
            return Garbage(f"lengths of {header_length} and {body_length} bytes", fatal=True)
        start = LENGTHS.size + header_length
        end = start + body_length
        if len(self._buffer) < end:
            return None
        header = bytes(memoryview(self._buffer)[LENGTHS.size : start])
        body = bytes(memoryview(self._buffer)[start:end])
        del self._buffer[:end]
        return _frame(header, body)


def _frame(header: bytes, body: bytes) -> Frame | Garbage:
    value = parse_json(header)
    return Frame(value, body) if isinstance(value, dict) else Garbage("a header that is not a JSON object")


def parse_json(data: bytes) -> Any:
    """JSON from a sandbox, or None. Text in it can be stored and sent: it holds no lone surrogates."""
    try:
        value = json.loads(data, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value


def _refuse(name: str) -> None:
    raise ValueError(name)
