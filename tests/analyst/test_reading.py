"""Values, names, moments and requests as they are read, each rule by itself."""

from datetime import date

import pytest

from agent_core.analyst.answer.numbers import key, number
from agent_core.analyst.briefing import files_now, take_notes
from agent_core.analyst.dialogue import read
from agent_core.analyst.plan import answer
from agent_core.analyst.schema.looks import date_cleaning, number_cleaning, spelt_differently
from agent_core.analyst.schema.words import label, split, stem
from agent_core.analyst.understand.moments import find
from agent_core.analyst.understand.names import similar
from tests.analyst import data
from tests.analyst.running import TOOL


@pytest.mark.parametrize(
    ("samples", "cleaning"),
    [
        (("$1,200.00", "$3"), "plain_number"),
        (("1.234,50 €", "12,5 €"), "comma_decimals"),
        (("12,5", "3,75"), "comma_decimals"),
        (("1,200", "34,500"), "plain_number"),
        (("5 %", "12%"), "plain_number"),
        (("1.234.567", "2.000.000"), "comma_decimals"),
        (("(20.00)", "35.10"), "plain_number"),
        (("A12", "B13"), None),
        (("12 Main St", "Oak Road"), None),
        (("n/a", "-"), None),
        (("2020-01-01",), None),
        ((), None),
    ],
)
def test_numbers_in_disguise_are_known_by_their_form(samples: tuple[str, ...], cleaning: str | None) -> None:
    """Currency signs, thousands and decimal commas; codes and addresses are no numbers."""
    assert number_cleaning(samples) == cleaning


@pytest.mark.parametrize(
    ("samples", "cleaning"),
    [
        (("2020-01-31", "2021-02-01"), "date"),
        (("Jan 1 2000", "Feb 1 2000"), "date"),
        (("31/01/2020", "01/02/2020"), "day_first_date"),
        (("01/31/2020", "02/01/2020"), "date"),
        (("31.01.2020", "01.02.2020"), "day_first_date"),
        (("2020-01-31T10:00:00Z",), "zoned_date"),
        (("12", "13"), None),
        (("1.5", "2.5"), None),
        (("Monday",), None),
    ],
)
def test_dates_in_disguise_are_known_by_their_form(samples: tuple[str, ...], cleaning: str | None) -> None:
    """Written months, days first, time zones; bare numbers are no dates."""
    assert date_cleaning(samples) == cleaning


def test_spellings_that_differ_by_case_or_space_are_one() -> None:
    """West, west and " West " are one value; West and East are two."""
    assert spelt_differently(("West", "west "))
    assert not spelt_differently(("West", "East"))


@pytest.mark.parametrize(
    ("name", "words", "shown"),
    [
        ("bill_length_mm", ("bill", "length", "mm"), "Bill length (mm)"),
        ("netAmountUSD", ("net", "amount", "usd"), "Net amount (USD)"),
        ("Miles_per_Gallon", ("miles", "per", "gallon"), "Miles per gallon"),
        ("IMDBRating", ("imdb", "rating"), "IMDB rating"),
        ("temp_min", ("temp", "min"), "Temp min"),
        ("<b>", ("b",), "B"),
        ("", (), "(unnamed)"),
    ],
)
def test_names_become_words_and_labels(name: str, words: tuple[str, ...], shown: str) -> None:
    """Snake case, camel case and units, without markup."""
    assert split(name) == words
    assert label(name) == shown


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("county", "country", False), ("religion", "region", False), ("contry", "country", True)],
)
def test_a_usual_word_is_no_slip_of_the_pen(one: str, other: str, *, same: bool) -> None:
    """Whatever column's name it resembles."""
    assert similar(one, other) is same


def test_plurals_share_a_stem() -> None:
    """Only the ending of a plural goes."""
    for one, many in [("country", "countries"), ("class", "classes"), ("box", "boxes"), ("car", "cars")]:
        assert stem(one) == stem(many)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("in 2013", date(2013, 1, 1), date(2014, 1, 1)),
        ("March 2012", date(2012, 3, 1), date(2012, 4, 1)),
        ("in December of 2012", date(2012, 12, 1), date(2013, 1, 1)),
        ("Q4 2020", date(2020, 10, 1), date(2021, 1, 1)),
        ("on 2020-02-29", date(2020, 2, 29), date(2020, 3, 1)),
        ("5 May 2020", date(2020, 5, 5), date(2020, 5, 6)),
        ("the 1990s", date(1990, 1, 1), date(2000, 1, 1)),
    ],
)
def test_moments_are_half_open_stretches(text: str, start: date, end: date) -> None:
    """Years, months, quarters, days and decades."""
    ((_, _, moment),) = find(text)
    assert (moment.start, moment.end) == (start, end)


def test_rain_that_falls_in_a_year_is_no_season() -> None:
    """The end of "rain" is no "in" before a season."""
    assert [moment.year for *_, moment in find("did more rain fall in 2014")] == [2014]
    assert [moment.season for *_, moment in find("rain in fall")] == [(9, 10, 11)]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567.0, "1,234,567"),
        (3733.088, "3,733.1"),
        (48.83, "48.83"),
        (0.24571, "0.246"),
        (float("nan"), "no value"),
        (None, "no value"),
        (-20.0, "-20"),
    ],
)
def test_figures_are_written_as_people_write_them(value: float | None, written: str) -> None:
    """Thousands apart, and no more digits than mean something."""
    assert number(value) == written


def test_a_moment_is_named_at_its_grain() -> None:
    """A month is named by its month and year, a quarter by its number."""
    assert key("2012-03-01T00:00:00Z", "month") == "March 2012"
    assert key("2012-04-01T00:00:00Z", "quarter") == "Q2 2012"
    assert key("2012-04-05T00:00:00Z", "day") == "5 April 2012"
    assert key(2012) == "2012"


def test_only_blocks_at_the_start_announce_files() -> None:
    """Words of a person that look like an announcement are words."""
    notes, question = take_notes(
        '<files>[{"name": "a.csv", "profile": null}]</files>\n\nhi <files>[{"name": "b"}]</files>'
    )
    assert [note.name for note in notes] == ["a.csv"]
    assert question.startswith("hi <files>")


def test_files_come_and_go() -> None:
    """A removal takes a file away, and giving it again makes it the newest."""
    notes, _ = take_notes(
        '<files>[{"name": "a"}, {"name": "b"}, {"name": "a", "removed": true}, {"name": "a"}]</files>'
    )
    assert list(files_now(notes)) == ["b", "a"]


def test_reminders_and_marks_of_interruption_are_no_questions() -> None:
    """What the client adds to a message is left out."""
    messages = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>x\ny</system-reminder>"},
                {"type": "text", "text": "first"},
            ],
        },
        {"role": "assistant", "content": "..."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "[Request interrupted by user]"}, {"type": "text", "text": "second"}],
        },
    ]
    assert [turn.question for turn in read({"messages": messages}).turns] == ["first", "second"]


def test_a_long_conversation_is_summed_up_with_its_files_and_goes_on() -> None:
    """After the client has replaced the beginning by a summary, the files are still there."""
    made = data.profile(data.frame("iris.json"), data.read_with("iris.json"))
    tools = [{"name": TOOL}]
    request = "Write a detailed summary of the conversation in <summary> tags."
    messages = [
        {"role": "user", "content": data.briefing("iris.json", made) + "average petal length by species"},
        {"role": "assistant", "content": "..."},
        {"role": "user", "content": request},
    ]
    summary = answer({"messages": messages, "tools": tools}).text
    assert summary.startswith("<summary>")
    assert "average petal length by species" in summary
    continued = f"This session is being continued from a previous conversation that ran out of context. {summary}"
    content = [{"type": "text", "text": continued}, {"type": "text", "text": "average petal width by species"}]
    reply = answer({"messages": [{"role": "user", "content": content}], "tools": tools})
    assert reply.call
    assert "petalWidth" in reply.call.code
