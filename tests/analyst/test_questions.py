"""Questions over real data, answered by code that runs in the sandbox and checked against pandas here."""

from collections.abc import Callable

import pandas as pd
import pytest

from tests.analyst.expecting import in_order, says, says_exactly
from tests.analyst.running import Library

Check = Callable[[pd.DataFrame, str], None]


def figures(*work: Callable[[pd.DataFrame], float]) -> Check:
    """The answer holds these figures."""
    return lambda frame, answer: says(answer, *(float(one(frame)) for one in work))


def counts(*work: Callable[[pd.DataFrame], int]) -> Check:
    """The answer holds these whole numbers."""
    return lambda frame, answer: says_exactly(answer, *(int(one(frame)) for one in work))


def ranking(work: Callable[[pd.DataFrame], pd.Series], most: int = 3, *, ascending: bool = False) -> Check:
    """The answer names the groups in the order of their values, with the values."""

    def check(frame: pd.DataFrame, answer: str) -> None:
        ranked = work(frame).sort_values(ascending=ascending).head(most)
        in_order(answer, *(str(name) for name in ranked.index))
        says(answer, *ranked.to_list())

    return check


def ends(work: Callable[[pd.DataFrame], pd.Series]) -> Check:
    """The answer has the first, last, highest and lowest point of a series."""

    def check(frame: pd.DataFrame, answer: str) -> None:
        series = work(frame).dropna()
        says(answer, series.iloc[0], series.iloc[-1], series.max(), series.min())

    return check


def dates(frame: pd.DataFrame, name: str = "date") -> pd.Series:
    return pd.to_datetime(frame[name], format="mixed")


def _day(text: str) -> str:
    moment = pd.to_datetime(text)
    return f"{moment.day} {moment.month_name()} {moment.year}"


PENGUINS: list[tuple[str, Check]] = [
    ("What is in this file?", counts(len, lambda f: f.shape[1], lambda f: f.isna().sum().sum())),
    ("average body mass by species", ranking(lambda f: f.groupby("species").body_mass_g.mean())),
    ("how many penguins are there per island", ranking(lambda f: f.island.value_counts())),
    (
        "which species has the highest average bill length?",
        ranking(lambda f: f.groupby("species").bill_length_mm.mean()),
    ),
    ("which island has the fewest penguins", ranking(lambda f: f.island.value_counts(), ascending=True)),
    ("missing values", counts(lambda f: f.isna().any(axis=1).sum(), lambda f: f.sex.isna().sum())),
    (
        "how is flipper length distributed?",
        figures(lambda f: f.flipper_length_mm.median(), lambda f: f.flipper_length_mm.mean()),
    ),
    ("bill length vs flipper length", figures(lambda f: f.bill_length_mm.corr(f.flipper_length_mm))),
    ("top 5 penguins by body mass", figures(*(lambda f, n=n: f.body_mass_g.nlargest(5).iloc[n] for n in range(5)))),
    (
        "average body mass by species and sex",
        ranking(lambda f: f.groupby("species").apply(lambda g: g[g.sex == "male"].body_mass_g.mean()).nlargest(1), 1),
    ),
    ("what percentage of penguins are female?", figures(lambda f: 100 * (f.sex == "female").mean())),
    (
        "percentage of females by species",
        figures(*(lambda f, s=s: 100 * (f[f.species == s].sex == "female").mean() for s in ("Adelie", "Gentoo"))),
    ),
    ("how many species are there?", counts(lambda f: f.species.nunique())),
    ("average body mass for Adelie", figures(lambda f: f[f.species == "Adelie"].body_mass_g.mean())),
    (
        "average weight of male gentoo",
        figures(lambda f: f[(f.species == "Gentoo") & (f.sex == "male")].body_mass_g.mean()),
    ),
    ("Compare male and female body mass", ranking(lambda f: f.groupby("sex").body_mass_g.mean(), 2)),
    ("how many penguins are not from Biscoe?", counts(lambda f: (f.island != "Biscoe").sum())),
    ("penguins heavier than 6000", counts(lambda f: (f.body_mass_g > 6000).sum())),
    (
        "list penguins from Dream with body mass between 4000 and 4200",
        counts(lambda f: ((f.island == "Dream") & f.body_mass_g.between(4000, 4200)).sum()),
    ),
    ("mean, max of body mass", figures(lambda f: f.body_mass_g.mean(), lambda f: f.body_mass_g.max())),
    (
        "median bill depth of penguins where island is Dream",
        figures(lambda f: f[f.island == "Dream"].bill_depth_mm.median()),
    ),
    ("standard deviation of flipper length", figures(lambda f: f.flipper_length_mm.std())),
    ("plot body mass over the years", ends(lambda f: f.groupby("year").body_mass_g.mean())),
    ("how many rows have missing sex?", counts(lambda f: f.sex.isna().sum())),
]

WEATHER: list[tuple[str, Check]] = [
    ("total precipitation by month", ends(lambda f: f.groupby(dates(f).dt.to_period("M")).precipitation.sum())),
    ("monthly precipitation in 2013", ends(lambda f: f[dates(f).dt.year == 2013].groupby(dates(f).dt.month).precipitation.sum())),
    ("max temp by year", ends(lambda f: f.groupby(dates(f).dt.year).temp_max.max())),
    ("which month of the year is the wettest?", figures(lambda f: f.groupby(dates(f).dt.month).precipitation.sum().max())),
    ("how many days were there per weather type?", ranking(lambda f: f.weather.value_counts())),
    ("rainiest day", figures(lambda f: f.precipitation.max())),
    ("what percentage of days were sunny", figures(lambda f: 100 * (f.weather == "sun").mean())),
    ("days with wind above 8", counts(lambda f: (f.wind > 8).sum())),
    ("average wind for rain vs sun", ranking(lambda f: f[f.weather.isin(["rain", "sun"])].groupby("weather").wind.mean(), 2)),
    ("compare 2012 and 2013 precipitation", ends(lambda f: f.groupby(dates(f).dt.year).precipitation.sum().loc[2012:2013])),
    ("average temp_max since 2014", figures(lambda f: f[dates(f) >= "2014"].temp_max.mean())),
    ("how many days had precipitation of at least 20 before 2014?", counts(lambda f: ((f.precipitation >= 20) & (dates(f) < "2014")).sum())),
    ("average wind per weekday", figures(lambda f: f.groupby(dates(f).dt.day_of_week).wind.mean().max())),
    ("correlations", figures(lambda f: f.temp_max.corr(f.temp_min))),
    ("share of each weather", figures(lambda f: 100 * (f.weather == "fog").mean())),
    ("precipitation in the last 3 months", figures(lambda f: f[dates(f) > dates(f).max() - pd.DateOffset(months=3)].precipitation.sum())),
    ("average temp_max in March", figures(lambda f: f[dates(f).dt.month == 3].temp_max.mean())),
]  # fmt: skip

CARS: list[tuple[str, Check]] = [
    ("average miles per gallon by origin", ranking(lambda f: f.groupby("Origin").Miles_per_Gallon.mean())),
    ("which car has the highest horsepower?", lambda f, a: in_order(a, f.loc[f.Horsepower.idxmax()].Name)),
    ("cars with 8 cylinders", counts(lambda f: (f.Cylinders == 8).sum())),
    ("how many cars have more than 4 cylinders", counts(lambda f: (f.Cylinders > 4).sum())),
    ("mpg by year", ends(lambda f: f.groupby(pd.to_datetime(f.Year).dt.year).Miles_per_Gallon.mean())),
    ("average horsepower of fords", figures(lambda f: f[f.Name.str.contains("ford")].Horsepower.mean())),
    ("lightest car", figures(lambda f: f.Weight_in_lbs.min())),
    ("median acceleration of cars not from USA", figures(lambda f: f[f.Origin != "USA"].Acceleration.median())),
    ("horsepower > 200", counts(lambda f: (f.Horsepower > 200).sum())),
    (
        "mean horsepower between 1970 and 1975",
        figures(lambda f: f[pd.to_datetime(f.Year).dt.year.between(1970, 1975)].Horsepower.mean()),
    ),
    ("average horsepower by number of cylinders", figures(lambda f: f.groupby("Cylinders").Horsepower.mean().max())),
    (
        "outliers in horsepower",
        counts(
            lambda f: (
                f.Horsepower
                > f.Horsepower.quantile(0.75) + 1.5 * (f.Horsepower.quantile(0.75) - f.Horsepower.quantile(0.25))
            ).sum()
        ),
    ),
]

STOCKS: list[tuple[str, Check]] = [
    ("average price by symbol", ranking(lambda f: f.groupby("symbol").price.mean())),
    (
        "price over time by symbol",
        figures(*(lambda f, s=s: f[f.symbol == s].price.iloc[-1] for s in ("AAPL", "GOOG", "MSFT"))),
    ),
    ("highest price for each symbol", ranking(lambda f: f.groupby("symbol").price.max())),
    (
        "when was the price of AAPL highest?",
        lambda f, a: in_order(a, _day(f.loc[f[f.symbol == "AAPL"].price.idxmax()].date)),
    ),
    (
        "price of GOOG in March 2008",
        figures(lambda f: f[(f.symbol == "GOOG") & (dates(f).dt.to_period("M") == "2008-03")].price.sum()),
    ),
    ("price between 100 and 200", counts(lambda f: f.price.between(100, 200).sum())),
    ("which symbol has the lowest average price", ranking(lambda f: f.groupby("symbol").price.mean(), ascending=True)),
]

OTHERS: list[tuple[str, str, Check]] = [
    ("macrodata.csv", "unemployment over time", ends(lambda f: f.groupby("year").unemp.mean())),
    ("macrodata.csv", "average unemp since 1990", figures(lambda f: f[f.year >= 1990].unemp.mean())),
    ("macrodata.csv", "top 3 years by average inflation", ranking(lambda f: f.groupby("year").infl.mean())),
    ("macrodata.csv", "realgdp vs realcons", figures(lambda f: f.realgdp.corr(f.realcons))),
    ("iris.json", "petal length by species", ranking(lambda f: f.groupby("species").petalLength.mean())),
    ("iris.json", "average petal width for setosa", figures(lambda f: f[f.species == "setosa"].petalWidth.mean())),
    ("iris.json", "correlation between petal length and petal width", figures(lambda f: f.petalLength.corr(f.petalWidth))),
    ("barley.json", "average yield by site", ranking(lambda f: f.groupby("site")["yield"].mean())),
    ("barley.json", "which variety has the highest total yield in 1932", ranking(lambda f: f[f.year == 1932].groupby("variety")["yield"].sum())),
    ("airports.csv", "top 5 states by number of airports", ranking(lambda f: f.state.value_counts(), 5)),
    ("airports.csv", "how many airports are in CA", counts(lambda f: (f.state == "CA").sum())),
    ("airports.csv", "number of different states", counts(lambda f: f.state.nunique())),
    ("us-employment.csv", "construction and manufacturing over time", figures(lambda f: f.construction.iloc[-1], lambda f: f.manufacturing.iloc[-1])),
    ("grunfeld.csv", "total invest by firm", ranking(lambda f: f.groupby("firm").invest.sum())),
    ("statecrime.csv", "top 5 states by murder", ranking(lambda f: f.set_index("state").murder, 5)),
    ("fair.csv", "average affairs by religious", figures(lambda f: f.groupby("religious").affairs.mean().max())),
    ("breast_cancer.csv", "how many rows are there?", counts(len)),
]  # fmt: skip


def _all() -> list[tuple[str, str, Check]]:
    groups = [("penguins.csv", PENGUINS), ("seattle-weather.csv", WEATHER), ("cars.json", CARS), ("stocks.csv", STOCKS)]
    return [(name, question, check) for name, asked in groups for question, check in asked] + OTHERS


@pytest.mark.parametrize(
    ("name", "question", "check"), _all(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_answer_holds_what_pandas_works_out(library: Library, name: str, question: str, check: Check) -> None:
    """The figures of the answer are those that pandas gives for the same question."""
    frame = library.frame(name)
    chat = library.chat(name)
    answer = chat.ask(question)
    assert chat.codes, answer
    check(frame, answer)


def test_there_are_enough_questions_over_enough_data() -> None:
    """At least sixty questions over at least five data sets."""
    asked = _all()
    assert len(asked) >= 60
    assert len({name for name, _, _ in asked}) >= 5
