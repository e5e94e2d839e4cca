"""Strings are read out of JSON that is still being written."""

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_core.planning.partial import PartialStrings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.just("code"), inner, max_size=3),
    max_leaves=6,
)
INPUT = st.dictionaries(st.sampled_from(["code", "language", "other", "co", ""]), TEXT | ANY, max_size=5)


def as_json_sees_it(encoded: str) -> str:
    """The text of a string literal that breaks off, by the standard decoder: all but a half-written escape."""
    for cut in range(13):
        try:
            text = json.loads(encoded[: len(encoded) - cut] + '"')
        except ValueError:
            continue
        if not any("\ud800" <= character <= "\udfff" for character in text):
            return text
    return ""


@given(INPUT, st.booleans())
def test_every_prefix_gives_what_json_would_give(value: dict[str, Any], ascii_only: bool) -> None:
    """After each character the value is the string so far, without a half-written escape."""
    document = "{"
    reader = PartialStrings(["code", "language"])
    reader.feed(document)
    for number, (name, part) in enumerate(value.items()):
        reader.feed((", " if number else "") + json.dumps(name, ensure_ascii=ascii_only) + ": ")
        encoded = json.dumps(part, ensure_ascii=ascii_only)
        for end, character in enumerate(encoded, start=1):
            reader.feed(character)
            if name in {"code", "language"} and isinstance(part, str):
                assert reader[name] == (part if end == len(encoded) else as_json_sees_it(encoded[:end]))
    reader.feed("}")
    for name in ("code", "language"):
        assert reader[name] == (value[name] if isinstance(value.get(name), str) else "")


@given(TEXT, st.lists(st.integers(0, 200)), st.booleans())
def test_pieces_may_be_cut_anywhere(code: str, cuts: list[int], ascii_only: bool) -> None:
    """However the document is cut, the same string comes out."""
    document = json.dumps({"language": "python", "code": code}, ensure_ascii=ascii_only)
    reader = PartialStrings(["code"])
    edges = [0, *sorted(min(cut, len(document)) for cut in cuts), len(document)]
    for start, end in itertools.pairwise(edges):
        reader.feed(document[start:end])
    assert reader["code"] == code


@given(st.text(max_size=60))
def test_what_is_not_json_is_no_error(text: str) -> None:
    """Any text can be fed."""
    reader = PartialStrings(["code"])
    reader.feed(text)
    assert isinstance(reader["code"], str)


def test_surrogate_pairs_wait_for_their_second_half() -> None:
    """Half of a pair is not text."""
    reader = PartialStrings(["code"])
    reader.feed('{"code": "\\ud83d')
    assert reader["code"] == ""
    reader.feed("\\ude00!")
    assert reader["code"] == "\N{GRINNING FACE}!"
