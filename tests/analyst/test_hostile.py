"""Names and questions made to break things: names stay string literals, and every message gets an honest reply."""

import ast
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_core.analyst.announce import announce
from agent_core.analyst.answer.compose import compose
from agent_core.analyst.dialogue import Outcome
from agent_core.analyst.markdown import code, plain
from agent_core.analyst.plan import answer
from agent_core.analyst.query import Condition, Query
from agent_core.analyst.schema.columns import Table, loads_a_table, tables
from agent_core.analyst.understand.question import understand
from agent_core.analyst.write.program import program
from agent_core.events import ColumnProfile, FileProfile, TableProfile
from tests.analyst import data
from tests.analyst.running import TOOL

NAMES = [
    "'];import os;#",
    '"];import os;#',
    "a\nimport os\n#",
    "a\r\nimport os",
    "{__import__('os').system('id')}",
    "`rm -rf /`",
    "price') or exec('1",
    "\\",
    "\\'",
    '"""',
    "'''",
    "<script>alert(1)</script>",
    "![x](http://example.org/a.png)",
    "[click](javascript:alert(1))",
    "$x$ :red[y] www.example.org",
    "\u202eevil",
    "%s %(a)s {0}",
    "",
    " ",
    "#",
    "class",
    "data",
    "result",
    "rows",
    "month",
    "x" * 300,
]


def _profile(name: str) -> FileProfile:
    columns = (
        ColumnProfile(name=name, kind="number", distinct=90, minimum="1", maximum="9", samples=("1", "2")),
        ColumnProfile(name=name + "b", kind="category", distinct=2, samples=("red", name or "blue")),
        ColumnProfile(name=name + "c", kind="date", distinct=90, minimum="2020-01-01", maximum="2022-01-01"),
        ColumnProfile(name="amount", kind="number", distinct=90, minimum="1", maximum="9"),
    )
    return FileProfile(
        tables=(TableProfile(name="", rows=100, columns=columns, read_with="pd.read_csv('inputs/a.csv')"),)
    )


def _table(name: str) -> Table:
    return tables([("a.csv", _profile(name))])[0]


def _beside(table: Table) -> Table:
    key = table.columns[0].name
    return replace(table, variable="a_with_b", sides=(table, table), key=key, dropped=(key + "x",))


def _queries(table: Table) -> list[Query]:
    from agent_core.analyst.query import Group

    number, label, date, amount = table.columns
    red = (Condition(label, "in", ("red", label.name)), Condition(label, "contains", (label.name,)))
    by, over = (Group(label),), (Group(date, grain="month"),)
    return [
        Query("overview", table),
        Query("quality", table),
        Query("outliers", table, measures=(number,)),
        Query("rows", table, measures=(number,), limit=5, filters=red),
        Query("unique", table, measures=(label,), export="csv"),
        Query("aggregate", table, measures=(number,), groups=by, filters=red),
        Query("aggregate", table, measures=(number, amount), groups=over),
        Query("aggregate", table, aggregation="count", groups=(*over, *by), share=True),
        Query("aggregate", table, measures=(number,), groups=(*by, Group(number, steps=6)), chart="heatmap"),
        Query("aggregate", table, measures=(number,), aggregation="median"),
        Query("portion", table, filters=red, groups=by),
        Query("distribution", table, measures=(number,), groups=by),
        Query("distribution", table, measures=(number,)),
        Query("relation", table, measures=(number, amount), groups=by),
        Query("correlation", table, measures=(number,)),
        Query("clean", table, export="xlsx"),
        Query("aggregate", _beside(table), measures=(number,), groups=by),
    ]


def _bones(text: str) -> str:
    """The code's structure without its string literals, its numbers and the names of columns."""

    class Hollow(ast.NodeTransformer):
        def visit_Constant(self, node: ast.Constant) -> ast.AST:
            return ast.Constant("x") if isinstance(node.value, str) else node

        def visit_keyword(self, node: ast.keyword) -> ast.AST:
            # A name of ours for a new column is lengthened where the table has it already.
            self.generic_visit(node)
            return ast.keyword(node.arg.rstrip("_") if node.arg else None, node.value)

    return ast.dump(Hollow().visit(ast.parse(text)))


@pytest.mark.parametrize("name", NAMES)
def test_a_column_name_is_only_ever_a_string_literal(name: str) -> None:
    """The same query over tame names has the same statements, calls and identifiers."""
    tame = [program(query) for query in _queries(_table("tame"))]
    hostile = [program(query) for query in _queries(_table(name))]
    for calm, wild in zip(tame, hostile, strict=True):
        assert _bones(wild) == _bones(calm)


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_column_name_is_only_ever_a_string_literal(name: str) -> None:
    """The same holds for any text at all."""
    query, calm = _queries(_table(name))[5], _queries(_table("tame"))[5]
    assert _bones(program(query)) == _bones(program(calm))


@given(st.text(max_size=80))
@settings(deadline=None)
def test_text_from_files_means_nothing_in_markdown(text: str) -> None:
    """Escaped text has no line break, and no bare character that opens a link, an image, code or HTML."""
    for safe in (plain(text), code(text).strip("`")):
        assert "\n" not in safe
        bare = safe.replace("\\\\", "")
        for mark in "[]<>`*_$|":
            assert mark not in bare.replace("\\" + mark, "") or code(text).startswith("`")


def test_answers_escape_names_and_values() -> None:
    """An image in a column's name or in a value stays text in the sentences."""
    name = "![x](http://example.org/a.png)"
    query = _queries(_table(name))[5]
    rows = json.dumps([[name, 5.0], ["red", 1.0]])
    said = compose(query, Outcome(stdout=f"rows: 9\ngroups: 2\nungrouped: 0\nmissing: 0\nresult: {rows}\n"))
    for text in (said, announce(query)):
        assert "![" not in text
        assert "](" not in text.replace("\\](", "")


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('id')",
        "pd.read_csv('a'); import os",
        "pd.read_csv(open('/etc/passwd'))",
        "pd.read_csv('a')\nimport os",
        "(" * 5_000,
        "",
        "pd",
    ],
)
def test_only_an_expression_of_pandas_alone_loads_a_table(expression: str) -> None:
    """A table whose `read_with` is anything else is left out."""
    assert not loads_a_table(expression)


QUESTIONS = st.one_of(
    st.text(max_size=120),
    st.lists(
        st.sampled_from(
            [
                "average",
                "total",
                "by",
                "per",
                "species",
                "island",
                "year",
                "body",
                "mass",
                "top",
                "5",
                "bottom",
                "over",
                "time",
                "where",
                "is",
                "not",
                "between",
                "and",
                "3,000",
                "in",
                "2007",
                "March",
                "share",
                "of",
                "percentage",
                "histogram",
                "scatter",
                "vs",
                "without",
                "missing",
                "the",
                "highest",
                "which",
                "how",
                "many",
                "?",
                ",",
                '"',
                "'",
                "`",
                "<",
                ">",
                "=",
                "Adelie",
                "Gentoo",
                "female",
                "<c0>",
                "<v1>",
                "|",
                "sorted",
                "export",
                "csv",
                "last",
                "2",
                "months",
                "growth",
                "log",
                "scale",
                "pie",
                "unique",
                "outliers",
            ]
        ),
        max_size=14,
    ).map(" ".join),
)


@given(st.lists(QUESTIONS, min_size=1, max_size=3))
@settings(deadline=None)
def test_any_questions_get_code_or_a_sentence(questions: list[str]) -> None:
    """Whatever is asked, and whatever came before, the reply is valid code or an honest sentence."""
    made = data.profile(data.frame("penguins.csv"), data.read_with("penguins.csv"))
    messages: list[dict[str, Any]] = []
    for number, question in enumerate(questions):
        opening = data.briefing("penguins.csv", made) if number == 0 else ""
        messages.append({"role": "user", "content": opening + question})
        reply = answer({"messages": messages, "tools": [{"name": TOOL}]})
        assert reply.text.strip() or reply.call
        if reply.call and reply.call.language == "python" and "```" not in question:
            ast.parse(reply.call.code)
        messages.append({"role": "assistant", "content": reply.text})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "role",
                        "content",
                        "type",
                        "text",
                        "tool_use_id",
                        "id",
                        "input",
                        "name",
                        "messages",
                        "tools",
                        "user",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
@settings(deadline=None)
def test_any_request_is_answered(document: object) -> None:
    """A body of any shape gets a reply, never an exception."""
    body = document if isinstance(document, dict) else {"messages": document, "tools": [{"name": TOOL}]}
    assert answer(body).text is not None


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_output_is_put_into_words(stdout: str) -> None:
    """Output that was cut, or made up by hostile data, never raises and never counts as a figure by accident."""
    for query in _queries(_table("tame")):
        assert compose(query, Outcome(stdout=stdout)).strip()


def test_an_unknown_word_is_never_passed_over() -> None:
    """A value, a column or a year that isn't there stops the answer and is named."""
    table = tables([("penguins.csv", data.profile(data.frame("penguins.csv"), data.read_with("penguins.csv")))])
    for question, word in [
        ("average body mass on Mars", "mars"),
        ("average salary by species", "salary"),
        ("average body mass where island is Hoth", "Hoth"),
        ("average body mass of penguins over 12 parsecs", "parsecs"),
        ("average body mass in 2007 17", "17"),
    ]:
        meaning = understand(question, table, None, {})
        said = getattr(meaning, "reason", "") + " ".join(getattr(meaning, "assumptions", ()))
        if isinstance(meaning, Query):
            said += announce(meaning)
        assert word.lower() in said.lower(), (question, meaning)
