"""Limits that are no plain number, steps in time, ratios and places in a ranking, each held against pandas."""

from collections.abc import Callable

import pandas as pd
import pytest

from agent_core.analyst.schema.words import stems
from tests.analyst.expecting import says, says_exactly
from tests.analyst.running import Library

Figures = Callable[[pd.DataFrame], list[float]]


def _months(frame: pd.DataFrame) -> pd.Series:
    return frame.precipitation.groupby(frame.date.str[:7]).sum()


def _change(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame.set_index(frame.month.str[:7])[name].diff()


CASES: list[tuple[str, str, Figures]] = [
    ("cars.json", "how many cars have above average horsepower", lambda f: [(f.Horsepower > f.Horsepower.mean()).sum()]),
    ("cars.json", "cars heavier than the median", lambda f: [(f.Weight_in_lbs > f.Weight_in_lbs.median()).sum()]),
    ("cars.json", "90th percentile of horsepower", lambda f: [f.Horsepower.quantile(0.9)]),
    ("cars.json", "upper quartile of weight by origin", lambda f: list(f.groupby("Origin").Weight_in_lbs.quantile(0.75))),
    ("cars.json", "what is the second heaviest car?", lambda f: [f.Weight_in_lbs.nlargest(2).iloc[1]]),
    (
        "grunfeld.csv",
        "which firms invested more than 5000 in total",
        lambda f: list(f.groupby("firm").invest.sum()[lambda totals: totals > 5000]),
    ),
    ("seattle-weather.csv", "how many months had more than 100 mm of rain in total?", lambda f: [(_months(f) > 100).sum()]),
    ("seattle-weather.csv", "average monthly precipitation", lambda f: [_months(f).mean()]),
    ("seattle-weather.csv", "average number of days per weather", lambda f: [len(f) / f.weather.nunique()]),
    ("seattle-weather.csv", "was it sunnier in 2012 or in 2014?", lambda f: [
        ((f.weather == "sun") & f.date.str.startswith(year)).sum() for year in ("2012", "2014")
    ]),
    ("us-employment.csv", "in which month did construction fall the most?", lambda f: [_change(f, "construction").min()]),
    ("us-employment.csv", "monthly change of construction", lambda f: [_change(f, "construction").mean()]),
    (
        "us-employment.csv",
        "by how much did construction fall between 2006 and 2015?",
        lambda f: [abs(f.construction.iloc[-1] - f.construction.iloc[0])],
    ),
    ("macrodata.csv", "how many quarters had unemployment above inflation", lambda f: [(f.unemp > f.infl).sum()]),
    (
        "penguins.csv",
        "bill length as a percentage of flipper length",
        lambda f: [
            100 * (both := f.dropna(subset=["flipper_length_mm"])).bill_length_mm.sum() / both.flipper_length_mm.sum(),
            100 * (f.bill_length_mm / f.flipper_length_mm).mean(),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "question", "figures"), CASES, ids=[question for _, question, _ in CASES])
def test_the_figures_are_those_of_pandas(library: Library, file: str, question: str, figures: Figures) -> None:
    says(library.chat(file).ask(question), *figures(library.frame(file)))


def test_a_share_of_another_column_follows_a_total(library: Library) -> None:
    """ "As a percentage of" divides what was asked before; alone it can't be known."""
    chat = library.chat("grunfeld.csv")
    assert "You could ask:" in chat.ask("as a percentage of the value")
    chat.ask("total investment by firm")
    answer = chat.ask("as percentage of the value")
    totals = library.frame("grunfeld.csv").groupby("firm")[["invest", "value"]].sum()
    says(answer, (100 * totals.invest / totals.value).max())


def test_the_group_that_moved_most_is_named_with_both_readings(library: Library) -> None:
    """Google's price rose most in dollars, Apple's in percent."""
    answer = library.chat("stocks.csv").ask("which company grew the most?")
    assert answer.startswith("**GOOG**")
    assert "In percent, AAPL rose most" in answer


def test_the_first_and_the_last_time_are_found(library: Library) -> None:
    chat = library.chat("seattle-weather.csv")
    frame = library.frame("seattle-weather.csv")
    last = pd.Timestamp(frame[frame.weather == "snow"].date.max())
    assert f"{last.day} {last:%B %Y}" in chat.ask("last day with snow")
    assert "**1** of 3" in library.chat("cars.json").ask("which origins have an average horsepower above 100?")


def test_years_in_columns_are_followed_over_time(library: Library) -> None:
    """A table with a column for each year is turned, and stays so for the questions that follow."""
    chat = library.chat("life expectancy.csv")
    first = chat.ask("how did the values develop over time")
    assert "went from" in first
    assert ".melt(" in chat.codes[-1]


@pytest.mark.parametrize(
    "question",
    ["price of IBM at the end of 2008", "top 10 percent of the prices", "prices held for more than a year"],
)
def test_what_cannot_be_told_is_refused(library: Library, question: str) -> None:
    assert "You could ask:" in library.chat("stocks.csv").ask(question)


def test_words_that_only_explain_a_column_are_passed_over(library: Library) -> None:
    """What "i.e." explains, who does what with a figure that is named, and a usual day."""
    affairs, frame = library.chat("fair.csv"), library.frame("fair.csv")
    says_exactly(affairs.ask("how many people never did it, i.e. affairs is 0"), int((frame.affairs == 0).sum()))
    assert "You could ask:" in affairs.ask("how many people never did it")


@pytest.mark.parametrize(
    ("many", "one"), [("genera", "genus"), ("lives", "life"), ("criteria", "criterion"), ("movies", "movie")]
)
def test_plurals_that_are_no_s_are_known(many: str, one: str) -> None:
    assert stems(many) == stems(one)


def test_a_files_name_says_which_table_and_nothing_else(library: Library) -> None:
    """The name with its ending, or one that is no plain word; "life expectancy" alone is what is asked for."""
    files = ("seattle-weather.csv", "us-employment.csv")
    frame = library.frame("seattle-weather.csv")
    total = frame.precipitation.sum()
    says(library.chat(*files).ask("total precipitation in seattle-weather"), total)
    says(library.chat(*files).ask("what is the total precipitation in the file seattle-weather.csv?"), total)


@pytest.mark.parametrize(
    ("file", "question", "figures"),
    [
        ("cars.json", "the 5 strongest cars", lambda f: list(f.Horsepower.nlargest(5))),
        ("fair.csv", "how many people never had affairs", lambda f: [(f.affairs == 0).sum()]),
        ("statecrime.csv", "how many places had murder above 9 percent?", lambda f: [(f.murder > 9).sum()]),
        ("statecrime.csv", "average poverty in places with murder over 9", lambda f: [f[f.murder > 9].poverty.mean()]),
    ],
)
def test_rows_are_called_by_many_names(library: Library, file: str, question: str, figures: Figures) -> None:
    says(library.chat(file).ask(question), *figures(library.frame(file)))


def test_i_mean_takes_back_what_was_said_before(library: Library) -> None:
    chat = library.chat("seattle-weather.csv")
    chat.ask("what was the highest temp_max")
    frame = library.frame("seattle-weather.csv")
    says(chat.ask("in winter only, I mean January"), frame[frame.date.str[5:7] == "01"].temp_max.max())


FURTHER: list[tuple[str, str, Figures]] = [
    (
        "cars.json",
        "how many american cars have less horsepower than the average car",
        lambda f: [((f.Origin == "USA") & (f.Horsepower < f.Horsepower.mean())).sum()],
    ),
    ("cars.json", "average weight per type (origin)", lambda f: list(f.groupby("Origin").Weight_in_lbs.mean())),
    ("airports.csv", "which country has the most states", lambda f: [f.groupby("country").state.nunique().max()]),
    (
        "us-employment.csv",
        "biggest drop in construction from one month to the next",
        lambda f: [_change(f, "construction").min()],
    ),
]


@pytest.mark.parametrize(("file", "question", "figures"), FURTHER, ids=[question for _, question, _ in FURTHER])
def test_further_wordings_find_the_same_figures(library: Library, file: str, question: str, figures: Figures) -> None:
    says(library.chat(file).ask(question), *figures(library.frame(file)))


@pytest.mark.parametrize(
    "question",
    [
        "murder rate of the previous state",
        "is the murder rate in Texas larger than one would think",
        "share of poverty",
    ],
)
def test_a_part_of_a_question_is_never_passed_over(library: Library, question: str) -> None:
    """A place in an order, an unread "than" and a share of nothing: no plain average stands in for them."""
    assert "You could ask:" in library.chat("statecrime.csv").ask(question)
