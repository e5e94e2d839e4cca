"""Charts of a `result` table: plain, titled, sorted, one colour where one is enough."""

from agent_core.analyst.query import Query
from agent_core.analyst.schema.words import label
from agent_core.analyst.write.literals import free_name, literal, literals
from agent_core.analyst.write.titles import AGGREGATIONS, GRAINS, measured, title

MOST_BARS = 15
MOST_LINES = 8
_MANY_BARS = 7


def labels(query: Query, keys: tuple[str, ...], values: tuple[str, ...]) -> str:
    """Human words for the columns of the result, as a dict literal."""
    named = {}
    for key, group in zip(keys, query.groups, strict=True):
        named[key] = _capital(GRAINS[group.grain]) if group.grain else label(group.column.name)
    for value in values:
        named[value] = _capital(measured(query)) if len(values) == 1 else label(value)
    return "{" + ", ".join(f"{literal(name)}: {literal(text)}" for name, text in named.items()) + "}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def figure(query: Query, keys: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    """Lines that draw the result; none where a table was asked for."""
    if query.chart == "table":
        return []
    if len(query.measures) > 1 and len(keys) == 1 and not query.ratio:
        return _several(query, keys, values)
    lines = _two(query, keys, values) if len(keys) == 2 else _one(query, keys, values)  # noqa: PLR2004
    if query.log:
        lines.append(
            'fig.update_yaxes(type="log")'
            if 'orientation="h"' not in " ".join(lines)
            else 'fig.update_xaxes(type="log")'
        )
    return [*lines, "display(fig)"]


def _call(  # noqa: PLR0917 - a line of the call each
    kind: str, table: str, query: Query, keys: tuple[str, ...], values: tuple[str, ...], given: str, note: str = ""
) -> list[str]:
    return [
        f"fig = px.{kind}(",
        f"    {table},",
        f"    {given},",
        f"    title={literal(title(query) + note)},",
        f"    labels={labels(query, keys, values)},",
        ")",
    ]


def _one(query: Query, keys: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    key, value = literal(keys[0]), literal(_shown(query, values))
    series = query.groups[0].column.is_time and query.groups[0].grain not in {"weekday", "month_of_year", "hour"}
    kind = (
        query.chart
        if query.chart != "auto"
        else ("line" if series and not (query.asks_for_one or query.limit or query.change == "steps") else "bar")
    )
    match kind:
        case "line" | "area":
            ordered = (
                "result" if series and query.order == "auto" else f"result.sort_values({key})" if series else "result"
            )
            markers = ", markers=True" if kind == "line" else ""
            return _call(kind, ordered, query, keys, values, f"x={key}, y={value}{markers}")
        case "pie":
            return _call("pie", f"result.head({MOST_BARS})", query, keys, values, f"names={key}, values={value}")
        case "scatter":
            return _call("scatter", "result", query, keys, values, f"x={key}, y={value}")
    return _bars(query, keys, values, series=series)


def _bars(query: Query, keys: tuple[str, ...], values: tuple[str, ...], *, series: bool) -> list[str]:
    key, value = literal(keys[0]), literal(_shown(query, values))
    group = query.groups[0]
    if series and not query.limit and not query.asks_for_one:
        return _call("bar", "result", query, keys, values, f"x={key}, y={value}")
    many = (
        (group.column.distinct or MOST_BARS + 1) > MOST_BARS and not group.grain and not group.steps and not query.limit
    )
    wide = not query.limit and (
        group.grain is not None or group.steps is not None or (group.column.distinct or MOST_BARS) < _MANY_BARS
    )
    shown = f"result.head({MOST_BARS})" if many or (query.asks_for_one and series) else "result"
    if wide and not series:
        lines = _call("bar", shown, query, keys, values, f"x={key}, y={value}")
        return [*lines, 'fig.update_xaxes(type="category")']
    note = f" (first {MOST_BARS})" if many else ""
    lines = _call("bar", shown, query, keys, values, f'x={value}, y={key}, orientation="h"', note)
    return [*lines, 'fig.update_yaxes(type="category", autorange="reversed")']


def _shown(query: Query, values: tuple[str, ...]) -> str:
    return values[1] if (query.share and not query.ratio) or query.change == "steps" else values[0]


def _two(query: Query, keys: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    first, second, value = literal(keys[0]), literal(keys[1]), literal(_shown(query, values))
    few = query.groups[1].column.distinct is not None and query.groups[1].column.distinct <= MOST_LINES
    if query.chart == "heatmap" or (query.chart == "auto" and not few and not query.groups[0].column.is_time):
        return [
            f"table = result.pivot(index={first}, columns={second}, values={value})",
            "display(table)",
            f'fig = px.imshow(table, text_auto=".3~s", aspect="auto", title={literal(title(query))})',
            'fig.update_xaxes(type="category")',
            'fig.update_yaxes(type="category")',
        ]
    lines = []
    table = "result"
    if not few:
        lines = [
            f"largest = result.groupby({second})[{value}].sum().nlargest({MOST_LINES}).index",
            f"shown = result[result[{second}].isin(largest)]",
        ]
        table = "shown"
    line = query.chart in {"line", "area"} or (query.chart == "auto" and query.groups[0].column.is_time)
    kind = ("area" if query.chart == "area" else "line") if line else "bar"
    extra = "" if line else ', barmode="group"'
    note = "" if few else f" ({MOST_LINES} largest)"
    drawn = _call(kind, table, query, keys, values, f"x={first}, y={value}, color={second}{extra}", note)
    return lines + drawn + ([] if line else ['fig.update_xaxes(type="category")'])


def _several(query: Query, keys: tuple[str, ...], values: tuple[str, ...]) -> list[str]:
    key = literal(keys[0])
    kind = "line" if query.chart == "line" or (query.chart == "auto" and query.groups[0].column.is_time) else "bar"
    measure, figure_ = free_name("measure", (*keys, *values)), free_name("figure", (*keys, *values))
    named = {keys[0]: label(keys[0]), figure_: _capital(AGGREGATIONS[query.aggregation]), measure: ""}
    words = "{" + ", ".join(f"{literal(name)}: {literal(text)}" for name, text in named.items()) + "}"
    extra = "" if kind == "line" else ', barmode="group"'
    return [
        f"long = result.head({4 * MOST_BARS}).melt({key}, {literals(values)}, {literal(measure)}, {literal(figure_)})",
        f"fig = px.{kind}(",
        "    long,",
        f"    x={key}, y={literal(figure_)}, color={literal(measure)}{extra},",
        f"    title={literal(title(query))},",
        f"    labels={words},",
        ")",
        *(['fig.update_yaxes(type="log")'] if query.log else []),
        "display(fig)",
    ]
