"""What the live session knows: its variables by name, with their types and sizes, without running any of their code.

A look goes into the sandbox as a call of its own that is no run of the conversation. It calls no method of any object
but those of exact built-in, numpy and pandas types, and has seconds, so that no hostile `__repr__` runs.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any

LOOK_SECONDS = 3.0
_MOST = 200
_LONGEST = 120

_INSIDE = """
import json, sys, types
def clip(text):
    return text if len(text) <= 80 else text[:79] + "…"
def called(value):
    return type.__dict__["__name__"].__get__(type(value))
def size(value):
    kind = type(value)
    if kind in (bool, float, complex, type(None)) or (kind is int and value.bit_length() < 200):
        return repr(value)
    if kind is str:
        return clip(json.dumps(value[:80], ensure_ascii=False))
    if kind in (bytes, bytearray):
        return f"{len(value):,} bytes"
    if kind in (list, tuple, set, frozenset, dict, range):
        return f"{len(value):,} items" if len(value) != 1 else "1 item"
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and kind is pandas.DataFrame:
        return "{:,} rows × {:,} columns".format(*value.shape)
    if pandas is not None and kind is pandas.Series:
        return f"{len(value):,} values, {value.dtype}"
    if numpy is not None and kind is numpy.ndarray:
        return " × ".join(map(str, value.shape)) + f", {value.dtype}"
    return ""
hidden = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
found = []
for name, value in list(names.items()):
    if type(name) is str and not name.startswith("_") and name != "display" and not issubclass(type(value), hidden):
        try:
            found.append([name, called(value), size(value)])
        except Exception:
            found.append([name, "", ""])
print(mark + json.dumps(found[:most]))
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. All of it is text from a sandbox: hostile."""

    name: str
    kind: str
    """The name of its type."""
    size: str
    """How large it is, or its value where that is short; empty where that can't be told without asking it."""


@dataclass(frozen=True, slots=True)
class Look:
    """A program for the sandbox, and how to find its answer among what else is printed."""

    code: str
    mark: str

    def read(self, output: str) -> tuple[Variable, ...]:
        """The variables; none where the answer is not what was asked for. Never raises."""
        _, _, answer = output.rpartition(self.mark)
        try:
            found = json.loads(answer.partition("\n")[0])
        except (ValueError, RecursionError):
            return ()
        rows = found if isinstance(found, list) else []
        return tuple(Variable(*map(_cut, row)) for row in rows[:_MOST] if _is_row(row))


def look() -> Look:
    """A new look."""
    mark = secrets.token_hex(8)
    inside = {"mark": mark, "most": _MOST}
    return Look(f"exec({_INSIDE!r}, {{'names': globals(), **{inside!r}}})", mark)


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and len(row) == 3 and all(isinstance(part, str) for part in row)  # noqa: PLR2004


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
