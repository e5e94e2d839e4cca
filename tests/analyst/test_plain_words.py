"""Words that stand for columns and rows without naming them, over tables as people keep them."""

import io

import pandas as pd
import pytest

from agent_core.analyst.understand.adjectives import ADJECTIVES, COMPARATIVES, EXTREMES
from tests.analyst import data
from tests.analyst.expecting import says, says_exactly
from tests.analyst.running import Library


@pytest.mark.parametrize(
    ("word", "more", "most"),
    [("heavy", "heavier", "heaviest"), ("hot", "hotter", "hottest"), ("wide", "wider", "widest")],
)
def test_adjectives_are_compared_as_english_does_it(word: str, more: str, most: str) -> None:
    """Endings with i, with a doubled letter and after an e."""
    (one,) = {(one.more, one.most) for one in ADJECTIVES if one.word == word}
    assert one == (more, most)
    assert COMPARATIVES[more] == EXTREMES[most]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("how many penguins have a bill longer than 50 mm", 52),
        ("what is the heaviest anyone weighed", 6300),
        ("how big is the difference between the heaviest and the lightest penguin", 2700),
    ],
)
def test_adjectives_name_columns(library: Library, question: str, value: float) -> None:
    """ "Longer" beside "bill" is the bill's length."""
    says(library.chat("penguins.csv").ask(question), value)


def test_what_rows_are_called_is_taken_on_trust_only_where_all_else_is_read(library: Library) -> None:
    """ "Colleagues" under a condition are rows; alone they could be anything, as could what nobody measured."""
    chat = library.chat("staff.csv")
    answer = chat.ask("how many colleagues earn more than 45000?")
    says_exactly(answer, 3)
    assert "“colleagues” for the rows" in answer
    assert "You could ask:" in chat.ask("how many colleagues were ill in 2018?")
    assert "You could ask:" in library.chat("staff.csv").ask("how many colleagues")


def test_yes_and_no_are_said_by_the_name_of_their_column(library: Library) -> None:
    """ "Remote workers" are those with a yes, and "their" keeps them."""
    chat = library.chat("staff.csv")
    says_exactly(chat.ask("how many workers are in IT"), 3)
    says_exactly(chat.ask("how many of them are remote"), 2)
    says(chat.ask("their average salary"), 65000)


def test_days_without_marks_are_dates(library: Library) -> None:
    """20180105 is the fifth of January 2018."""
    chat = library.chat("staff.csv")
    says_exactly(chat.ask("how many were hired in 2018"), 2)
    assert "Eve" in chat.ask("who was hired last?")


def test_a_column_for_each_year_is_asked_for_by_the_year(library: Library) -> None:
    chat = library.chat("life expectancy.csv")
    assert "Japan" in chat.ask("which country had the highest life expectancy in 1990?").split(",")[0]
    says(chat.ask("average in 2000 by continent"), 78.5, 81)
    says_exactly(chat.ask("how many countries have no figure for 2000"), 1)
    says(chat.ask("compare 1960 and 1990 for France"), 70, 77)
    says_exactly(chat.ask("which countries were below 50 in 1990"), 1)


def test_yearly_tables_are_put_beside_each_other(library: Library) -> None:
    """Their years are called `Year` and `YEAR`, and do not cover the same time."""
    rain, harvest = (pd.read_csv(io.StringIO(text)) for text in (data.RAIN, data.HARVEST))
    both = rain.merge(harvest, left_on="Year", right_on="YEAR")
    chat = library.chat("rain.csv", "harvest.csv")
    says(chat.ask("is there a relationship between rainfall and harvest?"), both.Rainfall.corr(both.HARVEST))
    says(chat.ask("mean harvest before 2000"), harvest[harvest.YEAR < 2000].HARVEST.mean())
    says(chat.ask("and after?"), harvest[harvest.YEAR >= 2000].HARVEST.mean())


def test_months_and_seasons_of_any_year(library: Library) -> None:
    """Stretches, seasons, two months beside each other, and how far it went."""
    frame = library.frame("seattle-weather.csv")
    month = pd.to_datetime(frame.date).dt.month
    chat = library.chat("seattle-weather.csv")
    says(chat.ask("average wind from june to august"), frame[month.between(6, 8)].wind.mean())
    says(chat.ask("average wind in winter"), frame[month.isin([12, 1, 2])].wind.mean())
    says(
        chat.ask("compare the average wind in January and July"), *frame[month.isin([1, 7])].groupby(month).wind.mean()
    )
    says(chat.ask("how cold did it get in December?"), frame[month == 12].temp_min.min())


def test_a_table_that_is_counted_already_is_not_counted_again(library: Library) -> None:
    """One row for each year and source: what is asked for is the figure, not how many rows there are."""
    frame = library.frame("iowa-electricity.csv")
    frame = frame[frame.year.astype(str).str[:4] == "2017"].set_index("source").net_generation
    answer = library.chat("iowa-electricity.csv").ask("which source made the most in 2017?")
    says(answer, frame.max())
    assert str(frame.idxmax()) in answer.split(",")[0]


@pytest.mark.parametrize(
    "question",
    [
        "Good morning, I am preparing a handout for my class. What is the mean bill length of Gentoo? Thanks a lot!",
        "my boss wants to know the mean bill length of Gentoo",
        "Hi all, for our newsletter I need the mean bill length of Gentoo, best regards",
    ],
)
def test_courtesies_and_purposes_say_nothing(library: Library, question: str) -> None:
    """They are no columns, no values and no second question."""
    frame = library.frame("penguins.csv")
    says(library.chat("penguins.csv").ask(question), frame[frame.species == "Gentoo"].bill_length_mm.mean())


def test_a_verb_that_a_column_records_is_not_passed_over(library: Library) -> None:
    """Where `smoker` says who smoked, "smoked" is more than prose."""
    chat = library.chat("party.csv")
    assert "smoked" in chat.ask("average tip of those who smoked")
    assert not chat.codes


def test_groups_are_picked_by_two_years(library: Library) -> None:
    """By the figures of whole years, whichever is named first; never by another group's figure."""
    frame = library.frame("iowa-electricity.csv")
    year = frame.year.astype(str).str[:4]
    moved = (
        frame[year == "2017"].set_index("source").net_generation
        - frame[year == "2001"].set_index("source").net_generation
    )
    for question in ("which source produced less in 2017 than in 2001", "which source made more in 2001 than in 2017"):
        answer = library.chat("iowa-electricity.csv").ask(question)
        assert [one for one in moved.index if f"**{one}**" in answer] == list(moved.index[moved < 0])
    answer = library.chat("iowa-electricity.csv").ask("which source had a higher generation in 2017 than Renewables")
    assert "comparing each with another" in answer
