"""Untidy files: numbers and dates as text, uneven spelling, gaps. The cleaning stands in the code, to be seen."""

import io
import zipfile

import pandas as pd
import pytest

from agent_core.events import Upload
from agent_core.files.briefing import brief
from tests.analyst.expecting import column, in_order, says, says_exactly
from tests.analyst.running import Chat, Library


def test_decimal_commas_and_uneven_spelling_are_read_right(library: Library) -> None:
    """`1.234,50 €` is 1234.5, and West and " west " are one region."""
    chat = library.chat("messy.csv")
    answer = chat.ask("total net amount by region")
    in_order(answer, "West")
    says(answer, 1234.50 + 200 + 50.50 + 50.50, 99.90 + 1000.10)
    assert "pd.to_numeric" in chat.codes[0]


def test_days_come_first_where_the_samples_say_so(library: Library) -> None:
    """`03.03.2023` and `31.01.2023` are dates with the day first."""
    chat = library.chat("messy.csv")
    says(chat.ask("total net amount in 2024"), 101)
    says(chat.ask("total net amount in February 2023"), 299.90)


def test_a_cleaned_file_has_numbers_dates_and_no_repeated_row(library: Library) -> None:
    """The cleaned file is written, and what was done is told."""
    chat = library.chat("messy.csv")
    answer = chat.ask("give me a cleaned file")
    says_exactly(answer, 6, 7)
    text = library.box.read("messy_cleaned.csv").decode()
    assert "1234.5" in text
    assert "2023-01-31" in text
    assert "Net Amount" in answer


@pytest.mark.parametrize("form", ["csv", "Excel"])
def test_a_file_for_a_spreadsheet_runs_nothing(library: Library, form: str) -> None:
    """Headers and texts that begin like a formula are marked as text; numbers stay numbers."""
    chat = library.chat("formulas.csv")
    chat.ask(f"give me a cleaned file as {form}")
    name = "formulas_cleaned.csv" if form == "csv" else "formulas_cleaned.xlsx"
    data = library.box.read(name)
    found = pd.read_csv(io.BytesIO(data)) if form == "csv" else pd.read_excel(io.BytesIO(data))
    assert list(found.columns) == ["town", "'=1+1", "size"]
    assert list(found["'=1+1"]) == ['\'=HYPERLINK("http://evil.example/")', "'@SUM(1)", "plain", "'|cmd"]
    assert list(found["size"]) == [-7, 28, 3, 4]
    assert b"<f>" not in b"".join(parts(data))


def parts(data: bytes) -> list[bytes]:
    """The files in a workbook; a CSV is one file."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [packed.read(name) for name in packed.namelist()]


def test_a_row_of_totals_at_the_end_is_not_counted(library: Library) -> None:
    """The dates stay dates, the sum is not twice as high, and the answer says what was left out."""
    chat = library.chat("kasse.csv")
    answer = chat.ask("total Umsatz")
    says(answer, 8)
    assert "16" not in answer
    assert "totals at the end of the file is not counted" in answer
    says_exactly(chat.ask("how many rows since February 2023"), 2)


def test_currency_signs_and_brackets_for_negatives_are_read(library: Library) -> None:
    """`$1,200.00` is 1200 and `($20.00)` is -20."""
    chat = library.chat("orders.csv")
    says(chat.ask("average unit price by product"), 1150, 140.25, 80)
    says(chat.ask("lowest unit price"), -20)
    assert "`unitPrice` and `quantity`" in chat.ask("show the correlations")


def test_written_months_are_dates(library: Library) -> None:
    """ "Jan 5, 2022" counts for 2022."""
    chat = library.chat("orders.csv")
    says_exactly(chat.ask("how many orders in 2022?"), 3)


def test_yes_and_no_can_be_counted_and_grouped(library: Library) -> None:
    """A boolean column answers "how many members" and splits averages."""
    chat = library.chat("orders.csv")
    says_exactly(chat.ask("how many members are there?"), 3)
    says(chat.ask("average quantity by is member"), 4 / 3, 2.5)


def test_quality_names_gaps_repetitions_and_spellings(library: Library) -> None:
    """Missing values, repeated rows and columns with uneven spelling are told."""
    answer = library.chat("messy.csv").ask("are there any problems with the data quality?")
    assert "`Region`" in answer
    assert "1 row repeats" in answer


def test_an_amount_that_cannot_be_read_is_told(library: Library) -> None:
    """Values that are no numbers count as missing, and their number is told."""
    chat = library.chat("odd.csv")
    answer = chat.ask("total amount by shop")
    says(answer, 30)
    assert "1 value of `amount` can't be read as a number and counts as missing" in answer


def test_uneven_spelling_that_no_sample_shows_is_found_at_run_time(library: Library) -> None:
    """Where values turn out to differ only by case or spaces, they are taken as one in a second run."""
    chat = library.chat("spaced.csv")
    says(chat.ask("total points by team"), 7, 8)
    says(chat.ask("total points for Red"), 7)


def test_rows_without_a_value_can_be_asked_for(library: Library) -> None:
    """ "With no ..." keeps the rows where it is missing."""
    chat = library.chat("penguins.csv")
    frame = library.frame("penguins.csv")
    says_exactly(chat.ask("how many penguins have no sex?"), int(frame.sex.isna().sum()))


def test_a_large_file_is_read_once_and_cleaned_each_time(library: Library) -> None:
    """The second question gives the same figures, though the file's variable is kept in between."""
    profile = library.profile("messy.csv")
    (table,) = profile.tables
    large = profile.model_copy(update={"tables": (table.model_copy(update={"rows": 1_000_000}),)})
    chat = Chat(library.box, brief("", [(Upload(name="messy.csv", size=1, sha256="0" * 64), large)]))
    for _ in range(2):
        says(chat.ask("total net amount by region"), 1535.50, 1100)
        assert "getmtime" in chat.codes[0]
    written = library.box.run("print(messy_file.shape, messy_file_written > 0)")["result"]["stdout"]
    assert written.endswith("True\n")


def test_a_large_file_that_is_replaced_is_read_anew(library: Library) -> None:
    """What was kept of the file before is not taken for the new one."""
    library.box.write("swapped.csv", b"region,revenue\nA,1\nB,2\n")
    profile = library.looked("swapped.csv")
    large = profile.model_copy(update={"tables": (profile.tables[0].model_copy(update={"rows": 1_000_000}),)})
    chat = Chat(library.box, brief("", [(Upload(name="swapped.csv", size=1, sha256="0" * 64), large)]))
    says(chat.ask("total revenue"), 3)
    library.box.write("swapped.csv", b"region,revenue\nA,10\nB,20\n")
    says(chat.ask("total revenue"), 30)


def given(library: Library, name: str, content: bytes) -> Chat:
    """A chat about a file that is put in for it."""
    library.box.write(name, content)
    return Chat(library.box, brief("", [(Upload(name=name, size=len(content), sha256="0" * 64), library.looked(name))]))


def test_no_other_column_is_put_in_the_place_of_one_that_is_named(library: Library) -> None:
    """Text can't be averaged, and `day_12` is not `day_123`; a dash or "n.a." among numbers is a gap."""
    rows = b"a,50 kg,7,-\nb,51 kg,9,3\nc,60 kg,2,n.a.\nd,1 t,4,5\n"
    chat = given(library, "parcels.csv", b"name,weight,day_12,price\n" + rows)
    assert "`weight` holds text, such as “50 kg”" in chat.ask("average weight")
    assert "no column for “day\\_123”" in chat.ask("average day_123")
    says(chat.ask("total price"), 8)


def test_a_column_without_values_is_no_reason_to_fail(library: Library) -> None:
    """Nor do any two words name one whose name is their first letters."""
    chat = given(library, "hollow.csv", b"at,st,month\n2024-01-05,1,\n2024-02-06,2,\n2024-03-07,3,\n")
    assert "failed" not in chat.ask("trend by month")
    assert "`st`" not in chat.ask("show the first rows")


def test_subtotals_that_are_counted_twice_are_told(library: Library) -> None:
    chat = given(library, "sub.csv", b"Region,Shop,Sales\nNorth,A,10\nNorth Total,,10\nSouth,B,5\nSouth Total,,5\n")
    assert "Rows such as “North Total” look like subtotals" in chat.ask("sum of sales by shop")


def test_one_unit_in_all_cells_is_taken_off_and_no_other_with_it(library: Library) -> None:
    """What has another unit below is counted as unreadable; a column of several units stays text; codes are no units."""
    rows = "".join(f"{50 + at} kg,{at},{at} kg,{at}A\n{50 + at}kg,{at},{at} g,{at}A\n" for at in range(4))
    chat = given(library, "parcels.csv", f"weight,n,mixed,seat\n{rows}900 g,9,1 g,9A\n".encode())
    answer = chat.ask("average weight")
    says(answer, 51.5)
    assert "`weight` is in kg" in answer
    assert "1 value of `weight` can't be read" in answer
    says(chat.ask("how many rows have a weight above 51000 g"), 4)
    chat = given(library, "drinks.csv", b"drink,size\nA,500 ml\nB,250 ml\nC,500 ml\n")
    says_exactly(chat.ask("how many rows with size 500 ml"), 2, 3)
    chat = given(library, "parcels.csv", b"mixed,seat\n0 kg,0A\n1 g,1A\n2 kg,2B\n3 g,3A\n")
    assert "holds text, such as “0 kg”" in chat.ask("average mixed")
    assert "holds text, such as “0A”" in chat.ask("average seat")


@pytest.mark.parametrize("name", ["totals.csv", "daily_averages.csv"])
def test_a_file_named_by_a_figure_does_not_lend_that_name_to_its_rows(library: Library, name: str) -> None:
    chat = given(library, name, b"Month,Sales\nJan 2024,100\nFeb 2024,200\nMar 2024,300\n")
    assert "The total `Sales` is **600**" in chat.ask("total sales")
    assert "The average `Sales` is **200**" in chat.ask("average sales")


def test_a_file_that_is_replaced_or_taken_out_is_forgotten(library: Library) -> None:
    """A question after another about the same file is not answered of the one that was there before."""
    chat = given(library, "stock.csv", b"day,boxes\n2024-01-05,3\n2024-01-06,4\n")
    says_exactly(chat.ask("how many rows are there?"), 2)
    chat.opening = given(library, "stock.csv", b"shelf,books\nA,1\nB,2\nC,5\n").opening
    says_exactly(chat.ask("how many rows are there?"), 3)
    chat.opening = brief("", [], ["stock.csv"])
    assert "There is no file yet." in chat.ask("how many rows are there?")


def test_names_without_letters_and_sums_of_several_currencies(library: Library) -> None:
    """A column may be called anything; dollars and euros are not added up."""
    rows = "2024-01-05,5,$10\n2024-01-06,7,€20\n2024-01-07,1,$30\n2024-01-08,1,$30\n"
    chat = given(library, "signs.csv", f"📅,💰,fee\n{rows}".encode())
    says_exactly(chat.ask("how many rows are there?"), 4)
    chat = given(library, "fees.csv", f"day,size,fee\n{rows}".encode())
    assert "holds text, such as “\\$10”" in chat.ask("average fee")


def test_a_column_may_be_called_by_a_whole_question(library: Library) -> None:
    """As surveys are: code names it in full."""
    name = "How much do you agree that " + "all of this is " * 25 + "fine"
    chat = given(library, "survey.csv", f"person,{name}\nA,1\nB,5\n".encode())
    says(chat.ask("average how much do you agree"), 3)


def test_a_day_is_the_one_that_is_written(library: Library) -> None:
    """Whatever the offset from UTC is."""
    rows = b"2024-01-01T00:30:00+02:00,1\n2024-01-01T23:30:00+02:00,2\n2024-01-02T00:10:00+02:00,4\n"
    answer = given(library, "offset.csv", b"at,v\n" + rows).ask("total v by day")
    assert "**3** (1 January 2024)" in answer
    assert "December" not in answer


@pytest.mark.parametrize(
    ("question", "rows"), [("show the first rows", [1, 2, 3]), ("show me the last few rows", [1, 2, 3])]
)
def test_a_look_at_some_rows_needs_no_number(library: Library, question: str, rows: list[int]) -> None:
    chat = given(library, "sizes.csv", b"town,size\nOslo,1\nRome,2\nBonn,3\n")
    chat.ask(question)
    assert column(chat, "size") == rows


def test_the_table_that_is_named_or_else_the_largest_is_meant(library: Library) -> None:
    """Of a database's or a workbook's tables, not the one that happens to be last."""
    library.box.run(
        "import sqlite3\n"
        "base = sqlite3.connect('store.db')\n"
        "base.executescript('create table orders(id int, total int); create table [order items](sku text, qty int);"
        "create table notes(text text); insert into orders values(1, 5), (2, 7);"
        "insert into [order items] values(1, 1), (2, 1), (3, 2)')\n"
        "base.close()"
    )
    chat = given(library, "store.db", library.box.read("store.db"))
    says_exactly(chat.ask("how many orders are there?"), 2)
    says_exactly(given(library, "store.db", library.box.read("store.db")).ask("how many rows are there?"), 3)


def test_values_that_are_no_text_are_counted_and_days_stay_where_they_were(library: Library) -> None:
    """Dictionaries, bytes and lists in cells; midnight in Berlin is not the day before."""
    library.box.run(
        "import pandas as pd\n"
        "days = pd.date_range('2024-01-01', periods=3, tz='Europe/Berlin')\n"
        "frame = pd.DataFrame({'when': days, 'size': [1, 2, None], 'raw': [b'\\xff'] * 3, 'more': [{'a': 1}] * 3})\n"
        "frame.to_parquet('odd.parquet')"
    )
    chat = given(library, "odd.parquet", library.box.read("odd.parquet"))
    assert "**1 row** of 3 has a missing value" in chat.ask("are there missing values?")
    answer = chat.ask("total size by day")
    assert "1 January 2024" in answer
    assert "December" not in answer
