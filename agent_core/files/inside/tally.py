"""Counting what is in the columns of a table that comes in pieces."""

import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd

from agent_core.files.inside.findings import (
    FEW_COLUMNS,
    LONGEST_NAME,
    LONGEST_QUESTION,
    MOST_COLUMNS,
    PREVIEW_COLUMNS,
    PREVIEW_ROWS,
    clipped,
    is_missing,
    out_of_patience,
)

MOST_DISTINCT = 50_000
MOST_SAMPLES = 5
MOST_CATEGORIES = 200
MOST_CATEGORIES_IN_FEW_ROWS = 20


class _Distinct:
    """How many different values there are, up to a bound, by their hashes."""

    def __init__(self) -> None:
        self._seen: list[Any] = []
        self._pending = 0
        self._too_many = False

    def add(self, values: "pd.Series[Any]") -> None:
        """Count values, each given once."""
        if self._too_many:
            return
        self._seen.append(pd.util.hash_array(_hashable(values), categorize=False))
        self._pending += len(values)
        if self._pending > MOST_DISTINCT:
            self.count()

    def count(self) -> int | None:
        """The number so far; None where it is beyond the bound."""
        if self._seen:
            self._seen, self._pending = [np.unique(np.concatenate(self._seen))], 0
            self._too_many = self._too_many or len(self._seen[0]) > MOST_DISTINCT
        if self._too_many:
            self._seen = []
            return None
        return len(self._seen[0]) if self._seen else 0


class ColumnTally:
    """One column: what it holds, how much is missing, and a few of its values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.present = 0
        self.missing = 0
        self.kinds: set[str] = set()
        self.whole = True
        self.distinct = _Distinct()
        self.least: Any = None
        self.most: Any = None
        self.samples: dict[str, None] = {}

    def add(self, values: "pd.Series[Any]") -> None:
        """Count some more of the column."""
        present = values.dropna()
        self.present += len(present)
        self.missing += len(values) - len(present)
        if len(present):
            kind, present = typed(present)
            self.kinds.add(kind)
            self._note(kind, present)

    def _note(self, kind: str, present: "pd.Series[Any]") -> None:
        distinct = present.drop_duplicates()
        if kind in {"number", "date"}:
            least, most = distinct.min(), distinct.max()
            self.least = least if self.least is None else _safe(min, self.least, least)
            self.most = most if self.most is None else _safe(max, self.most, most)
        if kind == "number":
            self.whole = self.whole and bool((distinct % 1 == 0).all())
        self.distinct.add(distinct)
        for value in distinct.head(50):
            if len(self.samples) < MOST_SAMPLES and (text := clipped(value).strip()):
                self.samples[text] = None

    def profile(self, *, whole: bool, longest: int) -> dict[str, Any]:
        """What was found, as a ColumnProfile; without what only a look at the whole column can tell."""
        kind = self._kind()
        ordered = whole and kind in {"number", "integer", "date"} and self.least is not None
        return {
            "name": self.name[:longest],
            "kind": kind,
            "missing": self.missing,
            "distinct": self.distinct.count() if whole else None,
            "minimum": clipped(self.least) if ordered else None,
            "maximum": clipped(self.most) if ordered else None,
            "samples": list(self.samples),
        }

    def _kind(self) -> str:
        if not self.kinds:
            return "empty"
        if len(self.kinds) > 1:
            return "text"
        kind = next(iter(self.kinds))
        if kind == "number":
            return "integer" if self.whole else "number"
        return "category" if kind == "text" and self._repeats() else kind

    def _repeats(self) -> bool:
        distinct = self.distinct.count()
        if distinct is None:
            return False
        few = distinct <= MOST_CATEGORIES_IN_FEW_ROWS and distinct < self.present
        return distinct <= MOST_CATEGORIES and (few or distinct <= self.present / 2)


class TableTally:
    """A table that comes as data frames, one after the other, with the same columns."""

    def __init__(self) -> None:
        self.rows = 0
        self.looked_at = 0
        self.columns: list[ColumnTally] = []
        self.preview: list[list[str]] = []

    def add(self, frame: pd.DataFrame) -> None:
        """Count the rows of one more piece, and look into them while there is time."""
        first = self.rows == 0
        self.rows += len(frame)
        if not self.columns:
            self.columns = [ColumnTally(str(name)) for name in frame.columns[:MOST_COLUMNS]]
        if first:
            self.preview = _preview(frame)
        if first or not out_of_patience():
            self.looked_at += len(frame)
            for position, column in enumerate(self.columns):
                column.add(frame.iloc[:, position])

    def table(self, name: str, read_with: str) -> dict[str, Any]:
        """What was found, as a TableProfile."""
        whole = self.looked_at == self.rows
        longest = LONGEST_QUESTION if len(self.columns) <= FEW_COLUMNS else LONGEST_NAME
        return {
            "name": name[:LONGEST_NAME],
            "rows": self.rows,
            "columns": [column.profile(whole=whole, longest=longest) for column in self.columns],
            "read_with": read_with,
            "preview": self.preview,
        }


def typed(present: "pd.Series[Any]") -> tuple[str, "pd.Series[Any]"]:
    """What values without a missing one are, and the values in the form that fits."""
    kind = pd.api.types
    if kind.is_bool_dtype(present.dtype):
        return "boolean", present
    if kind.is_numeric_dtype(present.dtype) and not kind.is_complex_dtype(present.dtype):
        return "number", present
    if kind.is_datetime64_any_dtype(present.dtype):
        return "date", present
    if present.dtype == object:
        return _typed_objects(present)
    return "text", present.astype(str)


def _typed_objects(present: "pd.Series[Any]") -> tuple[str, "pd.Series[Any]"]:
    types = set(map(type, present))
    if types == {bool}:
        return "boolean", present
    if types <= {int, float, decimal.Decimal}:
        return "number", present.astype(float)
    if types <= {dt.date, dt.datetime, pd.Timestamp}:
        dates = pd.to_datetime(present, errors="coerce", utc=True)
        if dates.notna().all():
            return "date", dates.dt.tz_localize(None)
    return "text", present.map(str)


def _hashable(values: "pd.Series[Any]") -> Any:
    kind = pd.api.types
    if kind.is_datetime64_any_dtype(values.dtype):
        return values.astype("int64").to_numpy()
    if kind.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype="float64")
    return values.astype(str).to_numpy(dtype=object)


def _preview(frame: pd.DataFrame) -> list[list[str]]:
    rows = frame.iloc[:PREVIEW_ROWS, :PREVIEW_COLUMNS].astype(object).to_numpy()
    return [["" if is_missing(value) else clipped(value) for value in row] for row in rows]


def _safe(choose: Any, one: Any, other: Any) -> Any:
    try:
        return choose(one, other)
    except TypeError:  # dates with and without a zone can't be compared
        return one
