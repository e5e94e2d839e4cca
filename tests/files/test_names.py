import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_core.files.names import LONGEST_BYTES, safe_name

hostile = st.text(st.characters() | st.sampled_from("./\\\0\n \u202e\u200bé~-:"), max_size=300)


@given(hostile, st.lists(hostile, max_size=4))
@example("..", [])
@example("../../etc/passwd", ["passwd"])
@example("a" * 400 + ".csv", ["a" * 251 + ".csv"])
@example("\u202egnp.exe", [])
@example("é" * 200 + ".csv", [])
@example(".", ["file"])
def test_a_name_is_one_visible_part_of_a_path_that_nobody_has(raw: str, taken_raw: list[str]) -> None:
    taken = [safe_name(one) for one in taken_raw]
    name = safe_name(raw, taken)
    assert name
    assert not set(name) & set('/\\\0<>:"|?*')
    assert not name.startswith((".", "-", "~", " "))
    assert not name.endswith((".", " "))
    assert PurePosixPath("inputs", name).parts == ("inputs", name)
    assert PureWindowsPath("inputs", name).parts == ("inputs", name)
    assert len(name.encode()) <= LONGEST_BYTES
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name)
    assert name.casefold() not in {other.casefold() for other in taken}


@given(hostile)
def test_a_safe_name_stays_as_it_is(raw: str) -> None:
    name = safe_name(raw)
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("sales.csv", "sales.csv"),
        ("Umsätze 2024 (final).xlsx", "Umsätze 2024 (final).xlsx"),
        ("C:\\Users\\me\\data.csv", "data.csv"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        ("...hidden", "hidden"),
        ("a\0b\x1b[31m.csv", "ab[31m.csv"),
        ("a\nb.csv", "a b.csv"),
        ("what?.csv", "what_.csv"),
        ("CON", "_CON"),
        ("nul.csv", "_nul.csv"),
        ("console.csv", "console.csv"),
        ("e\u0301.csv", "\u00e9.csv"),
        ("fdp\u202evsc.exe", "fdpvsc.exe"),
    ],
)
def test_examples(raw: str, safe: str) -> None:
    assert safe_name(raw) == safe


def test_a_name_in_use_gets_a_number_before_its_extension() -> None:
    assert safe_name("a.csv", ["a.csv"]) == "a (2).csv"
    assert safe_name("A.csv", ["a.csv", "A (2).csv"]) == "A (3).csv"
    assert safe_name("noextension", ["noextension"]) == "noextension (2)"


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("ü" * 300 + ".parquet", ["x"])
    assert name.endswith("ü.parquet")
    assert 253 <= len(name.encode()) <= 255
