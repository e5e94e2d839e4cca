"""Looking at a table as a whole: overview, columns, quality, outliers, rows, values."""

from agent_core.analyst.query import Query
from agent_core.analyst.schema.words import label
from agent_core.analyst.write.literals import comparable, free_name, literal, literals
from agent_core.analyst.write.rows import label_column
from agent_core.analyst.write.titles import lowered

_ROWS = 20
_MOST_ROWS = 200
_VALUES = 30


def overview() -> list[str]:
    """Size, types, missing values, typical values and the first rows."""
    return [
        *comparable("data"),
        "summary = pd.DataFrame({",
        '    "type": data.dtypes.astype(str),',
        '    "missing": data.isna().sum(),',
        '    "different values": compared.nunique(),',
        '    "example": [str(data[name].dropna().iloc[0])[:60] if data[name].notna().any() else "" for name in data],',
        "})",
        'numbers = data.select_dtypes("number")',
        "",
        'print("rows:", len(data))',
        'print("columns:", data.shape[1])',
        'print("missing cells:", data.isna().sum().sum())',
        'print("duplicates:", compared.duplicated().sum())',
        (
            f'print("numbers:", numbers.agg(["min", "mean", "max"]).iloc[:,'
            f' :{_ROWS}].to_json(orient="split") if numbers.size else '
            f'"null")'
        ),
        "",
        'display(summary.rename_axis("column").reset_index())',
        "display(data.head(10))",
    ]


def quality() -> list[str]:
    """Missing values by column, repeated rows, and text that hides as something else."""
    return [
        *comparable("data"),
        "missing = data.isna().sum()",
        'result = pd.DataFrame({"missing": missing, "missing in %": (100 * missing / max(len(data), 1)).round(1)})',
        (
            'result = result.rename_axis("column").reset_index().sort_values("missing",'
            " ascending=False, ignore_index=True)"
        ),
        'text = compared.select_dtypes(include=["object", "string", "category"]).astype("string")',
        "",
        'print("rows:", len(data))',
        'print("columns:", data.shape[1])',
        'print("incomplete:", data.isna().any(axis=1).sum())',
        'print("duplicates:", compared.duplicated().sum())',
        f'print("result:", result[result["missing"] > 0].head({_ROWS}).to_json(orient="values"))',
        'print("constant:", json.dumps([str(name) for name in data if compared[name].nunique(dropna=False) == 1]))',
        "# Text values that differ only by case or by spaces around them.",
        "spellings = {name: text[name].nunique() - text[name].str.strip().str.casefold().nunique() for name in text}",
        'print("spellings:", json.dumps({str(name): int(count) for name, count in spellings.items() if count > 0}))',
        "",
        "display(result)",
        'if result["missing"].sum() > 0:',
        '    shown = result[result["missing"] > 0].head(15)',
        '    fig = px.bar(shown, x="missing in %", y="column", orientation="h", title="Missing values by column")',
        '    fig.update_layout(xaxis_title="Missing (%)", yaxis_title="")',
        '    fig.update_yaxes(autorange="reversed", type="category")',
        "    display(fig)",
    ]


def outliers(query: Query) -> list[str]:
    """Values far outside the middle half, by the usual rule of 1.5 times its width."""
    names = [column.name for column in query.measures]
    first = names[0]
    return [
        f"numbers = data[{literals(names)}]",
        "low, high = numbers.quantile(0.25), numbers.quantile(0.75)",
        "width = high - low",
        "outside = (numbers < low - 1.5 * width) | (numbers > high + 1.5 * width)",
        'result = pd.DataFrame({"outliers": outside.sum(), "from": low - 1.5 * width, "to": high + 1.5 * width})',
        (
            'result = result.rename_axis("column").reset_index().sort_values("outliers",'
            " ascending=False, ignore_index=True)"
        ),
        "",
        'print("rows:", len(data))',
        f'print("result:", result.head({_ROWS}).to_json(orient="values", double_precision=15))',
        "",
        "display(result)",
        f"display(data[outside.any(axis=1)].head({_MOST_ROWS}))",
        (
            f"fig = px.box(data, x={literal(first)}, title={literal('Spread of ' + lowered(label(first)))},"
            f" labels={{{literal(first)}: {literal(label(first))}}})"
        ),
        "display(fig)",
    ]


def rows(query: Query) -> list[str]:
    """The rows themselves, or those at the top by one column."""
    limit = query.limit or (_ROWS if not query.filters and not query.export else _MOST_ROWS)
    lines = ['print("rows:", len(data))']
    if query.measures and per_group(query):
        lines += _of_each(query, limit)
    elif query.measures:
        key = literal(query.measures[0].name)
        ascending = query.order == "ascending"
        lines += [
            f'print("missing:", data[{key}].isna().sum())',
            f'result = data.sort_values({key}, ascending={ascending}, na_position="last"){_places(query, limit)}',
            (
                f'print("top:", result[{literals(told(query))}].head(5).to_json(orient="values",'
                f' date_format="iso", double_precision=15))'
            ),
        ]
    else:
        lines.append(f"result = data.{'tail' if query.last_rows else 'head'}({limit})")
    return [*lines, 'print("shown:", len(result))', "", "display(result)", *_ranked_chart(query)]


def _places(query: Query, limit: int) -> str:
    return f".iloc[{query.skip}:{query.skip + limit}]" if query.skip else f".head({limit})"


def per_group(query: Query) -> bool:
    """Whether the rows at the top of each group are wanted."""
    return bool(query.groups) and not query.wanted and not query.table.is_fine_grained(query.groups[0].column)


def _of_each(query: Query, limit: int) -> list[str]:
    group, key = query.groups[0].column.name, query.measures[0].name
    ascending = query.order == "ascending"
    ranked = f"data.dropna(subset={literals([group, key])}).sort_values({literal(key)}, ascending={ascending})"
    printed = f'result[{literals([group, key])}].head(60).to_json(orient="values", double_precision=15)'
    return [
        f"result = {ranked}.groupby({literal(group)}).head({limit})",
        f"result = result.sort_values({literals([group, key])}, ascending=[True, {ascending}])",
        f'print("each:", {printed})',
    ]


def told(query: Query) -> list[str]:
    """The columns of the printed top rows: what names a row, where there is such a column, and the figure."""
    named = label_column(query)
    grouped = [group.column for group in query.groups]
    first = [column.name for column in (*grouped, named) if column and column != query.measures[0]][:1]
    return [*first, *(column.name for column in query.wanted if column.name not in first), query.measures[0].name]


def _ranked_chart(query: Query) -> list[str]:
    named = told(query) if query.measures and not per_group(query) else []
    several = query.limit is not None and query.limit > 1
    if not named[1:] or not several or query.chart == "table" or query.measures[0].role != "number":
        return []
    key, value = literal(named[0]), literal(named[1])
    text = f"{'Lowest' if query.order == 'ascending' else 'Highest'} {lowered(label(named[1]))}"
    words = f"{{{key}: {literal(label(named[0]))}, {value}: {literal(label(named[1]))}}}"
    rank = literal(free_name("place", [column.name for column in query.table.columns]))
    return [
        f'places = [f"{{number}}. {{name}}" for number, name in enumerate(result[{key}].astype(str).str[:40], 1)]',
        f"ranked = result.assign(**{{{rank}: places}})",
        f'fig = px.bar(ranked, x={value}, y={rank}, orientation="h", title={literal(text)}, labels={words})',
        'fig.update_yaxes(autorange="reversed", type="category", title="")',
        "display(fig)",
    ]


def unique(query: Query) -> list[str]:
    """The different values of a column and how often each occurs."""
    column = query.measures[0]
    name = literal(column.name)
    count = literal(free_name("rows", [column.name]))
    lines = [
        f"result = data[{name}].value_counts().rename_axis({name}).reset_index(name={count})",
        "",
        'print("rows:", len(data))',
        f'print("missing:", data[{name}].isna().sum())',
        'print("groups:", len(result))',
        f'print("result:", result.head({_VALUES}).to_json(orient="values", date_format="iso"))',
        "",
        "display(result)",
    ]
    if query.chart == "table" or (column.distinct or 0) > _VALUES:
        return lines
    words = f'{{{name}: {literal(label(column.name))}, {count}: "Rows"}}'
    return [
        *lines,
        (
            f'fig = px.bar(result, x={count}, y={name}, orientation="h",'
            f" title={literal('Rows by ' + lowered(label(column.name)))},"
            f" labels={words})"
        ),
        'fig.update_yaxes(type="category", autorange="reversed")',
        "display(fig)",
    ]
