"""How values of a contract are written for people."""

import re
from decimal import Decimal

PROVIDER_NAMES = {"local": "this machine", "e2b": "E2B", "daytona": "Daytona", "claude": "Claude"}
LANGUAGE_NAMES = {"python": "Python", "bash": "Bash", "javascript": "JavaScript", "r": "R"}

_MINUTE, _HOUR = 60, 3_600
_GIB = 1_024

NO_BREAK = "\u00a0"
_MEASURE = re.compile(r"\d (?:h \d\d min|min \d\d s|s|min|h|bytes?|[kMGT]B|[MG]iB|vCPUs?)\b")


def unbroken(text: str) -> str:
    """A text to be drawn, in which no line ends between a number and its unit. What is kept or compared stays plain."""
    return _MEASURE.sub(lambda found: found[0].replace(" ", NO_BREAK), text)


def duration(seconds: int) -> str:
    """A time in the largest unit that it is a whole number of, minutes from 2 on: 90 s, 15 min, 1 h."""
    if seconds >= _HOUR and seconds % _HOUR == 0:
        return f"{seconds // _HOUR} h"
    if seconds > 2 * _MINUTE and seconds % _MINUTE == 0:
        return f"{seconds // _MINUTE} min"
    return f"{seconds} s"


def size(mib: int) -> str:
    """A size in MiB, or in GiB where it is a whole number of them: 512 MiB, 4 GiB."""
    return f"{mib // _GIB} GiB" if mib >= _GIB and mib % _GIB == 0 else f"{mib} MiB"


def dollars(amount: Decimal) -> str:
    """Money with at least two decimals, and as many as it has: $1.00, $0.0042."""
    plain = format(amount.normalize(), "f")
    decimals = len(plain.partition(".")[2])
    return f"${amount:.{max(2, decimals)}f}"


def count(number: int, one: str, many: str) -> str:
    """A number with its noun: 1 process, 64 processes."""
    return f"{number} {one if number == 1 else many}"


def listed(words: tuple[str, ...], last: str = "and") -> str:
    """Words as a list in a sentence: a; a and b; a, b and c."""
    if len(words) < 2:  # noqa: PLR2004
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
