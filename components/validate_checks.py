"""What the checks found: the five in full, the deeper probes folded by group. All that was seen is hostile text."""

from html import escape

import streamlit as st

from agent_core.contract.words import PROVIDER_NAMES, listed, unbroken
from agent_core.session.reports import KeptReport
from agent_core.validation.base import GROUPS, Finding, Outcome, Report
from components import moments, units, validate_files
from components.markdown import plain

OUTCOMES: dict[Outcome, str] = {
    "passed": "Passed",
    "failed": "Failed",
    "inconclusive": "Inconclusive",
    "not_applicable": "Not applicable",
}
_COUNTED: dict[Outcome, str] = {
    "failed": "failed",
    "inconclusive": "inconclusive",
    "passed": "passed",
    "not_applicable": "not applicable",
}
_DIGEST_SHOWN = 12
_NAMED = 3
"""How many of those that failed are named in the first sentence."""


def draw(kept: KeptReport, *, place: str = "newest") -> None:
    """Show one report; `place` tells this drawing of it from another on the same page."""
    report = kept.report
    _sentence(report)
    st.caption(plain(described(kept)))
    validate_files.draw(kept, place=place)
    if checks := report.of_group("checks"):
        st.html("".join(map(_check, checks)))
    deeper = [group for group in GROUPS if group != "checks" and report.of_group(group)]
    if not deeper:
        return
    st.markdown("### Deeper probes", anchors=False)
    with st.container(key=f"{place}-groups", gap=None):
        for group in deeper:
            found = report.of_group(group)
            with st.expander(
                f"{plain(GROUPS[group])} :gray[{counts(found)}]", type="compact", key=f"{place}-probes-{group}"
            ):
                st.html(f'<table class="ringfence attempts"><tbody>{"".join(map(_row, found))}</tbody></table>')


def counts(findings: tuple[Finding, ...]) -> str:
    """How many came out how, the worst first, as in "1 failed, 11 passed"."""
    numbers = {outcome: sum(finding.outcome == outcome for finding in findings) for outcome in _COUNTED}
    return ", ".join(f"{number} {_COUNTED[outcome]}" for outcome, number in numbers.items() if number)


def described(kept: KeptReport) -> str:
    """When, where, under what, and the beginning of the hash that binds the report."""
    report = kept.report
    version = f", version {report.contract_version}" if report.contract_version else ""
    return (
        f"{moments.shown(report.started_at)}, {provider(report)}, {report.contract.name}{version}, "
        f"{units.seconds(report.seconds)}, hash {kept.digest[:_DIGEST_SHOWN]}"
    )


def provider(report: Report) -> str:
    """Where its sandboxes ran, as people call it."""
    return PROVIDER_NAMES[report.contract.provider]


def _sentence(report: Report) -> None:
    counted = counts(report.findings)
    if report.count("failed"):
        st.error(plain(f"Not everything held: {counted}. {_failed(report)}"), icon=":material/error:")
    elif report.count("inconclusive"):
        st.warning(plain(f"Nothing failed, but not everything could be seen: {counted}."), icon=":material/help:")
    else:
        st.success(plain(f"Everything held: {counted}."), icon=":material/check_circle:")


def _failed(report: Report) -> str:
    titles = [f"“{one.probe.title}”" for one in report.findings if one.outcome == "failed"]
    named = titles[:_NAMED]
    if more := len(titles) - len(named):
        named.append(f"{more} more")
    return f"This must hold and does not: {listed(tuple(named))}."


def _check(finding: Finding) -> str:
    told = [("Tried", finding.probe.reason), ("Seen", finding.seen), *_meaning(finding)]
    items = "".join(f"<dt>{term}</dt><dd>{escape(unbroken(text))}</dd>" for term, text in told)
    return (
        f'<section class="ringfence check {finding.outcome}"><h3>{escape(finding.probe.title)}</h3>'
        f"{_outcome(finding)}<dl>{items}</dl></section>"
    )


def _meaning(finding: Finding) -> list[tuple[str, str]]:
    match finding.outcome:
        case "failed":
            return [("It means", finding.probe.if_failed), ("To do", finding.probe.remedy)]
        case "inconclusive":
            return [("It means", "It could not be seen either way: it may hold or not. Run it again.")]
        case "not_applicable":
            return [("It means", "The question does not arise for this provider under this contract.")]
        case "passed":
            return [("It means", "It was tried, and it holds.")]


def _row(finding: Finding) -> str:
    means = (
        "".join(f"<small>{escape(unbroken(text))}</small>" for _, text in _meaning(finding))
        if finding.outcome == "failed"
        else ""
    )
    return (
        f'<tr><th scope="row">{escape(finding.probe.title)}<small>{escape(unbroken(finding.probe.reason))}</small></th>'
        f'<td data-column="Outcome">{_outcome(finding)}</td><td>{escape(unbroken(finding.seen))}{means}</td></tr>'
    )


def _outcome(finding: Finding) -> str:
    return f'<span class="outcome {finding.outcome}">{OUTCOMES[finding.outcome]}</span>'
