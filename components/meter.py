"""The sandbox's state, its seconds and its dollars, ticking while a sandbox lives."""

from collections.abc import Callable
from decimal import Decimal

import streamlit as st

from agent_core.contract import HOSTED
from agent_core.session import Conversation, Snapshot
from agent_core.session.values import Closing
from components import ticking, units

_EVERY_SECONDS = 1.0
_PHASES = {
    "none": ("radio_button_unchecked", "No sandbox"),
    "opening": ("pending", "Opening a sandbox"),
    "idle": ("radio_button_checked", "Sandbox ready"),
    "running": ("play_circle", "Sandbox running"),
}


def draw(conversation: Conversation, snapshot: Snapshot) -> None:
    """Show the meter; it redraws itself each second while there is something to count, and the page at each event."""
    with ticking.place("meter"):
        _each_second(snapshot)(_tick)(conversation, snapshot.last, busy=snapshot.busy)


def beside(conversation: Conversation, snapshot: Snapshot, place: str) -> None:
    """Show the meter where the page has another one already, which redraws the page; this one redraws only itself."""
    with ticking.place(f"{place}-meter"):
        _each_second(snapshot)(_figures)(conversation, snapshot.last, place)


def _each_second(snapshot: Snapshot) -> Callable[[Callable[..., None]], Callable[..., None]]:
    alive = snapshot.sandbox.phase != "none"
    return st.fragment(run_every=_EVERY_SECONDS if alive or snapshot.busy else None)


def _tick(conversation: Conversation, seen: int, *, busy: bool) -> None:
    now = conversation.snapshot(after=seen)
    if now.busy != busy or (now.events and not busy):
        st.rerun()
    _meter(conversation, now, "panel")


def _figures(conversation: Conversation, seen: int, place: str) -> None:
    _meter(conversation, conversation.snapshot(after=seen), place)


def _meter(conversation: Conversation, now: Snapshot, place: str) -> None:
    with st.container(gap="xsmall"):
        _state(now)
        _closing(conversation, now.closing, place)
        _money(now)


def _closing(conversation: Conversation, closing: Closing | None, place: str) -> None:
    """When a resting sandbox closes. Its fixed place keeps the rest of the meter where it is."""
    line = st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        wrap=False,
        key=f"{place}-closing",
    )
    if closing is None:
        return
    with line:
        st.caption(f"Closes in {units.remaining(closing.at)}", width="content")
        if closing.extendable:
            st.button(
                "Extend",
                key=f"{place}-extend",
                type="tertiary",
                help="Its idle time begins anew",
                on_click=conversation.extend,
            )


def _state(now: Snapshot) -> None:
    icon, words = _PHASES[now.sandbox.phase]
    opened = now.sandbox.opened_at
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
        ahead = now.sandbox.ahead
        queue = f", {units.count(ahead, 'other')} first" if ahead else ""
        st.markdown(f":material/{icon}: {words}{queue}", width="content")
        if opened:
            st.markdown(f":gray[{units.since(opened)}]", width="content")


def _money(now: Snapshot) -> None:
    sandbox = now.cost.sandbox_usd
    spent = sandbox + now.cost.model_usd
    budget = now.contract.billing.conversation_budget_usd
    share = float(min(spent / budget, Decimal(1))) if budget else 1.0
    st.progress(share)
    left = units.dollars(max(budget - spent, Decimal(0)))
    guessed = " (estimate)" if now.contract.provider in HOSTED else ""
    parts = f"{units.dollars(sandbox)} sandbox{guessed}, {units.dollars(now.cost.model_usd)} model"
    st.caption(f"{parts}. {left} left of {units.dollars(budget)}.".replace("$", "\\$"))
