"""Units of measure: a figure in kilograms held against a column in grams."""

from typing import Self

from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.looks import unit_among
from agent_core.analyst.schema.words import split

_FAMILIES: tuple[dict[str, float], ...] = (
    {"mg": 1e-6, "g": 1e-3, "kg": 1, "t": 1e3, "lb": 0.45359237, "lbs": 0.45359237, "oz": 0.028349523125},
    {"mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3, "inch": 0.0254, "ft": 0.3048, "mi": 1609.344},
    {"s": 1, "sec": 1, "min": 60, "h": 3600},
    {"ml": 1e-3, "cl": 1e-2, "dl": 0.1, "l": 1},
    {"kb": 1, "mb": 1e3, "gb": 1e6, "tb": 1e9},
)
"""In kilograms, metres, seconds, litres and kilobytes of 1,000 bytes;
the pound, ounce, inch, foot and mile as agreed in 1959 (NIST SP 811)."""

_SPOKEN = {
    "gram": "g",
    "grams": "g",
    "kilo": "kg",
    "kilos": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "tonne": "t",
    "tonnes": "t",
    "pound": "lb",
    "pounds": "lb",
    "millimetres": "mm",
    "millimeters": "mm",
    "centimetres": "cm",
    "centimeters": "cm",
    "metres": "m",
    "meters": "m",
    "kilometres": "km",
    "kilometers": "km",
    "inches": "inch",
    "feet": "ft",
    "miles": "mi",
    "seconds": "s",
    "minutes": "min",
    "hours": "h",
}


class Quantity(float):
    """A number that was said with a unit."""

    __slots__ = ("unit",)
    unit: str

    def __new__(cls, number: float, unit: str) -> Self:
        """A number and its unit."""
        made = super().__new__(cls, number)
        made.unit = unit
        return made


_TOO_SHORT = {"t", "m", "s", "h", "l", "min"}
"""What is a word or a part of one more often than a unit."""


def unit_of(word: str) -> str | None:
    """The unit that a word of a question is."""
    word = word.lower()
    written = word not in _TOO_SHORT and any(word in family for family in _FAMILIES)
    return _SPOKEN.get(word) or (word if written else None)


def _units_of(column: Column) -> list[str]:
    """The unit that its values are written with, or those that its name gives."""
    if column.role == "number" and (written := unit_among(column.samples)):
        return [written.lower()]
    return [unit for word in reversed(split(column.name)) if (unit := unit_of(word))]


def goes_with(column: Column, unit: str) -> bool:
    """Whether the column's name gives a unit of the same kind."""
    named = next(iter(_units_of(column)), None)
    return named is not None and any(unit in family and named in family for family in _FAMILIES)


def in_unit_of(column: Column, figure: float) -> float:
    """The figure in the unit that the column's name gives. Raises ValueError where the two don't go together."""
    if not isinstance(figure, Quantity):
        return figure
    named = _units_of(column)
    if not named or named[0] == figure.unit:
        return float(figure)
    family = next((one for one in _FAMILIES if figure.unit in one and named[0] in one), None)
    if family is None:
        raise ValueError(f"{figure.unit} is no unit of {column.name}")
    return float(figure) * family[figure.unit] / family[named[0]]
