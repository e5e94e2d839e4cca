"""The contract page: the document, its versions, what providers can hold, and the way in and out as a file."""

from collections.abc import Callable

import streamlit as st

from agent_core.contract import summarise
from agent_core.contract.ceiling import Ceiling
from agent_core.contract.document import SUPPORT, SUPPORT_MEANS
from agent_core.contract.printing import clauses_table, matrix_table, promises_table
from agent_core.session import Conversation, Snapshot
from components import contract_drawer, contract_exchange, contract_panel, contract_versions, html_table, meter, state
from components.contract_groups import Unavailable
from components.markdown import plain


def draw(conversation: Conversation, unavailable: Unavailable, title: Callable[[str], str]) -> None:
    """Show the contract of a conversation, with its controls beside it. `title` names a conversation."""
    snapshot = conversation.snapshot()
    named = title(conversation.id)
    with st.container(key="document", gap="medium"):
        _head(snapshot, named)
        document, versions, providers, exchange = st.tabs(["Document", "Versions", "Providers", "Export and import"])
        with document:
            _document(snapshot, conversation.ceiling)
        with versions:
            contract_versions.draw(conversation, snapshot)
        with providers:
            _providers()
        with exchange:
            contract_exchange.draw(conversation, snapshot, named)
    with st.container(key="panel", gap="small"):
        meter.draw(conversation, snapshot)
        contract_panel.draw(conversation, snapshot, unavailable, place="panel")
    contract_drawer.draw(conversation, unavailable)


def _head(snapshot: Snapshot, named: str) -> None:
    with st.container(gap=None):
        st.markdown(f"## {plain(snapshot.contract.name)}", anchors=False)
        st.caption(f"Contract version {snapshot.contract_version} of {plain(named)}")
    with st.container(key="refused-here"):
        if refusal := state.tab().refusal:
            st.warning(plain(refusal), icon=":material/front_hand:")


def _document(snapshot: Snapshot, ceiling: Ceiling) -> None:
    st.markdown(plain(summarise(snapshot.contract)))
    if snapshot.sandbox.enforced_by:
        with st.expander("In force in the running sandbox", icon=":material/verified_user:", type="compact"):
            st.caption("\n".join(f"- {plain(how)}" for how in snapshot.sandbox.enforced_by))
    st.html(clauses_table(snapshot.contract, ceiling))


def _providers() -> None:
    with st.container(gap="xxsmall"):
        for support, means in SUPPORT_MEANS.items():
            st.caption(f"**{SUPPORT[support]}.** {means}")
    html_table.wide(matrix_table(), "feature")
    st.markdown("### What every sandbox is tested for", anchors=False)
    st.caption(
        "The same tests are run against each provider of this version: on this machine for real, elsewhere against a "
        "stand-in of the provider's own API. Where one is known to differ, its reason stands here."
    )
    html_table.wide(promises_table(), "promise")
