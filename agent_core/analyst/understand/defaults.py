"""What is filled in where a question leaves something open; each choice is told."""

from collections.abc import Sequence

from agent_core.analyst.query import Aggregation, Filter, Span
from agent_core.analyst.schema.columns import Column, Table
from agent_core.analyst.schema.words import stem, stems
from agent_core.analyst.understand.lexicon import SYNONYMS, words

_ADDITIVE = frozenset(
    stem(word)
    for word in words(
        """
        revenue sales amount quantity qty units count total cost costs profit turnover income spend spending expenses
        budget precipitation rain rainfall orders visits clicks views passengers trips deaths births cases volume
        production generation net donations payments tax taxes downloads people subtotal earnings emissions
        """
    )
)
_STOCKS = frozenset({"population", "pop", "inhabitant", "headcount", "employee", "staff", "stock", "inventory"})
_RATES = frozenset(
    words("average mean rate ratio percent percentage pct per index median price share age score rating")
)
_LEVELS = frozenset(
    words("temp temperature level degree depth height weight speed pressure day open close high low rank grade balance")
)
_BAD = words(
    """
    death casualty wound disease crime murder poverty unemployment unemp accident error loss delay complaint defect
    debt cost price infection fatality missing violent inflation infl
    """
)
"""Figures that are worst where they are highest."""
_NEAR_NOUGHT = 0.1
_FIRST_CHOICES = ("revenue", "sale", "amount", "total", "profit", "value", "price", "quantity")
_MOST_MEASURES = 6


def default_aggregation(column: Column) -> Aggregation:
    """Amounts are added up, everything else is averaged."""
    named = set(stems(column.name))
    return "sum" if named & _ADDITIVE and not named & _RATES else "mean"


def default_within(column: Column, table: Table, filters: Sequence[Filter]) -> Aggregation:
    """The default where rows are kept: people may be added up within one point in time, and never over several."""
    if default_aggregation(column) == "mean" and _counts_events(column, table):
        return "sum"
    if default_aggregation(column) == "sum" or not set(stems(column.name)) & _STOCKS:
        return default_aggregation(column)
    span = next((one for one in filters if isinstance(one, Span)), None)
    one_year = span and span.start and span.end and span.end.year - span.start.year == 1
    parted = any(one.is_time_part for one in table.columns)
    at_once = table.time is None or (table.time.is_year and one_year and not parted)
    return "sum" if at_once else "mean"


def is_stock(column: Column) -> bool:
    """Whether it says how many there are at one time: people may be added up over places, never over years."""
    return bool(set(stems(column.name)) & _STOCKS)


def is_bad(column: Column) -> bool:
    """Whether a figure is worst where it is highest: deaths, crime, costs."""
    return bool(set(stems(column.name)) & _BAD)


def measures_a_kind(column: Column) -> bool:
    """Whether its name says what sort of figure it is, such as an amount, a level, a rate or a total."""
    return bool(set(stems(column.name)) & (_ADDITIVE | _STOCKS | _RATES | _LEVELS | frozenset().union(*SYNONYMS)))


def _counts_events(column: Column, table: Table) -> bool:
    """Whether it counts what happened from one moment to the next: whole numbers that come near to nought at times."""
    if table.time is None or table.time.distinct != table.rows or not column.whole or column.is_two_valued:
        return False
    if set(stems(column.name)) & (_RATES | _STOCKS | _LEVELS):
        return False
    low, high = column.minimum, column.maximum
    return low is not None and high is not None and 0 <= low <= _NEAR_NOUGHT * high


def obvious_measure(table: Table) -> Column | None:
    """The one number that a question without a measure can only mean."""
    measures = table.measures
    if len(measures) == 1:
        return measures[0]
    for wanted in _FIRST_CHOICES:
        named = [column for column in measures if wanted in stems(column.name)]
        if len(named) == 1:
            return named[0]
    return None


def all_measures(table: Table) -> tuple[Column, ...]:
    """The first few measures, where a question speaks of no one in particular."""
    return tuple(column for column in table.measures if not column.is_two_valued)[:_MOST_MEASURES]


def natural_order(column: Column) -> bool:
    """Whether groups by this column have an order of their own."""
    return column.is_time or column.role == "number"
