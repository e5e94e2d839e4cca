"""Which column a comparison such as "above 100" belongs to, where it names none."""

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Condition, Filter, Query
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.adjectives import COMPARATIVES
from agent_core.analyst.understand.defaults import obvious_measure
from agent_core.analyst.understand.grouping import numbers
from agent_core.analyst.understand.meanings import Unclear
from agent_core.analyst.understand.names import column_for, score
from agent_core.analyst.understand.parts import Parts
from agent_core.analyst.understand.units import Quantity, goes_with, in_unit_of

_AGED = r"(?:under|over|above|below|aged|older than|younger than|at least|at most) <n\d+>"


def compared(parts: Parts, query: Query) -> tuple[Filter, ...] | Unclear:
    """Comparisons without a column belong to the one number that the question names."""
    if not parts.bare:
        return ()
    named = tuple(column for column in query.measures if column.role == "number" and not column.is_time)
    named = named or numbers(parts)
    if _of_rows(parts) and (people := _of_people(parts)):
        named = people
    elif not named or not _fits_comparative(parts, named):
        named = (
            _compared_by(parts) or named or _of_people(parts) or _of_time(parts) or _of_unit(parts) or _obvious(parts)
        )
    if len(named) != 1:
        return Unclear("I can't tell which column your number belongs to.", parts.table)
    try:
        return tuple(
            Condition(named[0], operator, tuple(in_unit_of(named[0], one) for one in values))
            for operator, values in parts.bare
        )
    except ValueError:
        return Unclear(f"I can't tell how the unit of your number relates to {code(named[0].name)}.", parts.table)


def _fits_comparative(parts: Parts, named: tuple[Column, ...]) -> bool:
    """Whether what is named may be compared so: a pulse is not "heavier than 180"."""
    kinds = next((kind for word, kind in COMPARATIVES.items() if parts.has(rf"\b{word} than\b")), "")
    return not kinds or any(score((stem(kind),), kind, column) for kind in kinds.split() for column in named)


def _of_rows(parts: Parts) -> bool:
    """Whether a limit is on the rows and not on what is averaged: "average bmi of people over 60"."""
    averaged = r"\b(?:average|avg|mean|median|total|highest|lowest|maximum|minimum)\b.*<c\d+>.* (?:of|for|among|by|in) "
    return parts.has(rf"{averaged}.*<[tv]\d*> (?:(?:who|that|which) )?(?:are |were |is |was )?(?:aged )?{_AGED}")


def _compared_by(parts: Parts) -> tuple[Column, ...]:
    """The column that "heavier than" speaks of."""
    said = set(parts.marked.text.split())
    word = next((word for word in COMPARATIVES if word in said and parts.has(rf"\b{word} than\b")), None)
    if word is None:
        return ()
    column = column_for(parts.table, COMPARATIVES[word])
    if column is None:
        return ()
    parts.assumptions.append(f"I took {code(column.name)} for {quoted(word)}.")
    return (column,)


def _unnamed(parts: Parts, name: str) -> tuple[Column, ...]:
    """A column that goes by this name, though the question doesn't name one."""
    column = column_for(parts.table, name)
    if column is None:
        return ()
    return _taken(parts, column)


def _taken(parts: Parts, column: Column) -> tuple[Column, ...]:
    parts.assumptions.append(f"I compared {code(column.name)}, since no column was named.")
    return (column,)


def _of_people(parts: Parts) -> tuple[Column, ...]:
    """In "customers under 30", the number is an age."""
    said = parts.has(rf"<[tv]\d*> (?:(?:who|that|which) )?(?:are |were |is |was )?(?:aged )?{_AGED}")
    return _unnamed(parts, "age") if said else ()


def _of_time(parts: Parts) -> tuple[Column, ...]:
    """In "strikes of more than 100 days", the number is a duration."""
    said = parts.has(r"<n\d+> (?:seconds|minutes|hours|days|weeks|months|years)\b")
    return _unnamed(parts, "duration") if said else ()


def _of_unit(parts: Parts) -> tuple[Column, ...]:
    """In "penguins over 5 kg", the number belongs to the only column that is a weight."""
    units = {one.unit for _, values in parts.bare for one in values if isinstance(one, Quantity)}
    fitting = [one for one in parts.table.measures if units and all(goes_with(one, unit) for unit in units)]
    return _taken(parts, fitting[0]) if len(fitting) == 1 else ()


def _obvious(parts: Parts) -> tuple[Column, ...]:
    measure = obvious_measure(parts.table)
    if measure is None:
        return ()
    return _taken(parts, measure) if len(parts.table.measures) > 1 else (measure,)
