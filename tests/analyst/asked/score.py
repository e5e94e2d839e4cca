"""An answer held against the expected value: figures within a tolerance, names and their order, never its words."""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

Verdict = Literal["right", "unknown", "wrong"]

KINDS = ("number", "numbers", "name", "names", "ranking", "table", "cells", "values", "unknown")
_FIGURE = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_MARKS = re.compile(r"[\\`*]")
_HEADLINES = 2
"""A single figure has to be in the first two things that the answer stresses."""
_NONE = re.compile(r"\b[Nn]o (?:row|value)s? (?:is|are|fits?)\b")


@dataclass(frozen=True)
class Said:
    """What one answer showed: its text, and its tables and charts as the sandbox gave them."""

    text: str
    gave_up: bool
    tables: Sequence[dict[str, Any]] = ()
    figures: Sequence[dict[str, Any]] = ()
    files: dict[str, pd.DataFrame] = field(default_factory=dict)


def verdict(turn: dict[str, Any], said: Said, names: dict[str, Any]) -> Verdict:
    """Right, wrong, or unknown where the analyst said that it doesn't know. Not to know what can't be known is right."""
    if said.gave_up:
        return "right" if "unknown" in turn else "unknown"
    return "right" if "unknown" not in turn and all(_checks(turn, said, names)) else "wrong"


def kind(turn: dict[str, Any]) -> str:
    """What sort of value is expected."""
    return next((one for one in KINDS if one in turn), "file")


def _checks(turn: dict[str, Any], said: Said, names: dict[str, Any]) -> Iterable[bool]:
    def value(key: str) -> Any:
        return eval(turn[key], dict(names))

    if "number" in turn:
        wanted = [value("number"), *([value("or")] if "or" in turn else [])]
        yield any(close(one, said_one) for one in wanted for said_one in headline(said.text))
    if "numbers" in turn:
        yield all(_in(eval(one, dict(names)), figures(said.text)) for one in turn["numbers"])
    if "name" in turn:
        right = [str(one) for one in (value("any_of") if "any_of" in turn else [value("name")])]
        yield first_named(said.text, [str(one) for one in value("among")]) in right
    if "chart" in turn:
        yield turn["chart"] in {_drawn(one) for one in said.figures}
    if "file" in turn:
        kept = [len(frame) for name, frame in said.files.items() if name.endswith(turn["file"])]
        yield kept == [value("rows")]
    yield from (check(said, value(key)) for key, check in _GROUPED.items() if key in turn)


def close(wanted: Any, said: float) -> bool:
    """Equal at the precision at which figures are written."""
    return math.isclose(float(wanted), said, rel_tol=6e-3, abs_tol=5e-3)


def _in(wanted: Any, said: Iterable[float]) -> bool:
    return any(close(wanted, one) for one in said)


def figures(text: str) -> list[float]:
    """Every figure of a text."""
    return [float(one.replace(",", "")) for one in _FIGURE.findall(text)]


def headline(text: str) -> list[float]:
    """The figures in what a text stresses first; that there is none, said in words, is a nought."""
    none = [0.0] if _NONE.search(text) else []
    return [*none, *(one for stressed in _BOLD.findall(text)[:_HEADLINES] for one in figures(stressed))]


def plain(text: str) -> str:
    return " ".join(_MARKS.sub("", text).split()).casefold()


def first_named(text: str, names: Sequence[str]) -> str | None:
    """The name that comes first in a text; of two at one place the longer."""
    told = plain(text)
    places = [(at.start(), -len(name), name) for name in set(names) if (at := re.search(_word(name), told))]
    return min(places)[2] if places else None


def _word(name: str) -> str:
    return rf"(?<!\w){re.escape(plain(name))}(?!\w)"


def _ranked(said: Said, wanted: "pd.Series[Any]") -> bool:
    told = plain(said.text)
    places = [told.find(plain(str(name))) for name in wanted.index]
    if -1 not in places and places == sorted(places):
        return all(_in(one, figures(said.text)) for one in wanted)
    return any(
        [_cell(row[0]) for row in table["rows"]][: len(wanted)] == [_cell(one) for one in wanted.index]
        or _holds_in_order(table["rows"], wanted)
        for table in said.tables
    )


def _holds_in_order(rows: Sequence[Sequence[Any]], wanted: "pd.Series[Any]") -> bool:
    return len(rows) == len(wanted) and all(
        _cell(name) in map(_cell, row) and _in(number, _numbers(row))
        for row, (name, number) in zip(rows, wanted.items(), strict=True)
    )


def _tabled(said: Said, wanted: Sequence[tuple[tuple[Any, ...], Any]]) -> bool:
    """Whether a table was shown with just these groups and their figures, or the text has each with its figure."""
    if any(_same_groups(table["rows"], wanted) or _same_wide(table, wanted) for table in said.tables):
        return True
    told = plain(said.text)
    parts = re.split(r"[;,.] (?=\D)| and |: ", told)
    return all(
        any(all(plain(str(key)) in part for key in keys) and _in(number, figures(part)) for part in parts)
        for keys, number in wanted
    )


def _same_groups(rows: Sequence[Sequence[Any]], wanted: Sequence[tuple[tuple[Any, ...], Any]]) -> bool:
    full = [row for row in rows if any(isinstance(one, int | float) for one in row[1:])]
    return len(full) == len(wanted) and all(
        any({_cell(key) for key in keys} <= set(map(_cell, row)) and _in(number, _numbers(row)) for row in full)
        for keys, number in wanted
    )


def _named(name: str, said: Said) -> bool:
    rows = (row for table in said.tables for row in table["rows"])
    return re.search(_word(name), plain(said.text)) is not None or any(_cell(name) in map(_cell, row) for row in rows)


def _same_wide(table: dict[str, Any], wanted: Sequence[tuple[tuple[Any, ...], Any]]) -> bool:
    """A table with a column for each of the second keys."""
    names = [plain(str(column["name"])) for column in table["columns"]]
    if any(len(keys) != 2 or plain(str(keys[1])) not in names for keys, _ in wanted):
        return False
    rows = {_cell(row[0]): row for row in table["rows"]}
    return len(rows) == len({keys[0] for keys, _ in wanted}) and all(
        _cell(keys[0]) in rows and _in(number, _numbers([rows[_cell(keys[0])][names.index(plain(str(keys[1])))]]))
        for keys, number in wanted
    )


_GROUPED: dict[str, Callable[[Said, Any], bool]] = {
    "ranking": _ranked,
    "names": lambda said, wanted: all(_named(str(one), said) for one in wanted),
    "table": lambda said, wanted: _tabled(said, [((key,), number) for key, number in wanted.items()]),
    "cells": lambda said, wanted: _tabled(said, list(wanted.dropna().items())),
    "values": lambda said, wanted: all(_in(one, [*figures(said.text), *_shown(said)]) for one in wanted),
}


def _numbers(row: Sequence[Any]) -> list[float]:
    return [float(one) for one in row if isinstance(one, int | float)]


def _cell(value: Any) -> str:
    """A key as comparable text: a year is a year, whether a number, a text or the first of January."""
    if isinstance(value, dt.date):
        value = value.isoformat()
    text = plain(str(value))
    text = re.sub(r"^(\d{4})(?:-01)?-01(?:t00:00:00.*)?$", r"\1", text)
    return text.removesuffix(".0")


def _shown(said: Said) -> list[float]:
    """Every figure in the tables and charts."""
    found = [number for table in said.tables for row in table["rows"] for number in _numbers(row)]
    for figure in said.figures:
        for trace in figure["data"]:
            for axis in ("x", "y", "z", "values"):
                found += [float(one) for one in _flat(trace.get(axis)) if isinstance(one, int | float)]
    return found


def _flat(values: Any) -> Iterable[Any]:
    if isinstance(values, dict) and "bdata" in values:
        import base64

        import numpy as np

        yield from np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist()
    elif isinstance(values, list):
        for one in values:
            yield from _flat(one) if isinstance(one, list | dict) else [one]


def _drawn(figure: dict[str, Any]) -> str:
    trace = figure["data"][0] if figure["data"] else {}
    lines = trace.get("type") == "scatter" and "lines" in str(trace.get("mode", ""))
    return "line" if lines else str(trace.get("type"))
