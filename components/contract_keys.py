"""The keys of providers, beside the choice of one: entered for a visit, checked, and taken back."""

from collections.abc import Mapping

import streamlit as st

from agent_core.config import KEY_SETTINGS, PLANS
from agent_core.contract import Ceiling, ProviderName
from agent_core.errors import ProviderUnavailable
from agent_core.session.keys import KeyCheck, Keys, KeyState
from components import moments, services, state, ticking, units
from components.markdown import plain

_EVERY_SECONDS = 0.5
_NAMES: Mapping[ProviderName, str] = {"e2b": "E2B", "daytona": "Daytona", "claude": "Anthropic"}
_CARDS = {"local": "this machine's", "e2b": "E2B's", "daytona": "Daytona's", "claude": "Anthropic's"}
_ONLY_THERE = "Claude plans by it where the contract has Claude run the code, and nowhere else."
_WHOSE = {"yours": "yours", "deployment": "this app's", "": "none"}
_HELD = (
    "Your key stays in the memory of this app while you visit, and opens your sandboxes alone. It is never stored "
    "or shown, and is gone a minute after your last tab, or when you forget it."
)


def draw(ceiling: Ceiling, place: str) -> None:
    """One line for each provider that takes a key and that the operator's policy allows."""
    keys, person = services.deployment().keys, services.person()
    with st.container(key=f"{place}-keys-groups", gap=None):
        for name, called in _NAMES.items():
            if name not in KEY_SETTINGS or not ceiling.allows("provider", name):
                continue
            known = keys.state(person, name)
            label = f"{called} key :gray[{_WHOSE[known.whose]}]"
            with st.expander(label, icon=":material/key:", type="compact", key=f"{place}-key-{name}"):
                _one(keys, person, name, known, place)


def _one(keys: Keys, person: str, name: ProviderName, known: KeyState, place: str) -> None:
    at = f"{place}-{name}"
    _says(name, known)
    if known.whose:
        with st.container(horizontal=True, gap="small"):
            running = (check := keys.check(person, name)) is not None and check.running
            st.button(
                "Check this key",
                icon=":material/play_arrow:",
                key=f"{at}-key-check",
                help="Opens a sandbox, prints 1, closes it and says what that cost",
                disabled=running,
                on_click=keys.start_check,
                args=(person, name),
            )
            if known.whose == "yours":
                st.button(
                    "Forget it",
                    icon=":material/delete:",
                    type="tertiary",
                    key=f"{at}-key-forget",
                    help="Ends the sandboxes that run by it; files are kept",
                    on_click=keys.forget,
                    args=(person, name),
                )
        with ticking.place(f"{at}-key-check"):
            st.fragment(run_every=_EVERY_SECONDS if running else None)(_follow)(keys, person, name, running=running)
    _field(keys, person, name, known, at)


def _says(name: ProviderName, known: KeyState) -> None:
    if known.whose == "yours" and known.since:
        plan = f", {PLANS[name][known.plan]}" if name in PLANS else ""
        st.markdown(f"Your key is in use since {moments.local(known.since):%H:%M}{plan}.")
    elif known.whose:
        st.markdown("This app has a key of its own. Yours would take its place, for you.")
    st.caption(f"{_HELD} {_ONLY_THERE}" if name == "claude" else _HELD)


def _field(keys: Keys, person: str, name: ProviderName, known: KeyState, at: str) -> None:
    # Each use has a field of its own: Streamlit forgets what was typed into one that is drawn no more.
    text, plan = f"{at}-key-text-{state.tab().keys_sent}", f"{at}-key-plan"
    plans = PLANS.get(name, {})

    def enter() -> None:
        entered = state.control(text)
        if not entered:
            return
        state.tab().keys_sent += 1
        try:
            keys.enter(person, name, entered, state.control(plan) if plans else "")
        except ProviderUnavailable as refusal:
            state.tab().key_refusals[name] = str(refusal)
        else:
            state.tab().key_refusals.pop(name, None)

    with st.form(f"{at}-key-form", clear_on_submit=True, border=False):
        label = "Another key" if known.whose == "yours" else "Your key"
        st.text_input(label, type="password", key=text, autocomplete="off", placeholder=KEY_SETTINGS[name])
        if plans:
            st.selectbox("Of an account of", list(plans), format_func=plans.__getitem__, key=plan)
        st.form_submit_button("Use this key", key=f"{at}-key-use", on_click=enter)
    if refusal := state.tab().key_refusals.get(name):
        st.warning(plain(refusal), icon=":material/front_hand:")


def _follow(keys: Keys, person: str, name: ProviderName, *, running: bool) -> None:
    check = keys.check(person, name)
    if (check is not None and check.running) != running:
        st.rerun()
    if check is None:
        st.empty()
    elif check.running:
        st.caption(f":material/more_horiz: Opening a sandbox, {units.since(check.since)}")
    else:
        _came_to(check)


def _came_to(check: KeyCheck) -> None:
    if check.done is None:
        st.warning(plain(check.problem), icon=":material/error:")
        return
    cost, rates = units.dollars(check.done.usd), _CARDS.get(check.done.card, "the provider's")
    st.success(
        plain(
            f"It works: a sandbox opened, printed {check.done.printed or 'nothing'} and closed after "
            f"{units.seconds(check.done.seconds)}. Metered: {cost} at {rates} rates."
        ),
        icon=":material/check_circle:",
    )
