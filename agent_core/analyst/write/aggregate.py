"""Totals, averages and counts: of everything, by groups, over time."""

from dataclasses import dataclass

from agent_core.analyst.query import Aggregation, Grain, Group, Query
from agent_core.analyst.write.charts import figure
from agent_core.analyst.write.literals import free_name, literal, literals
from agent_core.analyst.write.moving import movers
from agent_core.analyst.write.titles import AGGREGATIONS

_METHODS = {"sum": "sum(min_count=1)", "mean": "mean()", "median": "median()", "min": "min()", "max": "max()"}
_METHODS |= {"std": "std()", "nunique": "nunique()"}
_METHODS |= {"range": "agg(lambda values: values.max() - values.min())"}
_FACTS = 15
_TOP_ROWS = 60
_PERIODS: dict[Grain, str] = {
    "day": ".dt.normalize()",
    "week": '.dt.to_period("W").dt.start_time',
    "month": '.dt.to_period("M").dt.start_time',
    "quarter": '.dt.to_period("Q").dt.start_time',
    "year": ".dt.year",
    "hour": ".dt.hour",
}
_NAMED = {"weekday", "month_of_year"}
SHARE = "share in %"
CHANGE = "change in %"
STEP = "change"
_SIGNS = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}


@dataclass(frozen=True, slots=True)
class Result:
    """The columns of the `result` table that the code makes."""

    keys: tuple[str, ...]
    values: tuple[str, ...]


def columns(query: Query) -> Result:
    """The columns of the result, in order; the answer reads the printed rows by them."""
    taken = [column.name for column in query.table.columns]
    keys = tuple(key_name(group, taken) for group in query.groups)
    if query.aggregation == "count" or not query.measures:
        values: tuple[str, ...] = (free_name("rows", keys),)
    else:
        values = tuple(column.name for column in query.measures)
    if query.ratio:
        return Result(keys, (free_name(ratio_name(query), keys),))
    if query.share:
        values = (values[0], free_name(SHARE, (*keys, *values)))
    elif query.change == "steps" and len(keys) == 1:
        values = (values[0], free_name(STEP, (*keys, *values)))
    elif query.growth and len(keys) == 1:
        values = (values[0], free_name(CHANGE, (*keys, *values)))
    elif query.further:
        values = (*values, *(f"{AGGREGATIONS[how]} {values[0]}" for how in query.further))
    return Result(keys, values)


def ratio_name(query: Query) -> str:
    """The name of a column that holds one measure divided by another."""
    first, second = (column.name for column in query.measures)
    return f"{first} in % of {second}" if query.share else f"{first} / {second}"


def key_name(group: Group, taken: list[str]) -> str:
    """The name of the column that holds a group's key."""
    if group.grain:
        return free_name(group.grain, taken)
    return free_name(f"{group.column.name} range", taken) if group.steps else group.column.name


def aggregate(query: Query) -> list[str]:
    """Lines that work it out, print the facts and show them."""
    flags = [column for column in query.measures if column.role == "flag"]
    lines = [f"data = data.assign(**{{{literal(one.name)}: data[{literal(one.name)}].astype(float)}})" for one in flags]
    if not query.groups:
        return lines + _single(query)
    if query.change == "groups" and query.table.time:
        return lines + movers(query, query.table.time)
    made = columns(query)
    lines += [
        assign(group, key) for group, key in zip(query.groups, made.keys, strict=True) if group.grain or group.steps
    ]
    lines += [
        "",
        *_grouped(query, made),
        *_kept(query, made),
        *_ordered(query, made),
        "",
        *_facts(query, made),
        "",
        *_limited(query),
    ]
    return [*lines, "display(result)", *figure(query, made.keys, made.values[:1] if query.further else made.values)]


def _single(query: Query) -> list[str]:
    lines = ["", 'print("rows:", len(data))']
    if query.ratio:
        return [*lines, *_ratio(query)]
    if query.each:
        return [*lines, *_per_each(query, query.each)]
    if query.aggregation == "count" or not query.measures:
        return lines
    for column in query.measures:
        place = f"data[{literal(column.name)}]"
        lines.append(f'print("missing:", {place}.isna().sum())')
        lines += [f'print("value:", {_of_all(query, place, how)})' for how in (query.aggregation, *query.further)]
    return lines


def _of_all(query: Query, place: str, how: Aggregation) -> str:
    return f"{place}.max() - {place}.min()" if how == "range" else f"{place}.{method(query, how)}"


def _ratio(query: Query) -> list[str]:
    """The totals of two columns divided, and the average of the ratios of the rows."""
    names = [column.name for column in query.measures]
    first, second = (f"both[{literal(name)}]" for name in names)
    return [
        f"both = data[{literals(names)}].dropna()",
        f'print("value:", {_factor(query)}{first}.sum() / {second}.sum())',
        f'print("each:", ({_factor(query)}{first} / {second}.where({second} != 0)).mean())',
        'display(both.sum().rename_axis("column").reset_index(name="total"))',
    ]


def _factor(query: Query) -> str:
    return "100 * " if query.share else ""


def method(query: Query, how: Aggregation) -> str:
    """The method of pandas that sums up in this way."""
    return f"quantile({query.quantile})" if how == "quantile" else _METHODS[how]


def _per_each(query: Query, each: Group) -> list[str]:
    """The average over the groups of `each`, of their totals or of their numbers of rows."""
    taken = [column.name for column in query.table.columns]
    name = key_name(each, taken)
    lines = [assign(each, name)] if each.grain or each.steps else []
    summed = f"[{literal(query.measures[0].name)}].sum()" if query.measures else ".size()"
    return [
        *lines,
        f"result = data.groupby({literal(name)}, observed=True){summed}",
        'print("each:", len(result))',
        'print("value:", result.mean())',
        f"display(result.reset_index(name={literal(free_name(_total_name(query), [name]))}))",
    ]


def _total_name(query: Query) -> str:
    return query.measures[0].name if query.measures else "rows"


def _kept(query: Query, made: Result) -> list[str]:
    """Lines that leave the groups whose figure is as wanted."""
    if not query.having:
        return []
    place = f"result[{literal(made.values[0])}]"
    lines = ['print("before:", len(result))']
    return lines + [f"result = result[{place} {_SIGNS[sign]} {literal(bound)}]" for sign, bound in query.having]


def assign(group: Group, key: str) -> str:
    """A line that puts a group's key into a column of its own."""
    place = f"data[{literal(group.column.name)}]"
    if group.steps:
        return f"data = data.assign(**{{{literal(key)}: pd.cut({place}, bins={group.steps})}})"
    match group.grain:
        case "weekday":
            made = f"pd.Categorical({place}.dt.day_name(), calendar.day_name[:], ordered=True)"
        case "month_of_year":
            made = f"pd.Categorical({place}.dt.month_name(), calendar.month_name[1:], ordered=True)"
        case "decade":
            made = f"({place if group.column.is_year else f'{place}.dt.year'} // 10 * 10)"
        case None:
            made = place
        case grain:
            made = place + _PERIODS[grain]
    return f"data = data.assign({key}={made})"


def _grouped(query: Query, made: Result) -> list[str]:
    observed = ", observed=True" if any(group.steps or group.grain for group in query.groups) else ""
    by = literal(made.keys[0]) if len(made.keys) == 1 else literals(made.keys)
    if query.ratio:
        names = [column.name for column in query.measures]
        first, second = (f"result.pop({literal(name)})" for name in names)
        return [
            f"both = data.dropna(subset={literals(names)})",
            f"result = both.groupby({by}, as_index=False{observed})[{literals(names)}].sum()",
            f"result[{literal(made.values[0])}] = {_factor(query)}{first} / {second}",
            *_named_keys(query, made),
        ]
    if query.aggregation == "count" or not query.measures:
        lines = [f"result = data.groupby({by}{observed}).size().reset_index(name={literal(made.values[0])})"]
    else:
        names = [column.name for column in query.measures]
        picked = literal(names[0]) if len(names) == 1 else literals(names)
        lines = [f"result = data.groupby({by}, as_index=False{observed})[{picked}].{method(query, query.aggregation)}"]
    if query.running and len(made.keys) == 1 and query.groups[0].column.is_time:
        place = f"result[{literal(made.values[0])}]"
        lines.append(f"{place} = {place}.cumsum()")
    for how, name in zip(query.further, made.values[1:], strict=False):
        place = f"data.groupby({by}{observed})[{literal(made.values[0])}]"
        lines.append(f"result[{literal(name)}] = {place}.{method(query, how)}.to_numpy()")
    lines += _named_keys(query, made)
    if query.share:
        first = f"result[{literal(made.values[0])}]"
        whole = f"{first}.sum()"
        if len(made.keys) > 1:
            whole = f'result.groupby({literal(made.keys[0])})[{literal(made.values[0])}].transform("sum")'
        lines.append(f"result[{literal(made.values[1])}] = 100 * {first} / {whole}")
    elif query.change == "steps" and len(made.keys) == 1:
        lines.append(f"result[{literal(made.values[1])}] = result[{literal(made.values[0])}].diff()")
    elif query.growth and len(made.keys) == 1:
        lines.append(f"result[{literal(made.values[1])}] = 100 * result[{literal(made.values[0])}].pct_change()")
    return lines


def _named_keys(query: Query, made: Result) -> list[str]:
    texts = {key for group, key in zip(query.groups, made.keys, strict=True) if group.steps or group.grain in _NAMED}
    return [f"result[{literal(key)}] = result[{literal(key)}].astype(str)" for key in made.keys if key in texts]


def by_value(query: Query) -> bool:
    """Whether the groups are put in the order of their values, not in their own order."""
    first = query.groups[0].column
    return (
        query.order != "auto"
        or query.asks_for_one
        or bool(query.having)
        or not (first.is_time or first.role == "number" or len(query.groups) > 1)
    )


def _ordered(query: Query, made: Result) -> list[str]:
    if not by_value(query):
        return []
    ascending = query.order == "ascending"
    if query.limit and len(made.keys) > 1:
        order = f"{literals([made.keys[0], made.values[0]])}, ascending=[True, {ascending}], ignore_index=True"
        return [
            f"result = result.sort_values({order})",
            f"result = result.groupby({literal(made.keys[0])}).head({query.limit})",
        ]
    key = made.values[1] if query.change == "steps" and len(made.values) > 1 else made.values[0]
    lines = [f"result = result.sort_values({literal(key)}, ascending={ascending}, ignore_index=True)"]
    return [*lines, f"result = result.iloc[{query.skip}:]"] if query.skip else lines


def is_series(query: Query) -> bool:
    """Whether the result is a row of points in time."""
    first = query.groups[0]
    return first.column.is_time and first.grain not in {"weekday", "month_of_year", "hour"} and not by_value(query)


def _facts(query: Query, made: Result) -> list[str]:
    lines = ['print("rows:", len(data))', 'print("groups:", len(result))']
    names = [group.column.name for group in query.groups]
    lines.append(f'print("ungrouped:", data[{literals(names)}].isna().any(axis=1).sum())')
    lines += [f'print("missing:", data[{literal(one.name)}].isna().sum())' for one in query.measures]
    value = literal(made.values[0])
    if is_series(query) and len(query.measures) > 1 and not query.ratio:
        return [*lines, f'print("first:", {_json("result.head(1)")})', f'print("last:", {_json("result.tail(1)")})']
    if query.change == "steps" and len(made.values) > 1:
        return lines + _steps(literal(made.values[1]))
    if is_series(query):
        return lines + _ends(made, value)
    if len(made.keys) > 1 and query.limit:
        lines.append(f'print("result:", {_json(f"result.head({_TOP_ROWS})")})')
        return lines
    if len(made.keys) > 1 and not by_value(query):
        lines.append(f"ranked = result.sort_values({value}, ascending=False)")
        lines.append(f'print("result:", {_json(f"ranked.head({_FACTS})")})')
        lines.append(f'print("last:", {_json("ranked.dropna().tail(1)")})')
        return lines
    lines.append(f'print("result:", {_json(f"result.head({_FACTS})")})')
    return lines


def _steps(step: str) -> list[str]:
    return [
        f"moved = result.dropna(subset=[{step}])",
        f"moves = moved.iloc[[moved[{step}].argmax(), moved[{step}].argmin()]] if len(moved) else moved",
        f'print("steps:", {_json("moves")})',
        f'print("average step:", moved[{step}].mean())',
    ]


def _ends(made: Result, value: str) -> list[str]:
    lines = [
        f"known = result.dropna(subset=[{value}])",
        f"ends = known.iloc[[0, -1, known[{value}].argmax(), known[{value}].argmin()]] if len(known) else known",
        f'print("ends:", {_json("ends")})',
    ]
    if len(made.keys) == 1:
        return lines
    return [
        *lines,
        f'each = known.groupby({literal(made.keys[1])})[{value}].agg(["first", "last"]).reset_index()',
        'print("lines:", len(each))',
        f'print("each:", {_json("each.head(12)")})',
    ]


def _json(table: str) -> str:
    return f'{table}.to_json(orient="values", date_format="iso", date_unit="s", double_precision=15)'


def _limited(query: Query) -> list[str]:
    return [f"result = result.head({query.limit})"] if query.limit and len(query.groups) == 1 else []
