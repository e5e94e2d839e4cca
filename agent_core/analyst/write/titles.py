"""Titles and axis names in human words."""

from agent_core.analyst.query import Aggregation, Grain, Group, Query
from agent_core.analyst.schema.words import label

AGGREGATIONS: dict[Aggregation, str] = {
    "count": "number of rows",
    "sum": "total",
    "mean": "average",
    "median": "median",
    "min": "lowest",
    "max": "highest",
    "std": "standard deviation of",
    "nunique": "number of different",
    "quantile": "percentile of",
    "range": "range of",
}
GRAINS: dict[Grain, str] = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "decade": "decade",
    "month_of_year": "month of the year",
    "weekday": "day of the week",
    "hour": "hour of the day",
}


def lowered(text: str) -> str:
    """A label in the middle of a sentence; abbreviations stay as they are."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def measured(query: Query) -> str:
    """What is measured, such as `average body mass (g)`."""
    if query.aggregation == "count" or not query.measures:
        what = "number of rows"
    else:
        names = " and ".join(lowered(label(column.name)) for column in query.measures[:3])
        what = f"{AGGREGATIONS[query.aggregation]} {names}"
    if query.ratio:
        first, second = (lowered(label(column.name)) for column in query.measures)
        return f"{first} in percent of {second}" if query.share else f"{first} divided by {second}"
    if query.running:
        what = f"running {what}"
    if query.change == "steps":
        what = f"change in {what}"
    if query.aggregation == "quantile" and query.measures:
        what = f"{round(100 * query.quantile)}th {what}"
    return (
        f"share of the {what}"
        if query.share and query.aggregation == "sum"
        else "share of rows"
        if query.share
        else what
    )


def grouped(group: Group) -> str:
    """By what rows are put together."""
    return GRAINS[group.grain] if group.grain else lowered(label(group.column.name))


def title(query: Query) -> str:
    """A chart's title."""
    what = measured(query)
    by = " and ".join(grouped(group) for group in query.groups)
    whole = f"{what} by {by}" if by else what
    return whole[:1].upper() + whole[1:]
