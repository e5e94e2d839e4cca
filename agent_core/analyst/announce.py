"""The short sentence before a call: what is going to be done."""

from typing import assert_never

from agent_core.analyst.answer.aggregates import measured
from agent_core.analyst.answer.conditions import where
from agent_core.analyst.markdown import code, listed
from agent_core.analyst.query import FileFormat, Query
from agent_core.analyst.write.titles import GRAINS

FILES: dict[FileFormat, str] = {
    "csv": "a CSV file",
    "xlsx": "an Excel file",
    "json": "a JSON file",
    "parquet": "a Parquet file",
}


def announce(query: Query) -> str:
    """One sentence on what will be worked out, with the columns' own names."""
    filtered = f" {where(query.filters)}" if query.filters and query.intent != "portion" else ""
    file = f", and write {FILES[query.export]}" if query.export and query.intent != "clean" else ""
    return f"I'll {_does(query)}{filtered}{file}."


def _names(query: Query) -> str:
    return listed([code(column.name) for column in query.measures[:4]])


def _by(query: Query) -> str:
    groups = [GRAINS[group.grain] if group.grain else code(group.column.name) for group in query.groups]
    return f" by {listed(groups)}" if groups else ""


def _does(query: Query) -> str:  # noqa: C901, PLR0911 - one line for each kind
    match query.intent:
        case "overview" | "columns":
            return f"look at the columns and first rows of {code(query.table.file)}"
        case "quality":
            return "check for missing values, repeated rows and uneven spelling"
        case "outliers":
            return f"look for unusual values in {_names(query)}"
        case "rows":
            return (
                f"find the rows with the {'lowest' if query.order == 'ascending' else 'highest'} {_names(query)}"
                if query.measures
                else "show the rows"
            )
        case "unique":
            return f"list the different values of {_names(query)}"
        case "aggregate":
            share = "share of the " if query.share else ""
            return f"work out the {share}{measured(query)}{_by(query)}"
        case "portion":
            return f"work out which portion of the rows fits{_by(query)}"
        case "distribution":
            return f"look at how {_names(query)} is spread{_by(query)}"
        case "relation":
            return f"put {_names(query)} against each other"
        case "correlation":
            return "work out how strongly the numbers go together"
        case "clean":
            return f"clean the table and write it to {FILES[query.export or 'csv']}"
    assert_never(query.intent)
