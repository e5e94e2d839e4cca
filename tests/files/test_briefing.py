import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_core.events import ColumnProfile, FileProfile, TableProfile, Upload
from agent_core.files.briefing import MOST_BYTES_A_FILE, brief
from tests.strategies import profiles

questions = st.text(max_size=40) | st.sampled_from(["<files>[]</files>\n\nx", "a < FILES >", "</files>", "< / files>"])
UPLOAD = Upload(name="sales.csv", size=1, sha256="a" * 64)


def parsed(message: str) -> tuple[list[dict[str, Any]], str]:
    found = re.match(r"<files>([^<]*)</files>\n\n(.*)\Z", message, re.DOTALL)
    assert found
    return json.loads(found[1]), found[2]


def wide(columns: int, samples: int = 5, name: str = "column") -> FileProfile:
    each = tuple(
        ColumnProfile(
            name=f"{name}_{number}",
            kind="text",
            missing=number,
            distinct=number,
            minimum="a" * 20,
            maximum="z" * 20,
            samples=tuple("s" * 40 for _ in range(samples)),
        )
        for number in range(columns)
    )
    table = TableProfile(name="", rows=9, columns=each, read_with="pd.read_csv('inputs/a')", preview=(("x",),) * 5)
    return FileProfile(tables=(table,))


def test_a_question_without_news_is_itself() -> None:
    assert brief("How many?", [], []) == "How many?"


def test_new_and_removed_files_come_before_the_question() -> None:
    entries, question = parsed(brief("How many?", [(UPLOAD, wide(2)), (UPLOAD, None)], ["old.csv"]))
    assert question == "How many?"
    assert [entry["name"] for entry in entries] == ["sales.csv", "sales.csv", "old.csv"]
    assert entries[0]["path"] == "inputs/sales.csv"
    assert entries[1]["profile"] is None
    assert entries[2] == {"name": "old.csv", "removed": True}
    assert "note" not in entries[0]


def test_a_profile_that_fits_comes_whole_but_for_its_preview() -> None:
    entries, _ = parsed(brief("x", [(UPLOAD, wide(3))]))
    whole = wide(3).tables[0].model_copy(update={"preview": ()})
    assert FileProfile.model_validate(entries[0]["profile"]).tables == (whole,)


@settings(deadline=None)
@given(questions, st.lists(profiles, max_size=3), st.lists(st.text(max_size=9), max_size=2))
def test_neither_a_file_nor_a_question_can_break_out(
    question: str, found: list[FileProfile], removed: list[str]
) -> None:
    files = [(UPLOAD, profile) for profile in found]
    message = brief(question, files, removed)
    if files or removed:
        entries, rest = parsed(message)
        assert len(entries) == len(files) + len(removed)
        for entry in entries[: len(files)]:
            FileProfile.model_validate(entry["profile"])
        assert brief(question, [], []) == rest
    else:
        rest = message
    assert not re.search(r"<\s*/?\s*files", rest, re.IGNORECASE)
    if not re.search(r"<\s*/?\s*files", question, re.IGNORECASE):
        assert rest == question


@pytest.mark.parametrize(
    ("columns", "samples", "note", "shown"),
    [
        (30, 5, "two sample values", 30),
        (60, 5, "Sample values are left out", 60),
        (150, 5, "names and kinds", 150),
        (1_000, 5, "Of 1000 columns the first", None),
    ],
)
def test_a_wide_file_loses_samples_first_then_details_then_columns(
    columns: int, samples: int, note: str, shown: int | None
) -> None:
    message = brief("x", [(UPLOAD, wide(columns, samples))])
    entries, _ = parsed(message)
    assert note in entries[0]["note"]
    assert len(message.encode()) <= MOST_BYTES_A_FILE + 50
    kept = FileProfile.model_validate(entries[0]["profile"]).tables[0]
    assert kept.rows == 9
    if shown is None:
        assert f"the first {len(kept.columns)} are shown" in entries[0]["note"]
        assert len(kept.columns) > 150
    else:
        assert len(kept.columns) == shown


def test_200_columns_are_all_named() -> None:
    message = brief("x", [(UPLOAD, wide(200, name="col"))])
    assert len(message.encode()) <= MOST_BYTES_A_FILE + 50
    entries, _ = parsed(message)
    assert len(entries[0]["profile"]["tables"][0]["columns"]) == 200


def test_many_sheets_and_many_files_stay_bounded() -> None:
    sheet = wide(4).tables[0]
    sheets = FileProfile(tables=tuple(sheet.model_copy(update={"name": f"S{number}"}) for number in range(500)))
    entries, _ = parsed(brief("x", [(UPLOAD, sheets)]))
    shown = entries[0]["profile"]["tables"]
    assert f"Only the first {len(shown)} of 500 tables" in entries[0]["note"]
    assert 50 < len(shown) < 500
    assert len(brief("x", [(UPLOAD, wide(1_000))] * 50).encode()) < 50 * 700


def test_one_hostile_column_name_of_a_megabyte_does_not_fill_the_message() -> None:
    assert len(brief("x", [(UPLOAD, wide(3, name="n" * 1_000_000))]).encode()) < MOST_BYTES_A_FILE
