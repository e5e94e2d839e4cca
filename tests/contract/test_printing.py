"""A contract is laid out term by term, and printed without anything from elsewhere or anybody's markup."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract import MATRIX, PRESETS, PROVIDERS, Contract, Languages, Lifecycle, Network, Timeout
from agent_core.contract.ceiling import Ceiling
from agent_core.contract.document import _MEANINGS, SUPPORT, SUPPORT_MEANS, document, matrix, side_by_side
from agent_core.contract.printing import clauses_table, comparison_table, matrix_table, printed
from agent_core.contract.terms import TERMS
from agent_core.contract.words import unbroken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = '</title><script>alert("1")</script><img src=x onerror=alert(2)>'


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def of(contract: Contract) -> dict[str, str]:
    return {f"{row.clause}: {row.title}": row.value for row in document(contract)}


def test_every_term_has_a_row_a_meaning_and_a_value() -> None:
    rows = document(Contract())
    assert len(rows) == len(TERMS)
    assert all(row.value and row.meaning for row in rows)
    assert set(_MEANINGS) == {term.path for term in TERMS}


def test_values_are_written_as_people_write_them() -> None:
    shown = of(Contract())
    assert shown["Time-out: Time limit for a call"] == "60 s"
    assert shown["Network: List of allowed domains"] == "None"
    assert shown[": Provider of sandboxes"] == "This machine"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_row_says_how_the_provider_in_use_holds_it(provider) -> None:
    rows = {row.title: row for row in document(Contract(provider=provider))}
    assert rows["Memory limit"].holds[0].sentence == MATRIX[provider]["resources.memory_mib"].sentence
    assert [hold.sentence for hold in rows["List of allowed languages"].holds] == [
        MATRIX[provider]["languages.python"].sentence,
        MATRIX[provider]["languages.bash"].sentence,
    ]


def test_a_choice_is_held_as_what_was_chosen() -> None:
    network = Network(mode="allowlist", domains=("example.org",))
    rows = {row.title: row for row in document(Contract(provider="e2b", network=network))}
    assert rows["List of allowed domains"].holds[0].sentence == MATRIX["e2b"]["network.allowlist"].sentence
    assert rows["List of allowed domains"].value == "example.org"


def test_side_by_side_marks_what_differs_and_nothing_else() -> None:
    before, after = Contract(), Contract(timeout=Timeout(call_seconds=30))
    changed = [pair for pair in side_by_side(before, after) if pair.changed]
    assert [(pair.title, pair.before, pair.after) for pair in changed] == [("Time limit for a call", "60 s", "30 s")]


def test_the_comparison_marks_the_changed_row_and_can_leave_out_the_rest() -> None:
    before, after = Contract(), Contract(lifecycle=Lifecycle(mode="ephemeral"))
    whole = comparison_table(before, after, ("Version 1", "Version 2"))
    assert whole.count('<tr class="changed">') == 1
    assert whole.count("<tr") == 1 + len({term.clause for term in TERMS if "." in term.path}) + len(TERMS)
    short = comparison_table(before, after, ("Version 1", "Version 2"), changed_only=True)
    assert short.count("<tr") == 3


def test_the_matrix_has_every_feature_at_every_provider() -> None:
    assert all(len(feature.holds) == len(PROVIDERS) for feature in matrix())
    tags = _Tags(matrix_table())
    assert tags.tags.count("td") == len(matrix()) * len(PROVIDERS)
    assert set(SUPPORT) == set(SUPPORT_MEANS)


@pytest.mark.parametrize("contract", PRESETS, ids=lambda preset: preset.name)
def test_the_printed_page_holds_every_value_and_loads_nothing(contract) -> None:
    page = printed(contract, version=7, of="Penguins", at=NOON)
    tags = _Tags(page)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe", "a", "form", "object"} & set(tags.tags)
    assert not {"src", "href", "srcset", "style", "onerror"} & tags.attributes
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert "version 7 of “Penguins”, printed on 1 March 2026 at 12:00 UTC" in page
    assert all(unbroken(value.strip("“”")) in page for value in of(contract).values())


def test_nothing_that_a_person_wrote_becomes_markup() -> None:
    page = printed(Contract(name=HOSTILE), version=1, of=HOSTILE, at=NOON)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 3


@given(name=st.text(min_size=1, max_size=80), title=st.text(max_size=200))
def test_no_name_and_no_title_adds_a_tag(name: str, title: str) -> None:
    plain = _Tags(printed(Contract(), version=1, of="x", at=NOON)).tags
    assert _Tags(printed(Contract(name=name), version=1, of=title, at=NOON)).tags == plain
    table = clauses_table(Contract(name=name))
    assert re.findall(r"<(\w+)", table) == re.findall(r"<(\w+)", clauses_table(Contract()))


def test_languages_held_alike_are_said_once() -> None:
    both = clauses_table(Contract(provider="claude", languages=Languages(allowed=("python", "bash"))))
    assert both.count("always runs Python.") == 1


def test_what_the_operator_allows_stands_under_the_value() -> None:
    ceiling = Ceiling.model_validate({"resources": {"memory_mib": 2_048}})
    rows = {row.title: row for row in document(Contract(), ceiling)}
    assert rows["Memory limit"].allowed.startswith("Allowed: at most 2 GiB")
    assert rows["Number of processes"].allowed == ""
    assert unbroken("Allowed: at most 2 GiB") in printed(Contract(), version=1, of="x", at=NOON, ceiling=ceiling)
