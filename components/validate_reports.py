"""Reports of earlier checks: to look at, and two of them side by side."""

from collections.abc import Sequence

import streamlit as st

from agent_core.session.reports import KeptReport
from agent_core.validation.base import Outcome
from agent_core.validation.forms import Change, compare
from components import html_table, moments, units, validate_checks

_SHOWN = 30
_UNTRIED: frozenset[Outcome | None] = frozenset({"not_applicable", None})


def draw(kept: Sequence[KeptReport]) -> None:
    """List the reports, newest first, and compare two."""
    if not kept:
        st.caption("No checks were run yet.")
        return
    rows = [
        (
            moments.shown(one.report.started_at),
            _provider(one),
            f"{one.report.contract.name}, version {one.report.contract_version}",
            validate_checks.counts(one.report.findings),
            one.digest[:12],
        )
        for one in kept[:_SHOWN]
    ]
    html_table.draw(("When", "Provider", "Contract", "Outcome", "Hash"), rows, "versions")
    one = _choose("Look at", kept, 0, "report-shown")
    if len(kept) > 1:
        _comparison(kept)
    st.markdown("### The report", anchors=False)
    validate_checks.draw(one, place="past")


def _comparison(kept: Sequence[KeptReport]) -> None:
    st.markdown("### Compare two", anchors=False)
    left, right = st.columns(2, gap="small")
    with left:
        before = _choose("Earlier", kept, 1, "report-before")
    with right:
        after = _choose("Later", kept, 0, "report-after")
    changes = compare(before.report, after.report)
    tried = [change for change in changes if not _UNTRIED & {change.before, change.after}]
    if not changes:
        st.caption("Every probe came out the same.")
    elif not tried:
        st.caption("Every probe that was tried in both came out the same.")
    sides = _sides(before, after)
    if tried:
        _table(tried, sides)
    if untried := [change for change in changes if change not in tried]:
        with st.expander(f"{units.count(len(untried), 'probe')} that only one of the two tried", type="compact"):
            _table(untried, sides)


def _table(changes: Sequence[Change], sides: tuple[str, str]) -> None:
    rows = [(change.probe.title, _word(change.before), _word(change.after)) for change in changes]
    html_table.draw(("Probe", *sides), rows, "versions")


def _sides(before: KeptReport, after: KeptReport) -> tuple[str, str]:
    providers = validate_checks.provider(before.report), validate_checks.provider(after.report)
    if providers[0] == providers[1]:
        return "Earlier", "Later"
    return f"Earlier, {providers[0]}", f"Later, {providers[1]}"


def _choose(label: str, kept: Sequence[KeptReport], place: int, key: str) -> KeptReport:
    named = {one.id: one for one in kept[:_SHOWN]}
    chosen: str = st.selectbox(
        label,
        list(named),
        place,
        format_func=lambda name: _name(named[name]),
        key=f"{key}-{kept[0].id}",  # a new report is what people want to see next
    )
    return named[chosen]


def _name(kept: KeptReport) -> str:
    report = kept.report
    return f"{_provider(kept)}, {moments.shown(report.started_at)}, {kept.digest[:12]}"


def _provider(kept: KeptReport) -> str:
    name = validate_checks.provider(kept.report)
    return f"{name[:1].upper()}{name[1:]}"


def _word(outcome: Outcome | None) -> str:
    return validate_checks.OUTCOMES[outcome] if outcome else "Not in this report"
