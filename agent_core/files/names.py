"""File names from outside, made safe to keep, to show and to write into a folder."""

import re
import unicodedata
from collections.abc import Collection

LONGEST_BYTES = 255
"""What common file systems allow for one name, in UTF-8."""

_FALLBACK = "file"
_UNSAFE = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?\Z", re.IGNORECASE)
_LONGEST_EXTENSION = 16


def safe_name(raw: str, taken: Collection[str] = ()) -> str:
    """A single path part made from any text, unlike every name in `taken`, letter case aside.

    Folders, control and invisible characters, leading dots and what Windows reserves are taken out;
    a name in use gets a number: `sales (2).csv`.
    """
    name = _fitted(_cleaned(raw))
    used = {other.casefold() for other in taken}
    number = 2
    candidate = name
    while candidate.casefold() in used:
        candidate = _fitted(name, f" ({number})")
        number += 1
    return candidate


def _cleaned(raw: str) -> str:
    last = re.split(r"[/\\]", raw)[-1]
    visible = "".join(map(_visible, unicodedata.normalize("NFC", last)))
    name = _UNSAFE.sub("_", " ".join(visible.split())).lstrip(". -~").rstrip(". ")
    if not name:
        return _FALLBACK
    return f"_{name}" if _RESERVED.match(name) else name


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("Z") or character in "\t\n\r":
        return " "
    return "" if category.startswith("C") else character


def _fitted(name: str, suffix: str = "") -> str:
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    end = f"{suffix}{dot}{extension}"
    room = LONGEST_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + end
