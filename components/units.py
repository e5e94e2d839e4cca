"""Sizes, times and money as people read them, a number never parted from its unit by a line's end."""

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from agent_core.contract.words import NO_BREAK, unbroken

_MINUTE = 60
_HOUR = 60 * _MINUTE
_UNITS = ("kB", "MB", "GB", "TB")
_STEP = 1_000
_WITH_TENTHS = 99.95
_SHORT = 9.95
_CENT, _MICRO = Decimal("0.01"), Decimal("0.000001")


def size(count_of_bytes: int) -> str:
    """Bytes, as in `12.3 MB`."""
    if count_of_bytes < _STEP:
        return unbroken(count(count_of_bytes, "byte"))
    value, place = count_of_bytes / _STEP, 0
    while value >= _STEP - 0.5 and place < len(_UNITS) - 1:
        value, place = value / _STEP, place + 1
    number = f"{value:.1f}" if value < _WITH_TENTHS else f"{value:,.0f}"
    return f"{number}{NO_BREAK}{_UNITS[place]}"


def seconds(value: float) -> str:
    """A time, as in `0.2 s`, `1 min 05 s` or `2 h 10 min`."""
    if value < _MINUTE - 0.5:
        return unbroken(f"{value:.1f} s" if value < _SHORT else f"{value:.0f} s")
    whole = round(value)
    if whole < _HOUR:
        return unbroken(f"{whole // _MINUTE} min {whole % _MINUTE:02d} s")
    return unbroken(f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min")


def since(moment: datetime) -> str:
    """How long ago that was, in whole seconds."""
    passed = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    return unbroken(f"{passed} s") if passed < _MINUTE else seconds(passed)


def remaining(moment: datetime) -> str:
    """How long it is until then: in minutes, or in seconds where it is less than two."""
    left = max(0, math.ceil((moment - datetime.now(UTC)).total_seconds()))
    if left < 2 * _MINUTE:
        return unbroken(f"{left} s")
    return unbroken(f"{round(left / _MINUTE)} min" if left < 2 * _HOUR else f"{round(left / _HOUR)} h")


def dollars(value: Decimal) -> str:
    """Money in cents, or in as many digits as it takes to see that it is not nothing."""
    cents = value.quantize(_CENT, ROUND_HALF_UP)
    return f"${value.quantize(_MICRO, ROUND_HALF_UP).normalize():f}" if not cents and value >= _MICRO else f"${cents:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, as in `1 row` or `1,200 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short(text: str, most: int = 70) -> str:
    """A title or a question on one line of so many letters, cut where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
