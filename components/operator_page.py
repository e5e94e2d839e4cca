"""The operator's page: what is open now, what was spent, what was stopped, and by what rules."""

from collections.abc import Mapping

import streamlit as st

from agent_core.contract import PROVIDERS, ProviderName
from agent_core.contract.ceiling import Ceiling
from agent_core.contract.terms import CLAUSES, TERMS
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.errors import RingfenceError
from agent_core.session import Deployment
from agent_core.session.operations import MODEL, LiveSandbox, Operations, PeoplesSpend, named
from agent_core.storage.people import Person
from components import history_audit, history_spend, html_table, moments, units
from components.markdown import plain

_LIVE_SECONDS = 2.0
_ENDS_WITH_ITS_RUN = "It ends with its run, which its person can stop."


def draw(deployment: Deployment, who: Person, unavailable: Mapping[ProviderName, str]) -> None:
    """Show it to an operator; tell anybody else that it isn't theirs."""
    with st.container(key="document", gap="medium"):
        st.markdown("## Operator", anchors=False)
        try:
            operations = deployment.operations(who)
        except PermissionError as refusal:
            st.error(str(refusal), icon=":material/lock:")
            return
        live, spend, audit, rules = st.tabs(["Sandboxes", "Spend", "Audit", "Providers and policy"])
        with live:
            _live(operations)
        with spend:
            _spend(operations.spend(), deployment.ceiling)
        with audit:
            history_audit.draw(operations.audit(), of="Person")
        with rules:
            _providers(unavailable)
            _policy(deployment.ceiling)


@st.fragment(run_every=_LIVE_SECONDS)
def _live(operations: Operations) -> None:
    found = operations.live()
    if not found:
        st.caption("No sandbox is open.")
        return
    st.caption(f"{units.count(len(found), 'sandbox is', 'sandboxes are')} open.")
    for one in found:
        _sandbox(one, operations)


def _sandbox(one: LiveSandbox, operations: Operations) -> None:
    with st.container(key=f"live-{one.id}", border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{plain(named(one.person))}**")
            provider = _provider(one.provider)
            cost = f"{units.seconds(one.cost.sandbox_seconds)}, {units.dollars(one.cost.sandbox_usd)}"
            what = f", {one.purpose[:1].lower()}{one.purpose[1:]}" if one.purpose else ""
            st.caption(plain(f"{provider}{what}, since {moments.shown(one.opened_at)}: {cost}"))
        ended = _end(one)
    if ended:
        try:
            operations.end(one.conversation_id)
        except RingfenceError as refusal:
            st.toast(plain(str(refusal)), icon=":material/error:")
        else:
            st.rerun(scope="fragment")


def _end(one: LiveSandbox) -> bool:
    """Asked twice: a turn of somebody else's may run in it."""
    label, icon = "End", ":material/stop_circle:"
    if one.purpose:
        st.button(label, key=f"end-{one.id}", icon=icon, disabled=True, help=_ENDS_WITH_ITS_RUN)
        return False
    with st.popover(label, icon=icon, key=f"ending-{one.id}"):
        whose = plain(named(one.person))
        st.markdown(f"The sandbox of **{whose}**: the turn in it is stopped. Files are kept; variables are lost.")
        return st.button("End this sandbox", key=f"end-{one.id}", type="primary", icon=icon)


def _spend(spend: PeoplesSpend, ceiling: Ceiling) -> None:
    if not spend.days:
        st.caption("Nothing was used yet.")
        return
    history_spend.total(spend.total)
    history_spend.table("Person", [(named(one.person), one.cost) for one in spend.people])
    _budgets(spend, ceiling)
    history_spend.table("Provider", [(_provider(one.provider), one.cost) for one in spend.providers])
    history_spend.table("Day", [(moments.day(one.day), one.cost) for one in spend.days])
    st.caption("A day begins at midnight UTC. What a deleted conversation cost went with it.")


def _budgets(spend: PeoplesSpend, ceiling: Ceiling) -> None:
    st.markdown("### Today, against the budget of a day", anchors=False)
    rows = [(named(one.person), units.dollars(one.today_usd)) for one in spend.people]
    html_table.draw(("Person", "Spent today"), rows, "spend")
    most = ceiling.allowed("billing.daily_budget_usd")
    bound = f"The policy allows a person {most} a day." if most else "No policy bounds what a contract may allow."
    st.caption(plain(f"{bound} At the budget of the contract in force, nothing more runs and sandboxes are closed."))


def _provider(name: str) -> str:
    names: Mapping[str, str] = PROVIDER_NAMES
    called = "the model" if name == MODEL else names.get(name, name)
    return called[:1].upper() + called[1:]


def _providers(unavailable: Mapping[ProviderName, str]) -> None:
    rows = [(_provider(name), unavailable.get(name, "Can be used.")) for name in PROVIDERS]
    html_table.draw(("Provider", "Now"), rows, "providers-now")


def _policy(ceiling: Ceiling) -> None:
    st.markdown("### Policy in force", anchors=False)
    rows = [(CLAUSES[term.clause], term.title, words) for term in TERMS if (words := ceiling.allowed(term.path))]
    if rows:
        html_table.draw(("Clause", "Term", "Allowed"), rows, "policy")
    else:
        st.caption("No policy bounds the contracts: docs/policy.example.yaml shows what one can say.")
