"""The whole program for a query."""

import re
from typing import Literal, assert_never

from agent_core.analyst.query import Query
from agent_core.analyst.write import look, spread
from agent_core.analyst.write.aggregate import aggregate
from agent_core.analyst.write.export import clean, export
from agent_core.analyst.write.literals import literals
from agent_core.analyst.write.load import load, spellings, used
from agent_core.analyst.write.rows import select

_CHECKED = {"aggregate", "rows", "unique", "portion", "distribution", "relation"}

Repair = Literal["columns", "types"]

_IMPORTS = (
    (r"\bcalendar\.", "import calendar"),
    (r"\bjson\.", "import json"),
    (r"\bos\.", "import os"),
    (r"\bre\.", "import re"),
    (r"\bpd\.", "import pandas as pd"),
    (r"\bpx\.", "import plotly.express as px"),
)
_STANDARD = 4
"""How many of them are of the standard library."""


def program(query: Query, *, repair: Repair | None = None) -> str:
    """Python that loads the table, works the query out, prints the facts and shows the result.

    `repair` is what the first attempt failed with: "columns" makes all column names text,
    "types" reads the measured columns as numbers
    and the dates as dates.
    """
    columns = query.table.columns if query.intent == "clean" else used(query)
    checks = spellings(query) if query.intent in _CHECKED else []
    body = [*load(query.table, columns), *_repairs(query, repair), *checks, "", *_work(query), *export(query)]
    text = "\n".join(body)
    standard = [line for name, line in _IMPORTS[:_STANDARD] if re.search(name, text)]
    others = [line for name, line in _IMPORTS[_STANDARD:] if re.search(name, text)]
    head = "\n".join([*standard, *([""] if standard else []), *others])
    return re.sub(r"\n{3,}", "\n\n", f"{head}\n\n{text}\n")


def _work(query: Query) -> list[str]:  # noqa: C901, PLR0911 - one line for each kind
    match query.intent:
        case "portion":
            return spread.portion(query)
        case "overview" | "columns":
            return [*select(query), *look.overview()]
        case "quality":
            return [*select(query), *look.quality()]
        case "outliers":
            return [*select(query), *look.outliers(query)]
        case "rows":
            return [*select(query), *look.rows(query)]
        case "unique":
            return [*select(query), *look.unique(query)]
        case "aggregate":
            return [*select(query), *aggregate(query)]
        case "distribution":
            return [*select(query), *spread.distribution(query)]
        case "relation":
            return [*select(query), *spread.relation(query)]
        case "correlation":
            return [*select(query), *spread.correlation(query)]
        case "clean":
            return [*select(query), *clean(query)]
    assert_never(query.intent)


def _repairs(query: Query, repair: Repair | None) -> list[str]:
    variable = query.table.variable
    match repair:
        case "columns":
            return [f"{variable}.columns = {variable}.columns.map(lambda name: str(name).strip())"]
        case "types":
            numbers = [column.name for column in query.measures if column.role == "number"]
            dates = [column.name for column in used(query) if column.role == "date"]
            return [
                f"for name in {literals(numbers)}:",
                f'    {variable}[name] = pd.to_numeric({variable}[name], errors="coerce")',
                f"for name in {literals(dates)}:",
                f'    {variable}[name] = pd.to_datetime({variable}[name], format="mixed", errors="coerce")',
            ]
    return []
