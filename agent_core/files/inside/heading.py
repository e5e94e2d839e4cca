"""Rows between the header of a delimited text and its data: the second row of names, or one of units."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_core.files.inside.layout import names_of_two_rows
from agent_core.files.inside.shape import MISSING, Shape, is_figure

_UNIT = (
    r"(?:[munpkKMGTc]?(?:g|m|l|L|s|A|V|W|J|N|Pa|Hz|B|mol|cd|F|Wh|cal|eV|bar|ha|t)|min|h|hrs?|days?|years?|°|°?[CFK]|"
)
_UNIT += r"deg|degC|degF|in|ft|yd|mi|mph|km/h|kph|lbs?|oz|gal|psi|pH|ppm|ppb|rpm|mmHg|inch(?:es)?|px|kt|"
_UNIT += r"[kKmM]?(?:[$€£¥₹]|USD|EUR|GBP|CHF|JPY)|%|pct|percent|units?|pcs|pieces|count|number|no\.?|-)"
_UNITS = re.compile(rf"[(\[]?(?:1|{_UNIT})[23²³]?(?:[/·*^ ]{_UNIT}?[-−]?[23²³]?)*[)\]]?|[(\[][^\d()\[\]]{{1,20}}[)\]]")
_FORM = re.compile(r"[(\[]?[YMDHSymdhs]{1,4}(?:[-/.:T ]+[YMDHSymdhs]{1,4})+[)\]]?")
_FEWEST_BELOW = 2


@dataclass(frozen=True)
class Heading:
    """`names` where two rows name the columns; `units` where the row under the names only says those."""

    names: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What stands there else, in columns of numbers, in a row that was left among the data."""


def heading_of(shape: Shape) -> Heading:
    """What the first row below the header is, where it holds words over columns of numbers."""
    if not shape.headed or len(shape.rows) <= _FEWEST_BELOW:
        return Heading()
    under, below = shape.rows[0], shape.rows[1:200]
    figures = [at for at in range(len(under)) if _holds_figures([row[at] for row in below if at < len(row)])]
    said = [under[at] for at in figures if under[at].lower() not in MISSING]
    if not said or any(map(is_figure, said)):
        return Heading()
    names = names_of_two_rows([shape.names, under], below, figures)
    if names and len(shape.names) == len(under) == shape.width:
        return Heading(names=names)
    present = [cell for cell in under if cell]
    if all(_UNITS.fullmatch(cell) or _FORM.fullmatch(cell) for cell in present):
        return Heading(units=present)
    return Heading(words=said if len(said) == len(figures) else [])


def about(heading: Heading) -> str | None:
    """What a person is told of it."""
    if heading.names:
        shown = ", ".join(f'"{name[:40]}"' for name in heading.names[:3])
        return f"The header has two rows, which were joined: {shown}{' and so on' if len(heading.names) > 3 else ''}."  # noqa: PLR2004
    if heading.units:
        shown = ", ".join(heading.units[:6])
        return f"The row of units under the header ({shown[:80]}) was left out of the table."
    if heading.words:
        shown = ", ".join(f'"{word[:20]}"' for word in heading.words[:3])
        return f"The first row under the header holds words ({shown}) where others hold numbers. It was read as data."
    return None


def _holds_figures(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell.lower() not in MISSING]
    return bool(present) and sum(map(is_figure, present)) > 0.8 * len(present)
