"""Ways in which people put things: everyday words for columns, values, rows and rankings."""

import pytest

from tests.analyst.expecting import in_order, says, says_exactly
from tests.analyst.running import Library


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("how many people survived?", (3,)),
        ("survival rate by sex", (100 * 2 / 3, 100 / 3)),
        ("what percentage of women survived?", (100 * 2 / 3,)),
        ("did women survive more often than men?", (100 * 2 / 3, 100 / 3)),
        ("average age of survivors", (30,)),
        ("how many people are older than 60?", (1,)),
        ("average fare for first class", (85.25,)),
        ("how many people have no age?", (2,)),
        ("oldest person", (70,)),
        ("how many women were there?", (3,)),
        ("compare men and women by fare", ((90 + 20 + 8) / 3, (80.5 + 7.25 + 13) / 3)),
        ("people aged between 20 and 25", (2,)),
        ("what percentage of the total fare comes from class 1?", (100 * 170.5 / 218.75,)),
    ],
)
def test_everyday_words_find_their_columns(library: Library, question: str, values: tuple[float, ...]) -> None:
    """Survivors, women, older than, first class and the like."""
    says(library.chat("people.csv").ask(question), *values)


def test_two_files_are_joined_where_a_question_needs_both(library: Library) -> None:
    """A column of each file, and one key: the join stands in the code and in the answer, and follow-ups keep it."""
    chat = library.chat("customers.csv", "purchases.csv")
    answer = chat.ask("total amount by segment")
    says(answer, 100, 13.5)
    assert "`customer_id`" in answer
    assert 'validate="many_to_one"' in chat.codes[0]
    assert "1 row without `segment`" in answer
    says(chat.ask("now by country"), 101, 12.5)


def test_a_running_total_grows_to_the_whole(library: Library) -> None:
    """The last point of a cumulative series is the total."""
    frame = library.frame("seattle-weather.csv")
    answer = library.chat("seattle-weather.csv").ask("cumulative precipitation over time")
    says(answer, frame.precipitation.sum())


def test_the_top_of_each_group_is_listed_group_by_group(library: Library) -> None:
    """ "Top 2 weather in each year" has two values for each year."""
    chat = library.chat("penguins.csv")
    frame = library.frame("penguins.csv")
    answer = chat.ask("top 1 species by body mass in each island")
    means = frame.groupby(["island", "species"]).body_mass_g.mean()
    for island in ("Biscoe", "Dream", "Torgersen"):
        best = means[island]
        in_order(answer, island, str(best.idxmax()))
        says(answer, best.max())


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("forecast precipitation for next month", "forecasts"),
        ("is the difference in wind significant?", "tests"),
        ("cluster the days", "clusters"),
        ("moving average of wind", "moving averages"),
        ("show me a map", "maps"),
    ],
)
def test_what_no_rule_can_do_is_refused_by_name(library: Library, question: str, word: str) -> None:
    """Nothing simpler is passed off as it."""
    chat = library.chat("seattle-weather.csv")
    assert word in chat.ask(question)
    assert not chat.codes


def test_doubtful_readings_are_told(library: Library) -> None:
    """A word that fits two columns is read as one of them, and the other is named."""
    answer = library.chat("seattle-weather.csv").ask("average temperature by weather")
    assert "`temp_max`" in answer
    assert "`temp_min`" in answer


def test_an_adjective_without_its_column_is_not_answered_with_another(library: Library) -> None:
    """ "Cheapest" needs a price."""
    chat = library.chat("penguins.csv")
    assert "cheapest" in chat.ask("cheapest penguin")
    assert not chat.codes


def test_a_year_that_is_cut_off_is_told(library: Library) -> None:
    """The last year of a sum is not taken for a fall where the data ends within it."""
    frame = library.frame("purchases.csv")
    answer = library.chat("purchases.csv").ask("total amount per year")
    says(answer, frame.amount.sum())
    assert "not complete" in answer
    yearly = library.chat("iowa-electricity.csv").ask("total net generation over time")
    assert "not complete" not in yearly


def test_a_word_that_is_only_in_the_data_is_looked_for(library: Library) -> None:
    """A value beyond the samples is searched, in a call of its own, before the question is answered."""
    chat = library.chat("airports.csv")
    frame = library.frame("airports.csv")
    answer = chat.ask("how many airports are in CA")
    assert len(chat.codes) == 2
    says_exactly(answer, int((frame.state == "CA").sum()))


def test_rows_at_the_top_of_each_group_are_shown(library: Library) -> None:
    """ "The 3 heaviest penguins of each species" are rows, not averages."""
    frame = library.frame("penguins.csv")
    for question in ("show me the heaviest 3 penguins of each species", "top 3 penguins by body mass per species"):
        answer = library.chat("penguins.csv").ask(question)
        says(answer, *(frame[frame.species == one].body_mass_g.nlargest(3).iloc[2] for one in frame.species.unique()))
    answer = library.chat("penguins.csv").ask("lightest penguin of each species")
    says(answer, *frame.groupby("species").body_mass_g.min())


def test_a_column_that_is_named_is_used_or_said_to_be_left_out(library: Library) -> None:
    """Of three groups one is left out, which is told; of three figures without a verb nothing can be made."""
    chat = library.chat("penguins.csv")
    assert "left out `sex`" in chat.ask("average body mass by species and island and sex")
    said = chat.ask("bill length, body mass and flipper length")
    assert "can't put `body_mass_g` and `flipper_length_mm` together" in said
