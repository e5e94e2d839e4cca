"""Reads string values out of a JSON object that is still being written."""

from collections.abc import Iterable
from typing import Literal

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = frozenset("0123456789abcdefABCDEF")
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)

Place = Literal["key", "value", "between"]


class PartialStrings:
    """The top-level string values under some names, as far as the text goes.

    Text that turns out not to be JSON is not an error: the values just stop growing.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._values = dict.fromkeys(names, "")
        self._depth = 0
        self._place: Place = "between"
        self._awaits_value = False
        self._string: _String | None = None
        self._key = ""
        self._written: list[str] = []

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def feed(self, text: str) -> None:
        """Take the next piece of the document."""
        for character in text:
            if self._string is None:
                self._outside(character)
            else:
                self._inside(self._string, character)
        self._keep()

    def _outside(self, character: str) -> None:
        match character:
            case '"':
                self._begin()
            case "{" | "[":
                self._depth += 1
            case "}" | "]":
                self._depth -= 1
            case ":" if self._depth == 1:
                self._awaits_value = True
            case "," if self._depth == 1:
                self._awaits_value = False
            case _:
                pass

    def _begin(self) -> None:
        self._string = _String()
        if self._depth != 1:
            self._place = "between"
        elif self._awaits_value:
            self._place = "value"
        else:
            self._place, self._key = "key", ""
        self._written = []

    def _inside(self, string: "_String", character: str) -> None:
        piece = string.take(character)
        if piece is None:
            self._keep()
            self._string = None
            if self._place == "key":
                self._key = "".join(self._written)
            self._place = "between"
        elif piece:
            self._written.append(piece)

    def _keep(self) -> None:
        if self._place == "value" and self._key in self._values:
            self._values[self._key] = "".join(self._written)
            self._written = [self._values[self._key]]


class _String:
    """Decodes one JSON string, a character at a time. Half of a surrogate pair is not text, and dropped."""

    def __init__(self) -> None:
        self._escape = ""
        self._high = ""

    def take(self, character: str) -> str | None:
        """The text that is certain now; None where the string ends."""
        if self._escape:
            return self._escaped(self._escape + character)
        self._escape = "\\" if character == "\\" else ""
        if self._escape:
            return ""
        self._high = ""
        return None if character == '"' else character

    def _escaped(self, escape: str) -> str:
        if escape[1] != "u":
            self._escape = self._high = ""
            return _ESCAPES.get(escape[1], "")
        if len(escape) < len("\\u0000"):
            self._escape = escape
            return ""
        self._escape = ""
        digits = escape[2:]
        return self._unit(int(digits, 16)) if _HEX.issuperset(digits) else ""

    def _unit(self, unit: int) -> str:
        high, self._high = self._high, ""
        if unit in _HIGH:
            self._high = chr(unit)
            return ""
        if unit in _LOW:
            pair = high + chr(unit)
            return pair.encode("utf-16", "surrogatepass").decode("utf-16") if high else ""
        return chr(unit)
