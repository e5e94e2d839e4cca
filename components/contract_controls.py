"""Controls that always show the contract in force: an edit is amended at once, a refused one goes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import streamlit as st

from agent_core.contract import MATRIX, SET_BY, Capability, Contract, effect
from agent_core.errors import ClauseRefused
from agent_core.session import Conversation
from components import state
from components.contract_edit import NotAContract, edited
from components.markdown import plain

_MICRO = Decimal("0.000001")
_NO_EVENTS = 2**62
"""A number that no event has yet: a reading after it brings none."""


def amend(conversation: Conversation, change: Callable[[Contract], Contract]) -> None:
    """Put a changed contract in force, or remember why that was refused."""
    tab = state.tab()
    try:
        conversation.amend(change(conversation.snapshot(after=_NO_EVENTS).contract))
    except (ClauseRefused, NotAContract) as refusal:
        tab.refusal = str(refusal)
    else:
        tab.refusal = ""


@dataclass(frozen=True, slots=True)
class Controls:
    """The controls of one panel. `place` tells the panel from the drawer, which may show at the same time."""

    conversation: Conversation
    contract: Contract
    place: str

    def whole(self, clause: str, field: str, label: str, step: int = 1) -> None:
        """A whole number."""
        low, high = self._bounds(clause, field)
        options = self._options(clause, field, self._value(clause, field), "value")
        st.number_input(self._label(clause, field, label), int(low), int(high), step=step, **options)
        self._ceiling(clause, field)

    def decimal(self, clause: str, field: str, label: str, step: float) -> None:
        """A number with decimals."""
        low, high = self._bounds(clause, field)
        options = self._options(clause, field, float(self._value(clause, field)), "value")
        st.number_input(self._label(clause, field, label), low, high, step=step, format="%.2f", **options)
        self._ceiling(clause, field)

    def one_of(self, clause: str, field: str, label: str, names: Mapping[Any, str]) -> None:
        """One of a few values; what the provider can't hold is listed below, with why."""
        in_force = self._value(clause, field)
        usable = [value for value in names if value == in_force or self._usable(clause, field, value)]
        options = self._options(clause, field, in_force, "index", usable.index(in_force))
        st.selectbox(self._label(clause, field, label), usable, format_func=names.__getitem__, **options)
        self._reasons(clause, [value for value in names if value not in usable and self._refused(clause, value)])
        self._ceiling(clause, field)

    def some_of(self, clause: str, field: str, label: str, names: Mapping[Any, str]) -> None:
        """Any of a few values; what the provider can't hold is listed below, with why."""
        in_force = list(self._value(clause, field))
        usable = [value for value in names if value in in_force or self._usable(clause, field, value)]
        options = self._options(clause, field, in_force, "default")
        shown = self._label(clause, field, label)
        st.pills(shown, usable, selection_mode="multi", format_func=names.__getitem__, **options)
        self._reasons(clause, [value for value in names if value not in usable and self._refused(clause, value)])
        self._ceiling(clause, field)

    def listed(self, clause: str, field: str, label: str, hint: str, also: Mapping[str, Any]) -> None:
        """Names separated by blanks or commas. `also` is changed along with them."""
        in_force = ", ".join(self._value(clause, field))
        key = f"{self.place}-{clause}-{field}"
        default: dict[str, Any] = {} if state.follows(key, in_force) else {"value": in_force}

        def commit() -> None:
            values = tuple(str(state.control(key)).replace(",", " ").split())
            amend(self.conversation, lambda contract: edited(contract, {clause: {**also, field: values}}))

        st.text_input(self._label(clause, field, label), key=key, placeholder=hint, on_change=commit, **default)
        self._ceiling(clause, field)

    def _value(self, clause: str, field: str) -> Any:
        return getattr(getattr(self.contract, clause), field)

    def _capability(self, feature: str) -> Capability | None:
        return MATRIX[self.contract.provider].get(feature)

    def _refused(self, clause: str, value: str) -> bool:
        capability = self._capability(f"{clause}.{value}")
        return capability is not None and capability.support == "unenforceable"

    def _usable(self, clause: str, field: str, value: str) -> bool:
        return not self._refused(clause, value) and self.conversation.ceiling.allows(f"{clause}.{field}", value)

    def _bounds(self, clause: str, field: str) -> tuple[float, float]:
        """Where the value in force is beyond the operator's bounds, it can be seen, and brought down."""
        low, high = self.conversation.ceiling.bounds(clause, field)
        value = self._value(clause, field)
        return float(min(low, value)), float(max(high, value))

    def _ceiling(self, clause: str, field: str) -> None:
        """What the operator allows here, where that is bounded."""
        if allowed := self.conversation.ceiling.allowed(f"{clause}.{field}"):
            told = f"Only {allowed}" if field == "domains" else f"{allowed[:1].upper()}{allowed[1:]}"
            st.caption(f":material/lock: {plain(f'{told}, {SET_BY}')}")

    def _reasons(self, clause: str, values: list[str]) -> None:
        found = [self._capability(f"{clause}.{value}") for value in values]
        for sentence in dict.fromkeys(capability.sentence for capability in found if capability):
            st.caption(plain(sentence))

    def _label(self, clause: str, field: str, label: str) -> str:
        capability = self._capability(f"{clause}.{field}")
        feature = f"{clause}.{field}" if capability else clause
        when = "now" if effect(self.contract.provider, feature) == "now" else "next sandbox"
        if when != "now" and capability and capability.lowered == "now":
            when = "less now, more next sandbox"
        return f"{plain(label)} ({when})"

    def _options(self, clause: str, field: str, in_force: Any, name: str, default: Any = None) -> dict[str, Any]:
        """What every control is given. `name` is what the control calls its default value."""
        key = f"{self.place}-{clause}-{field}"
        begins = {} if state.follows(key, in_force) else {name: in_force if default is None else default}
        capability = self._capability(f"{clause}.{field}")
        held_by_provider = capability is not None and capability.support in {"fixed", "unenforceable"}

        def commit() -> None:
            value = _plain(state.control(key))
            amend(self.conversation, lambda contract: edited(contract, {clause: {field: value}}))

        reason = plain(capability.sentence) if capability and held_by_provider else None
        return {"key": key, "on_change": commit, "disabled": held_by_provider, "help": reason, **begins}


def _plain(value: Any) -> Any:
    match value:
        case float():
            return Decimal(str(value)).quantize(_MICRO).normalize()
        case list():
            return tuple(value)
        case _:
            return value
