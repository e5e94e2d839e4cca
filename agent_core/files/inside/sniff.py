"""What the bytes of a file say that it is, whatever its name says."""

import codecs
from typing import BinaryIO

from agent_core.files.inside.findings import MOST_UNPACKED_BYTES, Unreadable

HEAD_BYTES = 1 << 20
MOST_CONTROL_SHARE = 0.01

SIGNATURES = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROLS = bytes(sorted({*range(32), 127} - {8, 9, 10, 12, 13, 27}))
WINDOWS_ONLY = bytes(range(0x80, 0xA0))
NOT_IN_WINDOWS = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def content_of(head: bytes) -> str:
    """`zip`, `gzip`, `parquet` and so on by the first bytes; `text` or `binary` for the rest."""
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if any(head.startswith(bom) for bom, _ in BOMS) or _wide_encoding(head):
        return "text"
    controls = len(head) - len(head.translate(None, CONTROLS))
    return "binary" if controls > MOST_CONTROL_SHARE * len(head) else "text"


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a text that is read to its end. Raises Unreadable where it unpacks to too much."""
    head = stream.read(HEAD_BYTES)
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    return _wide_encoding(head) or _narrow_encoding(head, stream)


def _wide_encoding(head: bytes) -> str:
    evens, odds = head[0:2_000:2], head[1:2_000:2]
    if odds and odds.count(0) > 0.4 * len(odds) and not evens.count(0):
        return "utf-16-le"
    if evens and evens.count(0) > 0.4 * len(evens) and not odds.count(0):
        return "utf-16-be"
    return ""


def _narrow_encoding(piece: bytes, stream: BinaryIO) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    unicode, ascii_only, upper, total = True, True, set[int](), 0
    while piece:
        total += len(piece)
        if total > MOST_UNPACKED_BYTES:
            raise Unreadable("The file is packed and holds more than 1 GiB, so it was not unpacked.")
        if not piece.isascii():
            ascii_only = False
            upper |= set(piece.translate(None, bytes(range(0x80))))
            unicode = unicode and _decodes(decoder, piece)
        piece = stream.read(HEAD_BYTES)
    if ascii_only or (unicode and _decodes(decoder, b"", final=True)):
        return "utf-8"
    windows = upper & set(WINDOWS_ONLY) and not upper & set(NOT_IN_WINDOWS)
    return "cp1252" if windows else "latin-1"


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
