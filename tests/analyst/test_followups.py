"""Conversations: each message changes the question before it, and the request is all there is to go by."""

import pandas as pd
import pytest

from tests.analyst.expecting import column, in_order, says, says_exactly
from tests.analyst.running import Library


def test_a_chart_is_changed_without_changing_the_figures(library: Library) -> None:
    """ "As a line chart", "pie", "as a table" draw the same result again."""
    frame = library.frame("penguins.csv")
    means = frame.groupby("species").body_mass_g.mean()
    chat = library.chat("penguins.csv")
    for words, kind in [
        ("average body mass by species", "bar"),
        ("as a line chart", "scatter"),
        ("make it a pie", "pie"),
        ("as a table", None),
        ("as a bar chart", "bar"),
    ]:
        answer = chat.ask(words)
        assert chat.kind == kind, words
        says(answer, means.max(), means.min())


def test_filters_add_up_and_a_new_value_of_the_same_column_replaces_the_old_one(library: Library) -> None:
    """ "Only Biscoe" then "only males" keep both; "only Dream" takes Biscoe's place; all can be dropped."""
    frame = library.frame("penguins.csv")
    chat = library.chat("penguins.csv")
    chat.ask("average body mass by species")
    says(chat.ask("only Biscoe"), *frame[frame.island == "Biscoe"].groupby("species").body_mass_g.mean())
    males = frame[(frame.island == "Biscoe") & (frame.sex == "male")]
    says(chat.ask("only males"), *males.groupby("species").body_mass_g.mean())
    males = frame[(frame.island == "Dream") & (frame.sex == "male")]
    says(chat.ask("only Dream"), *males.groupby("species").body_mass_g.mean())
    says(chat.ask("remove the filters"), *frame.groupby("species").body_mass_g.mean())


def test_the_measure_the_group_and_the_way_of_summing_up_are_changed_one_by_one(library: Library) -> None:
    """ "The median instead", "now by island", "what about bill length", "also by sex"."""
    frame = library.frame("penguins.csv")
    chat = library.chat("penguins.csv")
    chat.ask("average body mass by species")
    says(chat.ask("the median instead"), *frame.groupby("species").body_mass_g.median())
    says(chat.ask("now by island"), *frame.groupby("island").body_mass_g.median())
    says(chat.ask("what about bill length?"), *frame.groupby("island").bill_length_mm.median())
    chat.ask("also by sex")
    shown = sorted(float(str(value)) for value in column(chat, "bill_length_mm"))
    expected = frame.groupby(["island", "sex"]).bill_length_mm.median()
    assert shown == pytest.approx(sorted(expected))


def test_top_and_order_follow_up_on_a_ranking(library: Library) -> None:
    """ "Top 2" cuts the ranking, "sort ascending" turns it round."""
    frame = library.frame("airports.csv")
    ranked = frame.state.value_counts()
    chat = library.chat("airports.csv")
    chat.ask("how many airports per state?")
    answer = chat.ask("top 5")
    in_order(answer, *ranked.index[:5])
    assert len(column(chat, "rows")) == 5
    says_exactly(chat.ask("sort ascending"), int(ranked.min()))


def test_time_is_narrowed_and_its_steps_are_changed(library: Library) -> None:
    """ "Only 2013", "by month of the year", "monthly", "log scale" after a trend."""
    frame = library.frame("seattle-weather.csv")
    moments = pd.to_datetime(frame.date)
    chat = library.chat("seattle-weather.csv")
    chat.ask("total precipitation per year")
    says(chat.ask("monthly"), *frame.groupby(moments.dt.to_period("M")).precipitation.sum().iloc[[0, -1]])
    only = frame[moments.dt.year == 2013]
    says(chat.ask("only 2013"), *only.groupby(moments.dt.month).precipitation.sum().iloc[[0, -1]])
    chat.ask("log scale")
    assert chat.figures[-1]["layout"]["yaxis"]["type"] == "log"
    months = only.groupby(moments.dt.month).precipitation.sum()
    says(chat.ask("by month of the year"), months.max(), months.min())


def test_a_result_becomes_a_file(library: Library) -> None:
    """ "As Excel" writes what was shown into the working folder."""
    frame = library.frame("stocks.csv")
    chat = library.chat("stocks.csv")
    chat.ask("average price by symbol")
    answer = chat.ask("export this as csv")
    assert "stocks_aggregate.csv" in answer
    written = library.box.read("stocks_aggregate.csv").decode().splitlines()
    assert len(written) == 1 + frame.symbol.nunique()
    chat.ask("as Excel")
    assert library.box.read("stocks_aggregate.xlsx").startswith(b"PK")


def test_a_new_question_forgets_the_old_one(library: Library) -> None:
    """A question that says everything itself keeps no filter of the one before."""
    frame = library.frame("penguins.csv")
    chat = library.chat("penguins.csv")
    chat.ask("average body mass by species")
    chat.ask("only Biscoe")
    says(chat.ask("average bill length by sex"), *frame.groupby("sex").bill_length_mm.mean())


def test_a_change_that_changes_nothing_is_said(library: Library) -> None:
    """Words that fit nothing are not passed over, even where the rest could be answered again."""
    chat = library.chat("iris.json")
    chat.ask("average petal length by species")
    answer = chat.ask("also by site")
    assert "site" in answer
    assert not chat.codes


def test_a_change_of_no_answer_is_said(library: Library) -> None:
    """Nothing was asked before, or what was asked before has no other end."""
    assert "no answer before" in library.chat("penguins.csv").ask("and of the Gentoo ones?")
    chat = library.chat("seattle-weather.csv")
    assert "1 January 2012" in chat.ask("what is the earliest date")
    assert "nothing called “last”" in chat.ask("and the last?")


def test_of_two_files_the_one_that_fits_is_taken(library: Library) -> None:
    """Columns, values and names decide which table a question is about."""
    barley, iris = library.frame("barley.json"), library.frame("iris.json")
    chat = library.chat("barley.json", "iris.json")
    says(chat.ask("average yield by site"), barley.groupby("site")["yield"].mean().max())
    says(chat.ask("average petal length by species"), iris.groupby("species").petalLength.mean().max())
    assert "barley" in chat.ask("describe the barley file")
    assert "iris" in chat.ask("describe the iris file")


def test_a_removed_file_is_no_longer_asked(library: Library) -> None:
    """After a removal is announced, questions about the file find no table."""
    chat = library.chat("iris.json")
    chat.ask("average petal length by species")
    chat.opening = '<files>[{"name": "iris.json", "removed": true}]</files>\n\n'
    assert "no file" in chat.ask("average petal length by species")
    assert not chat.codes


def test_fenced_code_runs_as_it_is(library: Library) -> None:
    """A message of code fences alone is run verbatim, whatever its language."""
    chat = library.chat("iris.json")
    answer = chat.ask("```python\nprint(6 * 7)\n```")
    assert chat.codes == ["print(6 * 7)\n"]
    says_exactly(answer, 42)
    answer = chat.ask("```python\nraise ValueError('no such thing')\n```")
    assert "no such thing" in answer
