"""A row of totals at the end of a delimited text, and whatever stands below it."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from agent_core.files.inside.layout import MOST_FOOTERS, TOTAL, is_total

TAIL_BYTES = 64 << 10
_TOTAL = re.compile(rf"{TOTAL}\W*(?:\d{{4}}|all|overall|general)?\W*", re.IGNORECASE)
_FURTHER = re.compile(r"(?:averages?|mean|median|durchschnitt|mittelwert|moyenne)\b.*", re.IGNORECASE)
_FEWEST_ROWS = 2


@dataclass(frozen=True)
class Ending:
    """How many rows at the end are no data, and what the first of them calls itself."""

    rows: int = 0
    name: str = ""


def ending_of(opener: Callable[[], BinaryIO], encoding: str, delimiter: str, above: Sequence[Sequence[str]]) -> Ending:
    """The totals at the end of a text. None where rows further `above` are called so too: then they are data."""
    rows = _last_rows(opener, encoding, delimiter)
    places = [at for at, row in enumerate(rows) if _is_total(row)]
    if len(places) != 1 or not max(_FEWEST_ROWS, len(rows) - MOST_FOOTERS - 1) < places[0]:
        return Ending()
    name = next(cell.strip() for cell in rows[places[0]] if cell.strip())
    if sum(_is_total(row) for row in above) > 1 or any(_has_data(row) for row in rows[places[0] + 1 :]):
        return Ending()
    return Ending(len(rows) - places[0], name)


def _last_rows(opener: Callable[[], BinaryIO], encoding: str, delimiter: str) -> list[list[str]]:
    with opener() as stream:
        tail = _tail(stream)
    text = tail.decode(encoding, errors="ignore")
    if len(tail) == TAIL_BYTES:
        text = text[text.find("\n") + 1 :]
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return []


def _tail(stream: BinaryIO) -> bytes:
    """The last bytes of a stream, which may have been packed and so can only be read from its start."""
    kept = b""
    while piece := stream.read(1 << 20):
        kept = (kept + piece)[-TAIL_BYTES:]
    return kept


def _is_total(row: Sequence[str]) -> bool:
    cells = [cell.strip() or None for cell in row]
    name = next((cell for cell in cells if cell), "")
    return _TOTAL.fullmatch(name) is not None and is_total(cells)


def _has_data(row: Sequence[str]) -> bool:
    """Whether a row below the totals is more than a note or an average."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) > 1 and _FURTHER.fullmatch(cells[0]) is None
