"""Code put into words: a line for each step, by what the analyst knows of pandas and Plotly.

It reads the code and runs nothing. What it doesn't know it names, so that a step is never told as something else.
"""

import ast
from collections.abc import Iterator

from agent_core.analyst.markdown import code, listed
from agent_core.analyst.understand.meanings import Explain

_MOST_STEPS = 30
_LONGEST = 60
_CALLS = {
    "read_csv": "reads the file {0}",
    "read_excel": "reads the workbook {0}",
    "read_parquet": "reads the file {0}",
    "read_json": "reads the file {0}",
    "read_feather": "reads the file {0}",
    "to_csv": "writes the file {0}",
    "to_excel": "writes the workbook {0}",
    "to_parquet": "writes the file {0}",
    "groupby": "puts rows with the same {0} together",
    "pivot_table": "makes a table with one row and one column for each group",
    "sort_values": "sorts by {0}",
    "merge": "joins it with another table",
    "concat": "puts tables one under another",
    "dropna": "leaves out what is missing",
    "fillna": "fills what is missing with {0}",
    "drop_duplicates": "leaves out rows that are there already",
    "rename": "gives columns other names",
    "drop": "takes {0} out",
    "head": "takes the first {0} rows",
    "tail": "takes the last {0} rows",
    "nlargest": "takes the {0} largest",
    "nsmallest": "takes the {0} smallest",
    "query": "keeps the rows where {0}",
    "isin": "looks which values are in a list",
    "value_counts": "counts how often each value is there",
    "describe": "sums up each column",
    "agg": "works out {0} of each",
    "mean": "takes the average",
    "median": "takes the middle value",
    "sum": "adds up",
    "count": "counts",
    "size": "counts rows",
    "nunique": "counts different values",
    "min": "takes the smallest",
    "max": "takes the largest",
    "std": "takes the standard deviation",
    "corr": "works out how strongly columns go together",
    "to_datetime": "reads text as dates",
    "to_numeric": "reads text as numbers",
    "astype": "changes the kind of values to {0}",
    "resample": "puts rows of the same time span together",
    "rolling": "looks at a moving window",
    "cumsum": "adds up as it goes along",
    "reset_index": "numbers the rows anew",
    "bar": "draws bars",
    "line": "draws a line",
    "scatter": "draws a point for each row",
    "pie": "draws a pie",
    "histogram": "draws how often values occur",
    "box": "draws boxes that show how values spread",
    "plot": "draws a line",
    "display": "shows {0}",
    "show": "shows the chart",
    "print": "prints a note",
}


def explained(asked: Explain) -> str:
    """Markdown: what the code does, step by step."""
    if asked.language != "python":
        return "I can only put Python into words, and this is another language. With an API key, Claude explains it."
    try:
        steps = [step for statement in ast.parse(asked.code).body if (step := _statement(statement))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "This is no Python that I can read, so I can't say what it would do."
    if not steps:
        return "This code does nothing by itself."
    told = "\n".join(f"{place}. {step[0].upper()}{step[1:]}." for place, step in enumerate(steps[:_MOST_STEPS], 1))
    more = f"\n\n{len(steps) - _MOST_STEPS} more steps follow." if len(steps) > _MOST_STEPS else ""
    return f"Step by step, this code:\n\n{told}{more}\n\nI read this off the code by rules, and did not run it."


def _statement(node: ast.stmt) -> str:  # noqa: PLR0911  one for each kind
    match node:
        case ast.Import() | ast.ImportFrom():
            return f"loads the library {listed([code(name) for name in _modules(node)])}"
        case ast.Assign(targets=[target, *_], value=value):
            name = code(_source(target))
            steps = _steps(value)
            return f"{', then '.join(steps)}, and calls it {name}" if steps else f"sets {name}"
        case ast.AugAssign(target=target):
            return f"changes {code(_source(target))}"
        case ast.Expr(value=value):
            steps = _steps(value)
            return ", then ".join(steps) or ("" if isinstance(value, ast.Constant) else f"shows {code(_source(value))}")
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return f"defines a helper, {code(name)}"
        case ast.For() | ast.While() | ast.AsyncFor():
            inside = [step for inner in node.body if (step := _statement(inner))]
            return f"again and again {'; '.join(inside[:3]) or 'does the same'}"
        case ast.If(test=test):
            inside = [step for inner in node.body if (step := _statement(inner))]
            return f"only where {code(_source(test))}: {'; '.join(inside[:3]) or 'does something'}"
        case _:
            return ""


def _steps(value: ast.expr) -> list[str]:
    """The calls of an expression from the inside out, in words; those it doesn't know by their names."""
    found = []
    for call in _calls(value):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else _source(call.func)
        told = _CALLS.get(name)
        if told is None:
            found.append(f"calls {code(name)}")
        else:
            found.append(told.format(_first(call)))
    return found


def _calls(value: ast.expr) -> Iterator[ast.Call]:
    match value:
        case ast.Call(func=ast.Attribute(value=inner)):
            yield from _calls(inner)
            yield value
        case ast.Call():
            yield value
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            yield from _calls(inner)
        case _:
            return


def _first(call: ast.Call) -> str:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in {"by", "axis", "columns"})]
    if not arguments:
        return "some"
    first = arguments[0]
    if isinstance(first, ast.List):
        return listed([_value(item) for item in first.elts[:5]]) or "nothing"
    return _value(first)


def _value(node: ast.expr) -> str:
    return code(str(node.value)[:_LONGEST]) if isinstance(node, ast.Constant) else code(_source(node))


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def _source(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
