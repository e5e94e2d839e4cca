"""What is found in a file, as plain values that go out as JSON."""

import time
from typing import Any

import pandas as pd

MOST_TABLES = 50
MOST_COLUMNS = 2_000
MOST_UNPACKED_BYTES = 1 << 30
LONGEST_SAMPLE = 40
LONGEST_NAME = 200
LONGEST_QUESTION = 600
"""Of a column's name where there are few: in a survey it is the whole question, and code has to name it."""
FEW_COLUMNS = 400
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 50
PATIENCE_SECONDS = 20.0
"""After so long, rows are still counted but no longer looked at."""

STARTED = time.monotonic()


class Unreadable(Exception):
    """Why a file is no table that can be read, in a sentence for the person."""


def out_of_patience() -> bool:
    """Whether looking has taken long enough."""
    return time.monotonic() - STARTED > PATIENCE_SECONDS


def clipped(value: Any, longest: int = LONGEST_SAMPLE) -> str:
    """A value as short text."""
    if isinstance(value, pd.Timestamp):
        value = value.date() if value == value.normalize() and value.tz is None else value
        text = value.isoformat()
    elif isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        text = str(int(value))
    else:
        text = str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing; a list in a cell is something."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def call(function: str, path: str, **options: Any) -> str:
    """A call of pandas as Python source."""
    arguments = "".join(f", {name}={value!r}" for name, value in options.items())
    return f"pd.{function}({path!r}{arguments})"
