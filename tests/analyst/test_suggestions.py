"""Questions that are offered fit the columns, and are answered."""

import pytest

from agent_core.analyst.suggestions import suggest
from agent_core.events import ColumnProfile, FileProfile, TableProfile
from tests.analyst.running import Library

FILES = [
    "penguins.csv",
    "seattle-weather.csv",
    "cars.json",
    "stocks.csv",
    "iris.json",
    "barley.json",
    "us-employment.csv",
    "airports.csv",
    "iowa-electricity.csv",
    "macrodata.csv",
    "messy.csv",
    "orders.csv",
    "statecrime.csv",
    "breast_cancer.csv",
]


@pytest.mark.parametrize("name", FILES)
def test_each_offered_question_is_answered(library: Library, name: str) -> None:
    """Three questions, each answered by code that runs through, with no word of it left unused."""
    offered = suggest({name: library.profile(name)})
    assert len(set(offered)) == 3
    for question in offered:
        chat = library.chat(name)
        answer = chat.ask(question)
        assert len(chat.codes) == 1, (question, answer)
        assert "failed" not in answer, (question, answer)
        assert "didn't use" not in answer, (question, answer)


def test_no_table_means_no_question() -> None:
    """Without a table there is nothing that could be asked."""
    assert suggest({}) == ()
    assert suggest({"a.png": FileProfile(problem="An image."), "b.bin": None}) == ()


def test_hostile_names_are_not_offered() -> None:
    """A column whose name is no name leaves only questions without columns."""
    columns = (ColumnProfile(name="![](http://example.org)" * 3, kind="number", distinct=5),)
    table = TableProfile(name="", rows=9, columns=columns, read_with="pd.read_csv('inputs/a.csv')")
    for question in suggest({"a.csv": FileProfile(tables=(table,))}):
        assert "example" not in question
