"""The validate page: whether what the contract says is kept, tried out in a sandbox of the provider itself."""

from pathlib import Path

import streamlit as st

from agent_core.session import Conversation, Deployment
from agent_core.session.reports import KeptReport
from components import validate_checks, validate_hostile, validate_reports, validate_run
from components.contract_groups import Unavailable
from components.markdown import plain

_STYLE = Path(__file__).with_name("validate.css")


def draw(conversation: Conversation, deployment: Deployment, person: str, unavailable: Unavailable) -> None:
    """Show the checks of a provider under the contract of a conversation."""
    st.html(_STYLE)
    snapshot = conversation.snapshot()
    with st.container(key="document", gap="medium"):
        with st.container(gap=None):
            st.markdown("## Validate", anchors=False)
            said = f"{plain(snapshot.contract.name)}, version {snapshot.contract_version}"
            st.caption(f"Tries out, in a sandbox, whether the contract is kept. The contract in force: {said}.")
        if snapshot.withheld:
            st.warning(plain(snapshot.withheld), icon=":material/front_hand:")
        contract = validate_run.chosen(snapshot.contract, unavailable)
        reports = deployment.validations.reports(person)
        checks, hostile, past = st.tabs(["The checks", "A hostile model", "Reports"])
        with checks:
            validate_run.draw(deployment.validations, person, "checks", contract, snapshot.contract_version)
            run = deployment.validations.run(person)
            _newest(deployment.validations.newest(person, contract), under_way=run is not None and run.running)
        with hostile:
            validate_hostile.introduce()
            validate_run.draw(deployment.validations, person, "attempts", contract, snapshot.contract_version)
            validate_hostile.draw(deployment.validations.attempts(person))
        with past:
            validate_reports.draw(reports)


def _newest(found: KeptReport | None, *, under_way: bool) -> None:
    """The newest report about this provider and what this contract has held."""
    if found is not None:
        validate_checks.draw(found)
    elif not under_way:
        st.caption(
            "They were not run under this contract yet. They take less than a minute, in sandboxes of their own."
        )
