"""What an answer is held against: values that pandas works out here, independently of the analyst's code."""

import math
import re

from tests.analyst.running import Chat

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


def numbers(answer: str) -> list[float]:
    """Every figure in an answer."""
    return [float(text.replace(",", "")) for text in _NUMBER.findall(answer) if re.search(r"\d", text)]


def says(answer: str, *values: float) -> None:
    """Each value stands in the answer, at the precision at which figures are written."""
    written = numbers(answer)
    for value in values:
        assert any(math.isclose(value, one, rel_tol=6e-3, abs_tol=5e-3) for one in written), (
            f"{value} is not in: {answer}"
        )


def says_exactly(answer: str, *values: int) -> None:
    """Each whole number stands in the answer."""
    for value in values:
        assert float(value) in numbers(answer), f"{value} is not in: {answer}"


def in_order(answer: str, *names: str) -> None:
    """The names stand in the answer in this order."""
    places = [answer.find(name) for name in names]
    assert -1 not in places, f"{names} are not all in: {answer}"
    assert places == sorted(places), f"{names} are out of order in: {answer}"


def column(chat: Chat, name: str, table: int = 0) -> list[object]:
    """A column of a table that was shown."""
    shown = chat.tables[table]
    names = [one["name"] for one in shown["columns"]]
    return [row[names.index(name)] for row in shown["rows"]]
