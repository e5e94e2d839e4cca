"""Figures of several columns, what is asked of an extreme row, gaps, hours, slips of the pen: held against pandas."""

from collections.abc import Callable

import pandas as pd
import pytest

from agent_core.analyst.schema.looks import date_cleaning
from agent_core.analyst.understand.spelling import known_word, one_slip
from tests.analyst.expecting import says, says_exactly
from tests.analyst.running import Library

Figures = Callable[[pd.DataFrame], list[float]]


def _gap(frame: pd.DataFrame, by: str, column: str, one: str, other: str) -> float:
    means = frame.groupby(by)[column].mean()
    return abs(means[one] - means[other])


def _top(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame.loc[frame[column].idxmax()]


CASES: list[tuple[str, str, Figures]] = [
    ("seattle-weather.csv", "average difference between temp_max and temp_min", lambda f: [(f.temp_max - f.temp_min).mean()]),
    ("seattle-weather.csv", "day with the largest temperature range", lambda f: [(f.temp_max - f.temp_min).max()]),
    ("seattle-weather.csv", "temp max on the wettest day in 2014", lambda f: [
        _top(f[f.date.str.startswith("2014")], "precipitation").temp_max
    ]),
    ("seattle-weather.csv", "how many days were neither rainy nor snowy", lambda f: [(~f.weather.isin(["rain", "snow"])).sum()]),
    ("statecrime.csv", "murder rate of the state with the highest poverty", lambda f: [_top(f, "poverty").murder]),
    ("statecrime.csv", "how much higher is the murder rate in Texas than in Maine", lambda f: [
        f.set_index("state").murder["Texas"] - f.set_index("state").murder["Maine"]
    ]),
    ("cars.json", "what's the mpg of the heaviest car", lambda f: [_top(f, "Weight_in_lbs").Miles_per_Gallon]),
    ("cars.json", "how many cars have more than 200 horsepower or weigh less than 2000 lbs", lambda f: [
        ((f.Horsepower > 200) | (f.Weight_in_lbs < 2000)).sum()
    ]),
    ("cars.json", "average horsepower of cars with 4 or 6 cylinders", lambda f: [f[f.Cylinders.isin([4, 6])].Horsepower.mean()]),
    ("cars.json", "how many cars have 200 horsepower or more", lambda f: [(f.Horsepower >= 200).sum()]),
    ("penguins.csv", "do males weigh more than females and by how much", lambda f: [_gap(f, "sex", "body_mass_g", "male", "female")]),
    ("penguins.csv", "how many more Adelie than Gentoo penguins are there", lambda f: [
        (f.species == "Adelie").sum() - (f.species == "Gentoo").sum()
    ]),
    ("penguins.csv", "difference between the longest and the shortest bill for each species", lambda f: list(
        f.groupby("species").bill_length_mm.agg(lambda values: values.max() - values.min())
    )),
    ("penguins.csv", "whats the avrage body mass on Dream", lambda f: [f[f.island == "Dream"].body_mass_g.mean()]),
    ("seattle-weather.csv", "what percentage of days had precipitation above 10", lambda f: [100 * (f.precipitation > 10).mean()]),
    ("seattle-weather.csv", "what was the highest number of mm of rain on a day", lambda f: [f.precipitation.max()]),
    ("statecrime.csv", "in how many states is the murder rate above 5", lambda f: [(f.murder > 5).sum()]),
    ("penguins.csv", "average body mass of the males and of the females", lambda f: list(f.groupby("sex").body_mass_g.mean())),
    ("stocks.csv", "last price of IBM", lambda f: [f[f.symbol == "IBM"].price.iloc[-1]]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "question", "figures"), CASES, ids=[question for _, question, _ in CASES])
def test_the_figures_are_those_of_pandas(library: Library, file: str, question: str, figures: Figures) -> None:
    says(library.chat(file).ask(question), *figures(library.frame(file)))


@pytest.mark.parametrize(
    ("file", "question", "said"),
    [
        ("penguins.csv", "how many penguins are there and what is their average weight", "one question at a time"),
        ("penguins.csv", "body mass of chinstrap vs others", "“others”"),
        ("seattle-weather.csv", "average temp_max at noon", "holds days"),
        ("seattle-weather.csv", "how many days in a row did it rain", "“in a row”"),
        ("stocks.csv", "last price of each symbol", "“last”"),
        ("stocks.csv", "average price of IBM from 2003 and from 2007", "how the times"),
    ],
)
def test_what_changes_a_question_is_never_passed_over(library: Library, file: str, question: str, said: str) -> None:
    """A second question, the others, hours, runs and ends are named where they can't be read."""
    answer = library.chat(file).ask(question)
    assert said in answer
    assert "You could ask:" in answer


def test_a_question_may_point_at_the_answer_before(library: Library) -> None:
    """What "its" and "that" mean, and which share a count is; a limit without a column names its own."""
    frame = library.frame("cars.json")
    chat = library.chat("cars.json")
    chat.ask("which car is the heaviest?")
    says(chat.ask("what is its mpg"), _top(frame, "Weight_in_lbs").Miles_per_Gallon)
    chat = library.chat("stocks.csv")
    chat.ask("highest price of IBM")
    assert "December 2009" in chat.ask("when was that?")
    chat = library.chat("cars.json")
    chat.ask("what was the best mpg in 1980")
    assert "mazda glc" in chat.ask("which car was that")
    assert "second highest" in chat.ask("and the second highest?")
    chat.ask("how many cars are from Japan?")
    says(chat.ask("what share is that"), 100 * (frame.Origin == "Japan").mean())
    chat.ask("how many cars are from Japan?")
    heavy = (frame.Origin == "Japan") & (frame.Weight_in_lbs > 2500)
    says_exactly(chat.ask("only heavier than 2500"), int(heavy.sum()))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("averge", "average"),
        ("higest", "highest"),
        ("togehter", "together"),
        ("whcih", "which"),
        ("hwo", "how"),
        ("wieght", "weight"),
        ("media", None),
        ("average", None),
        ("highland", None),
        ("penguin", None),
    ],
)
def test_only_a_slip_of_the_pen_is_put_right(said: str, meant: str | None) -> None:
    assert known_word(said) == meant


def test_a_slip_is_one_letter_or_two_changed_about() -> None:
    assert one_slip("form", "from")
    assert one_slip("mean", "means")
    assert not one_slip("mean", "mean")
    assert not one_slip("median", "mean")


def test_quarters_and_months_before_days_are_dates() -> None:
    """`1974Q1` and `Q1 1974` are quarters, `Mar-1-2008` is a day."""
    assert date_cleaning(("1974Q1", "1974Q2")) == "quarter_date"
    assert date_cleaning(("Q1 1974", "Q3 1974")) == "quarter_date"
    assert date_cleaning(("Jan-1-1995", "Feb-1-1995")) == "date"
