"""What a hostile model tried, and what stopped each attempt."""

from html import escape

import streamlit as st

from agent_core.contract.words import PROVIDER_NAMES
from agent_core.validation.hostile.attempt import Attempt, Ending, HostileReport, Layer
from components import moments, units
from components.markdown import plain

_ENDINGS: dict[Ending, str] = {
    "stopped": "Stopped",
    "page": "Held by the page",
    "allowed": "Allowed by the contract",
    "got_through": "Got through",
    "inconclusive": "Not tried",
}
_LAYERS: dict[Layer, str] = {
    "planner": "Planner",
    "tools": "Tool layer",
    "sandbox": "Sandbox",
    "page": "Page",
}


def introduce() -> None:
    """Say what the run is."""
    st.markdown(
        "A model can be misled by what it reads, so nothing here trusts it. A scripted model tries what a hostile one "
        "would, with the tool and the sandbox that every conversation has. It needs no key and no network."
    )


def draw(report: HostileReport | None) -> None:
    """Show the attempts of the last run."""
    if report is None:
        return
    _sentence(report)
    rows = "".join(map(_row, report.attempts))
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Attempt", "Outcome", "What stopped it"))
    st.html(f'<table class="ringfence attempts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


def _sentence(report: HostileReport) -> None:
    through = [attempt for attempt in report.attempts if attempt.ending == "got_through"]
    untried = [attempt for attempt in report.attempts if attempt.ending == "inconclusive"]
    if through:
        st.error(
            f"{units.count(len(through), 'attempt')} got through. Read below what it means.", icon=":material/error:"
        )
    elif untried:
        st.warning(
            f"Nothing got through, but {units.count(len(untried), 'attempt')} could not be tried.",
            icon=":material/info:",
        )
    else:
        count = units.count(sum(attempt.here for attempt in report.attempts), "attempt")
        st.success(f"Nothing got through: {count}, each held.", icon=":material/check_circle:")
    where = f"{PROVIDER_NAMES[report.provider]}, {report.contract_name}, version {report.contract_version}"
    st.caption(plain(f"{moments.shown(report.at)}, {where}"))


def _row(attempt: Attempt) -> str:
    seen = (
        f"<details><summary>What was seen</summary><pre>{escape(attempt.seen)}</pre></details>" if attempt.seen else ""
    )
    label = _ENDINGS[attempt.ending] if attempt.here else f"{_LAYERS[attempt.layer]}, not tried here"
    outcome = f'<span class="outcome {attempt.ending if attempt.here else "elsewhere"}">{label}</span>'
    return (
        f'<tr><th scope="row">{escape(attempt.title)}<small>{escape(attempt.tried)}</small></th>'
        f'<td data-column="Outcome">{outcome}</td>'
        f'<td data-column="{_LAYERS[attempt.layer]}">{escape(attempt.stopped_by)}{seen}</td></tr>'
    )
