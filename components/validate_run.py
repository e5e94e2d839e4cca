"""Starting a run of the validate page, and following it while it lasts."""

from collections.abc import Sequence

import streamlit as st

from agent_core.contract import PROVIDERS, Contract, ProviderName, moved
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.session.validation import Kind, Run, Validations
from components import ticking, units
from components.contract_groups import Unavailable
from components.markdown import plain

_EVERY_SECONDS = 0.5
_LABELS: dict[Kind, str] = {"checks": "Run the checks", "attempts": "Let it try"}


def chosen(contract: Contract, unavailable: Unavailable) -> Contract:
    """The contract that is tried out: the one in force, on the provider that the person chooses."""
    offered = [name for name in PROVIDERS if name not in unavailable or name == contract.provider]
    if len(offered) == 1:
        return contract
    name = _provider(offered, contract.provider)
    return moved(contract, name)


def _provider(offered: Sequence[ProviderName], usual: ProviderName) -> ProviderName:
    found: ProviderName = st.selectbox(
        "Where sandboxes run",
        offered,
        offered.index(usual),
        format_func=PROVIDER_NAMES.__getitem__,
        key="validate-provider",
        width=320,
    )
    return found


def _start(validations: Validations, person: str, kind: Kind, contract: Contract, version: int) -> None:
    validations.start(person, kind, contract, version)


def draw(validations: Validations, person: str, kind: Kind, contract: Contract, version: int) -> None:
    """Offer to start a run, and follow one that is under way. A second one waits until the first is over."""
    run = validations.run(person)
    running = run is not None and run.running
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _LABELS[kind],
            icon=":material/play_arrow:",
            type="primary",
            key=f"validate-start-{kind}",
            disabled=running,
            on_click=_start,
            args=(validations, person, kind, contract, version),
        )
        if running and run is not None and run.kind == kind:
            st.button(
                "Stop",
                icon=":material/stop_circle:",
                key=f"validate-stop-{kind}",
                on_click=validations.stop,
                args=(person,),
            )
    with ticking.place(f"validate-{kind}"):
        st.fragment(run_every=_EVERY_SECONDS if running else None)(_follow)(validations, person, kind, running=running)


def _follow(validations: Validations, person: str, kind: Kind, *, running: bool) -> None:
    run = validations.run(person)
    if run is None or run.running != running:
        if running:
            st.rerun()
        st.empty()
        return
    if run.running:
        _under_way(run, kind)
    elif run.problem and run.kind == kind:
        st.warning(plain(run.problem), icon=":material/info:")
    else:
        st.empty()


def _under_way(run: Run, kind: Kind) -> None:
    if run.kind != kind:
        st.caption("The other run is still under way; this one can start when it is over.")
        return
    share = run.done / run.of if run.of else 0.0
    counted = f", {run.done} of {run.of}" if run.of else ""
    st.progress(min(share, 1.0), f"{plain(run.trying)}{counted}, {units.since(run.since)}")
