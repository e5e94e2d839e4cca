"""Distributions, relations between numbers, and the portion of rows that fit."""

from dataclasses import replace

from agent_core.analyst.query import Condition, Query
from agent_core.analyst.schema.words import label
from agent_core.analyst.write.aggregate import assign, key_name
from agent_core.analyst.write.literals import literal, literals
from agent_core.analyst.write.load import correlated
from agent_core.analyst.write.rows import condition, keep
from agent_core.analyst.write.titles import grouped, lowered

_MOST_POINTS = 5_000
_MOST_BOXES = 12


def _words(*names: str) -> str:
    return "{" + ", ".join(f"{literal(name)}: {literal(label(name))}" for name in names) + "}"


def distribution(query: Query) -> list[str]:
    """How the values of one number are spread, for all rows or side by side for groups."""
    column = query.measures[0]
    name = literal(column.name)
    lines = [
        f"values = data[{name}].dropna()",
        'print("rows:", len(data))',
        'print("missing:", len(data) - len(values))',
        'print("spread:", values.astype(float).describe().to_json(double_precision=15))',
        'print("skew:", values.astype(float).skew())',
        'print("total:", values.sum())',
    ]
    if query.groups:
        return lines + _boxes(query, name)
    kind, bins = ("box", "") if query.chart == "box" else ("histogram", ", nbins=40")
    title = literal(f"{'Spread' if kind == 'box' else 'Distribution'} of {lowered(label(column.name))}")
    drawn = f"fig = px.{kind}(data, x={name}{bins}, title={title}, labels={_words(column.name)})"
    scale = [f'fig.update_{"xaxes" if query.chart == "box" else "yaxes"}(type="log")'] if query.log else []
    ending = (
        [] if query.chart == "box" else ['fig.update_yaxes(title="Rows")', "fig.update_traces(marker_line_width=0.5)"]
    )
    return [
        *lines,
        "",
        'display(values.describe().rename_axis("figure").reset_index())',
        drawn,
        *ending,
        *scale,
        "display(fig)",
    ]


def _boxes(query: Query, name: str) -> list[str]:
    group = query.groups[0]
    taken = [column.name for column in query.table.columns]
    key = literal(key_name(group, taken))
    title = f"Distribution of {lowered(label(query.measures[0].name))} by {grouped(group)}"
    words = f"{{{name}: {literal(label(query.measures[0].name))}, {key}: {literal(grouped(group).capitalize())}}}"
    lines = ["", assign(group, key_name(group, taken))] if group.grain or group.steps else [""]
    if query.chart == "histogram":
        drawn = f'fig = px.histogram(shown, x={name}, color={key}, barmode="overlay", nbins=40,'
    else:
        drawn = f"fig = px.box(shown, x={key}, y={name},"
    scale = ['fig.update_yaxes(type="log")'] if query.log else []
    return [
        *lines,
        f"result = data.groupby({key}, observed=True)[{name}].describe().reset_index()",
        f"result[{key}] = result[{key}].astype(str)",
        f'medians = result[[{key}, "50%", "count"]].sort_values("50%", ascending=False)',
        'print("groups:", len(result))',
        f'print("medians:", medians.head({_MOST_BOXES}).to_json(orient="values", double_precision=15))',
        "",
        "display(result)",
        f"largest = data[{key}].value_counts().head({_MOST_BOXES}).index",
        f"shown = data[data[{key}].isin(largest)].astype({{{key}: str}})",
        drawn,
        f"    title={literal(title)},",
        f"    labels={words},",
        ")",
        *scale,
        "display(fig)",
    ]


def relation(query: Query) -> list[str]:
    """Two numbers against each other, with their correlation and a straight line through them."""
    first, second = query.measures[0].name, query.measures[1].name
    x, y = literal(first), literal(second)
    colour = query.groups[0].column.name if query.groups else None
    names = [first, second, colour] if colour else [first, second]
    title = f"{label(second)} against {lowered(label(first))}"
    log = ['fig.update_xaxes(type="log")', 'fig.update_yaxes(type="log")'] if query.log else []
    paint = f", color={literal(colour)}" if colour else ""
    return [
        f"pair = data[{literals(names)}].dropna()",
        'print("rows:", len(data))',
        'print("used:", len(pair))',
        f'print("pearson:", pair[{x}].corr(pair[{y}]))',
        f'print("spearman:", pair[{x}].rank().corr(pair[{y}].rank()))',
        "",
        "# The straight line that fits best, where both columns vary.",
        f'slope = pair[{x}].cov(pair[{y}]) / pair[{x}].var() if pair[{x}].nunique() > 1 else float("nan")',
        f"middle = pair[[{x}, {y}]].mean()",
        'print("slope:", slope)',
        "",
        f"shown = pair if len(pair) <= {_MOST_POINTS} else pair.sample({_MOST_POINTS}, random_state=1)",
        f"fig = px.scatter(shown, x={x}, y={y}{paint}, opacity=0.7, title={literal(title)}, labels={_words(*names)})",
        "if slope == slope:",
        f"    ends = pd.Series([pair[{x}].min(), pair[{x}].max()])",
        (
            f"    fig.add_scatter(x=ends, y=middle[{y}] + slope "
            f'* (ends - middle[{x}]), mode="lines", name="best straight '
            f'line")'
        ),
        *log,
        "display(fig)",
    ]


def correlation(query: Query) -> list[str]:
    """How strongly each pair of numbers goes together."""
    names = [column.name for column in correlated(query)]
    focus = query.measures[0].name if len(query.measures) == 1 else None
    if focus is not None and focus not in names:
        names.append(focus)
    if len(query.measures) > 1:
        names = [column.name for column in query.measures]
    lines = [
        f"numbers = data[{literals(names)}].astype(float)",
        "table = numbers.corr()",
        "pairs = [",
        "    [one, other, table.loc[one, other]]",
        "    for position, one in enumerate(table) for other in list(table)[position + 1 :]",
        "]",
        'pairs = pd.DataFrame(pairs, columns=["first", "second", "correlation"]).dropna()',
    ]
    if focus is not None:
        lines.append(f'pairs = pairs[(pairs["first"] == {literal(focus)}) | (pairs["second"] == {literal(focus)})]')
    return [
        *lines,
        'pairs = pairs.sort_values("correlation", key=abs, ascending=False, ignore_index=True)',
        'print("rows:", len(data))',
        'print("result:", pairs.head(10).to_json(orient="values", double_precision=15))',
        "",
        "display(pairs)",
        "fig = px.imshow(",
        '    table, text_auto=".2f", zmin=-1, zmax=1, color_continuous_scale="RdBu", aspect="auto",',
        '    title="Correlation between numbers",',
        ")",
        "display(fig)",
    ]


def portion(query: Query) -> list[str]:
    """The portion of rows that fit the last condition, among those that fit the others."""
    *base, wanted = query.filters
    lines = [f"data = {query.table.variable}"]
    for one in base:
        lines += keep(one)
    if isinstance(wanted, Condition):
        lines.append(f"fits = {condition(wanted)}")
    else:
        lines += [line.replace("data = data[", "wanted = data[", 1) for line in keep(wanted)]
        lines.append("fits = data.index.isin(wanted.index)")
    return [
        *lines,
        "fits = pd.Series(fits, index=data.index).astype(bool)",
        "",
        'print("rows:", len(data))',
        'print("matching:", fits.sum())',
        *_portion_of(query),
        *_portion_by(replace(query, filters=())),
    ]


def _portion_of(query: Query) -> list[str]:
    if not query.measures:
        return []
    place = f"data[{literal(query.measures[0].name)}]"
    return [f'print("whole:", {place}.sum())', f'print("part:", {place}[fits].sum())']


def _portion_by(query: Query) -> list[str]:
    if not query.groups:
        return []
    group = query.groups[0]
    taken = [column.name for column in query.table.columns]
    name = key_name(group, taken)
    key = literal(name)
    lines = ["", assign(group, name)] if group.grain or group.steps else [""]
    counted = f'fits.groupby(data[{key}], observed=True).agg(["sum", "size", "mean"])'
    if query.measures:
        place = f"data[{literal(query.measures[0].name)}]"
        lines += [f'parts = pd.DataFrame({{"sum": {place}.where(fits, 0), "size": {place}}})']
        counted = f'parts.groupby(data[{key}], observed=True).sum().assign(mean=lambda one: one["sum"] / one["size"])'
    return [
        *lines,
        f"result = {counted}.reset_index()",
        f"result[{key}] = result[{key}].astype(str)",
        'result["share in %"] = 100 * result.pop("mean")',
        (
            'result = result.rename(columns={"sum": "matching", "size": '
            '"rows"}).sort_values("share in %", ascending=False, ignore_index=True)'
        ),
        'print("groups:", len(result))',
        'print("result:", result.head(15).to_json(orient="values", double_precision=15))',
        "display(result)",
        (
            f'fig = px.bar(result.head(15), x="share in %", y={key},'
            f' orientation="h", title={literal("Share by " + grouped(group))})'
        ),
        'fig.update_yaxes(type="category", autorange="reversed")',
        "display(fig)",
    ]
