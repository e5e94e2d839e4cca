"""The look inside a file, by the program that runs in the sandbox: here in a process of its own."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.events import FileProfile
from agent_core.files.profiler import MARK, PARTS, parse_profile, profile_code
from tests.files.made import make
from tests.strategies import profiles

DRIVER = """
import contextlib, io, json, sys
import pandas as pd
found = {}
for name, code in json.load(sys.stdin).items():
    printed, before = io.StringIO(), set(globals()) | {"printed", "before", "name", "code", "tables", "modules"}
    modules = set(sys.modules)
    with contextlib.redirect_stdout(printed):
        exec(code)
    assert set(globals()) <= before, set(globals()) - before
    assert not [module for module in set(sys.modules) - modules if module.startswith("agent_core")]
    tables = []
    for line in printed.getvalue().splitlines():
        for table in json.loads(line.partition(":")[2])["tables"]:
            frame = eval(table["read_with"], {"pd": pd})
            tables.append([len(frame), list(map(str, frame.columns)), list(map(str, frame.dtypes))])
    found[name] = [printed.getvalue(), tables]
print(json.dumps(found))
"""


def run(program: str, given: Any, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(given),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[FileProfile, list[Any]]]:
    """Every file's profile, and what its tables really are when they are read as the profile says."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "inputs").mkdir()
    make(folder / "inputs")
    names = sorted(path.name for path in (folder / "inputs").iterdir())
    found = json.loads(run(DRIVER, {name: profile_code(name) for name in names}, folder))
    return {name: (parse_profile(printed), tables) for name, (printed, tables) in found.items()}


Looked = dict[str, tuple[FileProfile, list[Any]]]


def only(looked: Looked, name: str) -> Any:
    profile = looked[name][0]
    assert profile.problem is None
    assert len(profile.tables) == 1
    return profile.tables[0]


def kinds(looked: Looked, name: str) -> dict[str, str]:
    return {column.name: column.kind for column in only(looked, name).columns}


def test_every_table_is_read_as_its_profile_says(looked: Looked) -> None:
    """Rows, columns and types are those of the frame that `read_with` makes."""
    fitting = {
        "number": ("int", "float"),
        "integer": ("int", "float"),
        "date": ("datetime64",),
        "boolean": ("bool", "object"),
        "text": ("str", "object"),
        "category": ("str", "object"),
        "empty": ("float", "object", "str", "int", "datetime64"),
    }
    tables = 0
    for name, (profile, frames) in looked.items():
        for table, (rows, columns, dtypes) in zip(profile.tables, frames, strict=True):
            tables += 1
            assert table.rows == rows, name
            assert [column.name for column in table.columns] == columns, name
            for column, dtype in zip(table.columns, dtypes, strict=True):
                assert dtype.startswith(fitting[column.kind]), (name, column, dtype)
    assert tables > 40


def test_every_table_is_read_by_one_expression_of_pandas_alone(looked: Looked) -> None:
    for profile, _ in looked.values():
        for table in profile.tables:
            tree = ast.parse(table.read_with, mode="eval")
            assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} == {"pd"}
            assert len(table.read_with) < 1_000


READ_WITH = {
    "plain.csv": "pd.read_csv('inputs/plain.csv', parse_dates=['joined'], date_format='%Y-%m-%d')",
    "german.csv": "pd.read_csv('inputs/german.csv', sep=';', encoding='latin-1', decimal=',', thousands='.', "
    "dtype={'PLZ': 'str', 'Version': 'str'}, parse_dates=['Datum'], date_format='%d.%m.%Y')",
    "wide.csv": "pd.read_csv('inputs/wide.csv', sep=';', encoding='latin-1', decimal=',')",
    "windows.csv": "pd.read_csv('inputs/windows.csv', encoding='cp1252')",
    "utf16.csv": "pd.read_csv('inputs/utf16.csv', encoding='utf-16')",
    "utf16bare.csv": "pd.read_csv('inputs/utf16bare.csv', sep=';', encoding='utf-16-le')",
    "bom.csv": "pd.read_csv('inputs/bom.csv', sep=';', encoding='utf-8-sig')",
    "told.csv": "pd.read_csv('inputs/told.csv', sep=';', skiprows=1)",
    "preamble.csv": "pd.read_csv('inputs/preamble.csv', skiprows=3)",
    "headless.csv": "pd.read_csv('inputs/headless.csv', header=None, parse_dates=[1], date_format='%Y-%m-%d')"
    ".add_prefix('column_')",
    "years.csv": "pd.read_csv('inputs/years.csv')",
    "rownames.csv": "pd.read_csv('inputs/rownames.csv')",
    "tabs.tsv": "pd.read_csv('inputs/tabs.tsv', sep='\\t')",
    "pipe.txt": "pd.read_csv('inputs/pipe.txt', sep='|')",
    "thousand.csv": "pd.read_csv('inputs/thousand.csv', thousands=',')",
    "swiss.csv": "pd.read_csv('inputs/swiss.csv', sep=';', thousands=\"'\")",
    "spaces.csv": "pd.read_csv('inputs/spaces.csv', skipinitialspace=True)",
    "us.csv": "pd.read_csv('inputs/us.csv', parse_dates=['when'], date_format='%m/%d/%Y')",
    "moments.csv": "pd.read_csv('inputs/moments.csv', parse_dates=['t'], date_format='ISO8601')",
    "latebaddate.csv": "pd.read_csv('inputs/latebaddate.csv')",
    "text.xls": "pd.read_csv('inputs/text.xls', sep='\\t')",
    "packed.csv.gz": "pd.read_csv('inputs/packed.csv.gz', sep=';')",
    "packed.dat": "pd.read_csv('inputs/packed.dat', compression='gzip', sep=';')",
    "packed.csv.bz2": "pd.read_csv('inputs/packed.csv.bz2', sep=';')",
    "packed.csv.xz": "pd.read_csv('inputs/packed.csv.xz', sep=';')",
    "packed.jsonl.gz": "pd.read_json('inputs/packed.jsonl.gz', lines=True)",
    "packed.json.gz": "pd.json_normalize(pd.read_json('inputs/packed.json.gz', typ='series').tolist())",
    "one.zip": "pd.read_csv('inputs/one.zip', sep=';')",
    "table.parquet": "pd.read_parquet('inputs/table.parquet')",
    "table.feather": "pd.read_feather('inputs/table.feather')",
    "records.json": "pd.read_json('inputs/records.json')",
    "nested.json": "pd.json_normalize(pd.read_json('inputs/nested.json', typ='series')['results'])",
    "deeper.json": "pd.json_normalize(pd.read_json('inputs/deeper.json', typ='series')['data']['items'])",
    "pages.json": "pd.json_normalize(pd.read_json('inputs/pages.json', typ='series')['results'])",
    "rows.json": "pd.DataFrame(pd.read_json('inputs/rows.json').iloc[1:].values.tolist(), columns=['a', 'b'])",
    "split.json": "pd.read_json('inputs/split.json', orient='split')",
    "grouped.parquet": "pd.read_parquet('inputs/grouped.parquet').reset_index()",
    "flat.json": "pd.json_normalize(pd.read_json('inputs/flat.json', typ='series').tolist())",
    "lines.jsonl": "pd.read_json('inputs/lines.jsonl', lines=True)",
    'it\'s "odd" {x} $y.csv': "pd.read_csv('inputs/it\\'s \"odd\" {x} $y.csv')",
}


@pytest.mark.parametrize("name", sorted(READ_WITH))
def test_how_a_table_is_read(name: str, looked: Looked) -> None:
    assert only(looked, name).read_with == READ_WITH[name]


def test_columns_are_told_apart_by_what_they_hold(looked: Looked) -> None:
    assert kinds(looked, "plain.csv") == {"name": "text", "age": "integer", "joined": "date", "ok": "boolean"}
    assert kinds(looked, "table.parquet") == {
        "region": "category", "sales": "integer", "when": "date", "none": "empty", "2024": "number",
    }  # fmt: skip
    assert kinds(looked, "lists.parquet") == {"l": "text", "d": "text"}
    assert kinds(looked, "latetext.csv") == {"a": "category"}
    assert kinds(looked, "latebaddate.csv")["d"] == "category"


def test_missing_distinct_least_and_most_are_counted(looked: Looked) -> None:
    name, age, joined, ok = only(looked, "plain.csv").columns
    assert (name.missing, name.distinct, name.samples, name.minimum) == (0, 3, ("Ada", "Bob", "Cyd"), None)
    assert (age.missing, age.distinct, age.minimum, age.maximum) == (1, 2, "36", "41")
    assert (joined.minimum, joined.maximum) == ("2024-01-02", "2024-03-04")
    assert ok.distinct == 2
    assert only(looked, "plain.csv").preview[1] == ("Bob", "", "2024-02-03", "False")


def test_a_german_export_keeps_its_umlauts_amounts_and_postcodes(looked: Looked) -> None:
    columns = {column.name: column for column in only(looked, "german.csv").columns}
    assert (columns["Umsatz"].minimum, columns["Umsatz"].maximum) == ("1000.5", "1039.5")
    assert columns["PLZ"].samples[0] == "01000"
    assert columns["Ort"].samples == ("München",)
    assert columns["Datum"].maximum == "2024-03-28"


def test_200_columns_in_latin_1_are_all_right(looked: Looked) -> None:
    table = only(looked, "wide.csv")
    assert [column.name for column in table.columns] == [f"Größe_{number}" for number in range(200)]
    assert {column.kind for column in table.columns[1::2]} == {"category"}
    assert {column.kind for column in table.columns[2:100:2]} == {"number"}
    assert {column.samples for column in table.columns[1::2]} == {("Köln",)}
    assert table.columns[2].minimum == "2.02"


def test_each_sheet_and_each_database_table_is_one(looked: Looked) -> None:
    book = looked["book.xlsx"][0]
    assert [(table.name, table.rows) for table in book.tables] == [("Data", 20), ("Büro 'Q'", 1), ("Titled", 2)]
    assert [column.name for column in book.tables[2].columns] == ["k", "v", "w"]
    assert book.tables[0].read_with.endswith("sheet_name='Data').rename(columns='{}'.format)")
    tables = looked["data.sqlite"][0].tables
    assert [(table.name, table.rows) for table in tables] == [('my "tab', 30), ("none", 0)]


def test_a_sheet_as_a_department_keeps_it_is_a_clean_table(looked: Looked) -> None:
    """Title rows, a header of two rows, commas in numbers, dates as text, and a totals row that is left out and told."""
    profile = looked["department.xlsx"][0]
    assert profile.problem == "The totals at the end of the sheet 'Sheet' (\"Total\") were left out of its table."
    (table,) = profile.tables
    assert table.rows == 3
    assert [(column.name, column.kind) for column in table.columns] == [
        ("Region", "category"),
        ("Day", "date"),
        ("Shop Units", "integer"),
        ("Shop Revenue", "number"),
        ("Online Units", "integer"),
        ("Online Revenue", "number"),
    ]
    assert (table.columns[3].minimum, table.columns[3].maximum) == ("17.75", "2000.25")
    assert (table.columns[1].minimum, table.columns[1].maximum) == ("2024-02-01", "2024-02-15")


@pytest.mark.parametrize("name", ["corner.xlsx", "called_text.csv"])
def test_a_sheet_begins_where_its_table_does(name: str, looked: Looked) -> None:
    """Whatever the file calls itself: no empty columns before the table, nor blank rows after, and the hidden sheet last."""
    profile = looked[name][0]
    assert [(table.name, table.rows, len(table.columns)) for table in profile.tables] == [
        ("Prices", 2, 2),
        ("Old prices", 1, 2),
    ]
    assert profile.problem == (
        "The totals at the end of the sheet 'Prices' (\"Total\") were left out of its table. "
        "Hidden in the workbook, and read as well: 'Old prices'."
    )


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        ("far.xlsx", 2, "What stands far below the table in the sheet 'Sheet' (row 1,048,576) was left out."),
        ("gaps.xlsx", 3, "The totals at the end of the sheet 'Sheet' (\"Total\") were left out of its table."),
    ],
)
def test_blank_rows_are_no_rows(looked: Looked, name: str, rows: int, told: str) -> None:
    profile, ((read, columns, _),) = looked[name]
    assert (profile.tables[0].rows, read, columns) == (rows, rows, ["a", "b"])
    assert profile.problem == told


def test_thousands_that_could_be_decimals_are_told(looked: Looked) -> None:
    """Where semicolons part the cells, a comma would part the decimals."""
    profile = looked["punkte.csv"][0]
    assert (profile.tables[0].columns[1].minimum, profile.tables[0].columns[1].maximum) == ("999", "12345")
    assert profile.problem == "Numbers such as 1.234 were read as 1234, with thousands."


BY_YEAR = {"region": "text"} | {f"{year} {what}": "integer" for year in (2023, 2024) for what in ("sales", "cost")}


@pytest.mark.parametrize(
    ("name", "columns", "rows", "told"),
    [
        ("unitsrow.csv", {"when": "date", "weight": "integer", "price, net": "number"}, 3, "(YYYY-MM-DD, kg, €/kg)"),
        ("unitsbelow.csv", {"t": "integer", "v": "integer"}, 3, "The row of units under the header (s, m/s)"),
        ("tworows.csv", BY_YEAR, 3, 'The header has two rows, which were joined: "region", "2023 sales"'),
        ("tworowsfull.csv", BY_YEAR, 2, '"2023 cost" and so on.'),
        ("wordsfirst.csv", {"name": "text", "a": "text", "b": "text"}, 4, 'holds words ("low", "high")'),
    ],
)
def test_a_row_between_the_names_and_the_data_is_told(
    looked: Looked, name: str, columns: dict[str, str], rows: int, told: str
) -> None:
    """Units are left out, names are joined, and anything else stays among the data."""
    profile = looked[name][0]
    assert {column.name: column.kind for column in profile.tables[0].columns} == columns
    assert profile.tables[0].rows == rows
    assert told in (profile.problem or "")


def test_formulas_without_results_are_told(looked: Looked) -> None:
    profile = looked["unsaved.xlsx"][0]
    assert [column.kind for column in profile.tables[0].columns] == ["integer", "empty"]
    assert profile.problem == (
        "It has columns of formulas without their results: open it in Excel, save it, and upload it again."
    )


def test_an_archive_may_hold_any_tables(looked: Looked) -> None:
    tables = looked["mixed.zip"][0].tables
    assert [(table.name, table.rows) for table in tables] == [
        ("in/table.parquet", 20),
        ("in/table.feather", 20),
        ("in/book.xlsx Data", 20),
        ("in/book.xlsx Büro 'Q'", 1),
        ("in/book.xlsx Titled", 2),
        ("in/lines.jsonl", 2),
        ("in/nested.json", 2),
        ("in/plain.csv", 3),
    ]


def test_the_tables_of_an_archive_are_named_by_their_place_in_it(looked: Looked) -> None:
    tables = looked["two.zip"][0].tables
    assert [(table.name, table.rows) for table in tables] == [("x/a.csv", 1), ("b.csv", 2)]


def test_a_header_alone_is_a_table_without_rows(looked: Looked) -> None:
    assert only(looked, "headeronly.csv").rows == 0
    assert kinds(looked, "headeronly.csv") == {"a": "empty", "b": "empty", "c": "empty"}
    assert only(looked, "norows.parquet").rows == 0


@pytest.mark.parametrize("name", ["picture.png", "paper.pdf", "page.html", "prose.txt", "script.py", "none.zip"])
def test_what_is_no_table_is_no_problem_either(name: str, looked: Looked) -> None:
    assert looked[name][0] == FileProfile()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.csv", "The file is empty."),
        ("blank.csv", "The file is empty."),
        ("junk.csv", "The file ends in .csv but is not text: it looks like binary data."),
        ("packedjunk.csv.gz", "The packed file holds no text."),
        ("fake.xlsx", "The file ends in .xlsx but is not an Excel workbook."),
        ("cut.xlsx", "The file ends in .xlsx but is not an Excel workbook that can be read: it is damaged"),
        ("cut.parquet", "The file ends in .parquet but is not a Parquet file that can be read"),
        ("locked.xlsx", "The workbook is protected by a password."),
        ("nothing.xlsx", "The workbook is empty"),
        ("page.xls", "The file ends in .xls but is a web page or XML. Open it in Excel"),
        ("old.xls", "This is an old Excel workbook (.xls)"),
        ("scalar.json", "The JSON file holds no list of records"),
        ("cut.json", "The file ends in .json but is not a JSON document that can be read"),
        ("deep.json", "The file ends in .json but is not a JSON document that can be read"),
        ("bomb.zip", "The archive unpacks to more than 1 GiB."),
        ("bomb.xlsx", "The workbook unpacks to more than fits here."),
        ("secret.zip", "The archive is protected by a password."),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(name: str, words: str, looked: Looked) -> None:
    profile = looked[name][0]
    assert profile.tables == ()
    assert profile.problem is not None
    assert profile.problem.startswith(words)
    assert profile.problem.endswith(".")


def test_ragged_rows_are_left_out_and_said(looked: Looked) -> None:
    profile = looked["ragged.csv"][0]
    assert profile.problem == (
        "2 rows have more fields than the header and can't be placed: line 3 has 3 fields instead of 2. "
        "The rest was read without them."
    )
    assert (profile.tables[0].rows, profile.tables[0].read_with) == (
        2,
        "pd.read_csv('inputs/ragged.csv', on_bad_lines='skip')",
    )


LARGE = """
import json, pathlib, resource, sys
code = json.load(sys.stdin)
block = "".join(f"{n % 28 + 1:02d}.01.2024;customer {n * 7919};{n % 97},{n % 90 + 10};Köln\\n" for n in range(40_000))
rows = 0
with open("inputs/large.csv", "w", encoding="latin-1") as file:
    file.write("Datum;Kunde;Betrag;Ort\\n")
    while file.tell() < 150_000_000:
        file.write(block)
        rows += 40_000
exec(code)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_150_mb_are_counted_exactly_in_less_than_a_gib(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    printed = run(LARGE, profile_code("large.csv"), tmp_path)
    rows, peak_mib = map(int, printed.splitlines()[-1].split())
    table = parse_profile(printed).tables[0]
    assert table.rows == rows
    assert [column.kind for column in table.columns] == ["date", "text", "number", "category"]
    assert peak_mib < 1_024


@given(st.text() | st.binary().map(lambda junk: junk.decode("utf-8", "replace")))
def test_whatever_is_printed_is_a_profile(printed: str) -> None:
    for stdout in (printed, MARK + printed, f"{printed}\n{MARK}{printed}\n"):
        assert isinstance(parse_profile(stdout), FileProfile)


@pytest.mark.parametrize("line", ["[]", "1", "{}{}", '{"tables": 5}', '{"more": 1}', "[" * 100_000, '"\\ud800"'])
def test_a_forged_line_is_a_problem_as_a_value(line: str) -> None:
    assert parse_profile(f"{MARK}{line}\n").problem == "The file is here, but it could not be looked at."


@given(profiles)
def test_a_profile_comes_through_among_other_output(profile: FileProfile) -> None:
    line = MARK + json.dumps(profile.model_dump(mode="json"))
    assert parse_profile(f"noise\n{line}\nmore noise") == profile


def test_half_a_character_becomes_a_question_mark() -> None:
    assert parse_profile(MARK + '{"problem": "a\\ud800b"}').problem == "a?b"


def test_the_program_names_the_file_by_a_literal() -> None:
    """A name can't end the string that it stands in, however it is made."""
    hostile = "');import os;os.system('x')#\n\".csv"
    calls = [node for node in ast.walk(ast.parse(profile_code(hostile))) if isinstance(node, ast.Call)]
    assert {node.func.id for node in calls if isinstance(node.func, ast.Name)} == {"exec", "compile"}


def test_all_parts_are_sent() -> None:
    folder = Path(__file__).parents[2] / "agent_core" / "files" / "inside"
    assert {path.stem for path in folder.glob("*.py")} == {*PARTS, "loader", "__init__"}
