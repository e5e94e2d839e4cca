"""The contract beside the chat: what it says, and every clause of it, to change at once."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from agent_core.contract import PRESETS, Contract, clamp, summarise
from agent_core.contract.terms import CLAUSES
from agent_core.events import ContractChanged
from agent_core.session import Conversation, Snapshot
from components import contract_groups, notes, state, withheld
from components.contract_controls import Controls, amend
from components.contract_groups import GROUPS, Group, Unavailable
from components.markdown import plain
from components.planner_controls import PlannerControls


def draw(conversation: Conversation, snapshot: Snapshot, unavailable: Unavailable, *, place: str) -> None:
    """Show the contract in force and its controls. Edits are amended before the next run of the page."""
    contract = snapshot.contract
    controls = Controls(conversation, contract, place)
    _head(conversation, snapshot, place)
    with st.container(key=f"{place}-refusal"):
        _refusal()
    withheld.draw(snapshot.withheld, conversation.id)
    _pending(conversation, snapshot, place)
    with st.container(key=f"{place}-groups", gap=None):
        if offer := conversation.offer:
            planner = PlannerControls(conversation, conversation.planning, offer, place)
            with _fold("neurology", "Planner", planner.says, f"{place}-planner-fold"):
                planner.draw()
        with _clause("provider", "deployed_code", contract_groups.provider_name(contract), place):
            contract_groups.provider(controls, unavailable)
            if how := snapshot.sandbox.enforced_by:
                st.caption("In force in the running sandbox:\n" + "\n".join(f"- {plain(one)}" for one in how))
        for group in GROUPS:
            _group(group, controls)


def _head(conversation: Conversation, snapshot: Snapshot, place: str) -> None:
    versions = [stored.event for stored in snapshot.events if isinstance(stored.event, ContractChanged)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        name = plain(snapshot.contract.name)
        st.markdown(f"**{name}** :small[:gray[version {snapshot.contract_version}]]", width="stretch")
        _undo(conversation, versions, place)
        _preset(conversation, place)
    with st.container(key=f"{place}-summary"):
        st.markdown(plain(summarise(snapshot.contract)))


def _undo(conversation: Conversation, versions: Sequence[ContractChanged], place: str) -> None:
    before = next((version.contract for version in reversed(versions[:-1])), None)
    if before is None:
        return
    st.button(
        "Undo",
        icon=":material/undo:",
        type="tertiary",
        key=f"{place}-undo",
        help="Go back to the version before this one",
        on_click=amend,
        args=(conversation, lambda _: before),
    )


def _preset(conversation: Conversation, place: str) -> None:
    presets = {preset.name: preset for preset in PRESETS}
    key = f"{place}-preset"

    def chosen() -> None:
        preset: Contract = presets[state.control(key)]
        amend(conversation, lambda _: clamp(preset, conversation.ceiling))

    st.menu_button("Preset", list(presets), key=key, type="tertiary", help="Start from a preset", on_click=chosen)


def _refusal() -> None:
    if refusal := state.tab().refusal:
        st.warning(plain(refusal), icon=":material/front_hand:")


def _pending(conversation: Conversation, snapshot: Snapshot, place: str) -> None:
    waiting = sorted(snapshot.sandbox.pending)
    if not waiting:
        return
    st.caption(f":material/schedule: Waiting for the next sandbox: {plain(notes.clauses(waiting))}")
    st.button(
        "Start a new sandbox",
        icon=":material/restart_alt:",
        key=f"{place}-restart",
        width="stretch",
        help="Files stay; variables are lost",
        disabled=snapshot.busy,
        on_click=conversation.restart_sandbox,
    )


def _group(group: Group, controls: Controls) -> None:
    with _clause(group.clause, group.icon, group.says(controls.contract), controls.place):
        group.draw(controls)


def _clause(name: str, icon: str, says: str, place: str) -> DeltaGenerator:
    return _fold(icon, CLAUSES[name], says, f"{place}-{name}-fold")


def _fold(icon: str, title: str, says: str, key: str) -> DeltaGenerator:
    label = f"{title} :gray[{plain(says)}]"
    return st.expander(label, icon=f":material/{icon}:", type="compact", key=key)
