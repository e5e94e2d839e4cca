"""How far each group went from its first point in time to its last."""

from agent_core.analyst.query import Query
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import label
from agent_core.analyst.write.literals import literal
from agent_core.analyst.write.titles import grouped, lowered

_MOST = 15


def movers(query: Query, time: Column) -> list[str]:
    """Lines that print and show the difference of each group, the largest first; in percent where growth is asked."""
    group, measure = query.groups[0].column.name, query.measures[0].name
    key, value = literal(group), literal(measure)
    moment = literal(time.name)
    if query.having and not time.is_year:
        moment = f"data[{moment}].dt.year"
    how = "sum" if query.aggregation == "sum" else "mean"
    ranked = literal("change in %" if query.growth else "change")
    words = f'{{"change": "Change", "change in %": "Change (%)", {key}: {literal(label(group))}}}'
    title = literal(f"Change in {lowered(label(measure))} by {grouped(query.groups[0])}")
    return [
        "",
        f"points = data.dropna(subset=[{value}]).groupby([{key}, {moment}])[{value}].{how}().reset_index()",
        f'result = points.groupby({key})[{value}].agg(["first", "last"])',
        'result["change"] = result["last"] - result["first"]',
        'result["change in %"] = 100 * result["change"] / result["first"].where(result["first"] > 0)',
        *_kept(query),
        f"result = result.sort_values({ranked}, ascending={query.order == 'ascending'}).reset_index()",
        'print("rows:", len(data))',
        'print("groups:", len(result))',
        f'print("result:", result.head({_MOST}).to_json(orient="values", double_precision=15))',
        'steepest = result.dropna(subset=["change in %"]).nlargest(1, "change in %")',
        'print("steepest:", steepest.to_json(orient="values", double_precision=15))',
        "",
        "display(result)",
        f"shown = result.head({_MOST})",
        f'fig = px.bar(shown, x={ranked}, y={key}, orientation="h", title={title}, labels={words})',
        'fig.update_yaxes(type="category", autorange="reversed")',
        "display(fig)",
    ]


def _kept(query: Query) -> list[str]:
    """Lines that leave the groups that rose, or those that fell, where only they are asked for."""
    signs = [">" if sign == "above" else "<" for sign, _ in query.having]
    return ['print("before:", len(result))', f'result = result[result["change"] {signs[0]} 0]'] if signs else []
