"""A report is bound by its hash, and what came out of a sandbox is only text in every form of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.contract import Contract
from agent_core.validation.base import Finding, Report
from agent_core.validation.forms import OUTCOMES, Change, NotAReport, compare, digest, from_json, to_json
from agent_core.validation.junit import to_junit
from agent_core.validation.printing import to_html
from agent_core.validation.validate import PROBES

text = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", "\x00\x1b[2J", "<img src=x onerror=y>", '"><a href="http://evil.example">']
)
findings = st.builds(
    Finding, st.sampled_from(PROBES), st.sampled_from(OUTCOMES), text, st.floats(0, 100, allow_nan=False)
)
reports = st.builds(
    Report,
    provider=st.sampled_from(["local", "e2b"]),
    contract=st.builds(lambda name: Contract(name=name), st.sampled_from(["Team", "<b>Bold</b>"])),
    contract_version=st.integers(0, 99),
    started_at=st.datetimes(timezones=st.just(UTC)),
    seconds=st.floats(0, 1e4, allow_nan=False),
    versions=st.dictionaries(text, text, max_size=3),
    findings=st.lists(findings, max_size=6, unique_by=lambda one: one.probe.id).map(tuple),
)


@given(reports)
def test_json_gives_the_same_report_back(report: Report) -> None:
    again = from_json(to_json(report))
    assert again == report
    assert digest(again) == digest(report)


@given(reports, st.sampled_from(["provider", "contract_version", "seconds", "started_at", "versions", "findings"]))
def test_a_changed_word_is_noticed(report: Report, field: str) -> None:
    written = json.loads(to_json(report))
    other = {"provider": "x", "contract_version": 100, "seconds": -1.0, "started_at": "2001-01-01T00:00:00Z"}
    written[field] = other.get(field, {"a": "b"} if field == "versions" else [])
    if written[field] == json.loads(to_json(report))[field]:
        return
    with pytest.raises(NotAReport, match="changed after it was written"):
        from_json(json.dumps(written))


@pytest.mark.parametrize("wrong", ["", "{}", "[]", '{"format": 2}', "\x00"])
def test_what_is_no_report_is_refused(wrong: str) -> None:
    with pytest.raises(NotAReport):
        from_json(wrong)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.add(tag)
        self.attributes |= {name for name, _ in attrs}


@given(reports)
def test_nothing_in_the_html_runs_or_loads(report: Report) -> None:
    tags = Tags()
    tags.feed(to_html(report))
    assert not tags.found & {"script", "img", "a", "iframe", "object", "link", "form", "svg", "b"}
    assert not {name for name in tags.attributes if name.startswith("on") or name in {"src", "href", "style"}}


@given(reports)
def test_junit_counts_what_the_report_counts(report: Report) -> None:
    root = ET.fromstring(to_junit(report))
    assert len(root.findall(".//testcase")) == len(report.findings)
    assert len(root.findall(".//failure")) == report.count("failed")
    skipped = report.count("inconclusive") + report.count("not_applicable")
    assert len(root.findall(".//skipped")) == skipped
    assert sum(int(suite.get("failures")) for suite in root) == report.count("failed")


def test_two_reports_are_compared() -> None:
    one, two, three = PROBES[:3]
    before = report_of(Finding(one, "passed", ""), Finding(two, "passed", ""))
    after = report_of(Finding(one, "passed", ""), Finding(two, "failed", "x"), Finding(three, "passed", ""))
    assert compare(before, after) == (Change(two, "passed", "failed"), Change(three, None, "passed"))
    assert compare(after, replace(after, seconds=9.0)) == ()


def report_of(*found: Finding) -> Report:
    return Report("local", Contract(), 1, datetime(2026, 11, 1, tzinfo=UTC), 1.0, {}, found)
