"""What a question asks for, as a frozen value."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from agent_core.analyst.schema.columns import Column, Table

Intent = Literal[
    "overview",
    "columns",
    "quality",
    "outliers",
    "rows",
    "unique",
    "aggregate",
    "portion",
    "distribution",
    "relation",
    "correlation",
    "clean",
]
Aggregation = Literal["count", "sum", "mean", "median", "min", "max", "std", "nunique", "quantile", "range"]
Grain = Literal["day", "week", "month", "quarter", "year", "decade", "month_of_year", "weekday", "hour"]
Chart = Literal["auto", "bar", "line", "area", "pie", "scatter", "histogram", "box", "heatmap", "table"]
Operator = Literal["in", "not_in", "above", "at_least", "below", "at_most", "between", "contains", "present", "missing"]
Order = Literal["auto", "descending", "ascending"]
FileFormat = Literal["csv", "xlsx", "json", "parquet"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows are kept where `column` is so. Values are texts or numbers; `between` has two.

    Without values it is held against another column, or against its own average or median over all rows.
    """

    column: Column
    operator: Operator
    values: tuple[str | float, ...] = ()
    other: Column | None = None
    middle: Literal["mean", "median"] | None = None
    alternative: "Condition | None" = None
    """Another condition that a row may fulfil instead."""


@dataclass(frozen=True, slots=True)
class Span:
    """Rows are kept by when they are.

    Within [start, end), in these months, years or hours of the day, or in a last stretch counted back from the
    newest row.
    """

    column: Column
    start: date | None = None
    end: date | None = None
    months: tuple[int, ...] = ()
    years: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    last: int | None = None
    unit: Literal["days", "weeks", "months", "years"] = "days"


Filter = Condition | Span


@dataclass(frozen=True, slots=True)
class Group:
    """Rows are put together by a column; dates by a grain, many numbers in equal steps."""

    column: Column
    grain: Grain | None = None
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """One question over one table."""

    intent: Intent
    table: Table
    measures: tuple[Column, ...] = ()
    aggregation: Aggregation = "mean"
    further: tuple[Aggregation, ...] = ()
    """More ways to sum up all rows; only where there are no groups."""
    groups: tuple[Group, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: Order = "auto"
    limit: int | None = None
    asks_for_one: bool = False
    """Whether it asks which one is first ("which region has the most ...")."""
    chart: Chart = "auto"
    wanted: tuple[Column, ...] = ()
    """What is asked of the row at the top of a ranking, beside what it is ranked by."""
    gap: bool = False
    """Whether it asks how far two groups lie apart."""
    share: bool = False
    ratio: bool = False
    """Whether the first of two measures is divided by the second; in percent where a share is asked for."""
    growth: bool = False
    change: Literal["steps", "whole", "groups"] | None = None
    """Whether the difference from each point in time to the next is wanted, or from the first to the last, or
    that for each group.
    """
    quantile: float = 0.5
    """Which one, from 0 to 1, where the aggregation is a quantile."""
    skip: int = 0
    """How many of a ranking are passed over: one where the second highest is wanted."""
    having: tuple[tuple[Operator, float], ...] = ()
    """Groups are kept where their figure is so."""
    each: Group | None = None
    """Groups whose totals are averaged: months in "average monthly sales"."""
    running: bool = False
    """Whether each point in time adds to the ones before."""
    log: bool = False
    drop_missing: bool = False
    last_rows: bool = False
    export: FileFormat | None = None
    guessed: bool = False
    """Whether no column was named to measure, so that one was chosen or rows were counted."""
    assumptions: tuple[str, ...] = ()
    """Whole sentences about choices that the question left open."""
