"""Who plans: the model, how hard it thinks and how many steps it may take, to change from the next question on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from pydantic import ValidationError

from agent_core.contract import SET_BY, PlannerSettings
from agent_core.errors import RingfenceError
from agent_core.session import Conversation
from agent_core.session.offer import PlannerOffer
from components import state
from components.markdown import plain

_EFFORTS = {"low": "Low", "medium": "Medium", "high": "High", "max": "Max"}
_UNNAMED = "Name a model that the endpoint knows."


@dataclass(frozen=True, slots=True)
class PlannerControls:
    """The controls of one panel. An edit is recorded at once; a refused one goes back."""

    conversation: Conversation
    settings: PlannerSettings
    offer: PlannerOffer
    place: str

    @property
    def says(self) -> str:
        """How it is set, in a phrase."""
        effort = f", {self.settings.effort} effort" if self.offer.efforts else ""
        return f"{self.settings.model}{effort}"

    def draw(self) -> None:
        """Show the controls."""
        if self.offer.models:
            self._one_of("model", "Model", self.offer.models)
        else:
            st.text_input(**self._options("model", "Model", "value"), help="A name that your endpoint knows")
        if self.offer.efforts:
            self._one_of("effort", "Effort", self.offer.efforts)
        most = max(self.offer.most_steps, self.settings.most_steps)
        steps = self._options("most_steps", "Most steps a question", "value")
        st.number_input(**steps, min_value=1, max_value=most, help="How often the model may be asked for one answer")
        self._bounded()

    def _one_of(self, field: str, label: str, offered: tuple[str, ...]) -> None:
        """What was chosen before the operator's bounds, or the models, changed can still be seen."""
        in_force = getattr(self.settings, field)
        values = offered if in_force in offered else (*offered, in_force)
        options = self._options(field, label, "index", values.index(in_force))
        st.selectbox(**options, options=values, format_func=lambda value: _EFFORTS.get(value, value))

    def _options(self, field: str, label: str, name: str, default: Any = None) -> dict[str, Any]:
        """What every control is given. `name` is what the control calls its default value."""
        key, in_force = f"{self.place}-planner-{field}", getattr(self.settings, field)
        begins = {} if state.follows(key, in_force) else {name: in_force if default is None else default}
        return {"label": f"{label} (next question)", "key": key, "on_change": self._commit(key, field), **begins}

    def _commit(self, key: str, field: str) -> Callable[[], None]:
        def commit() -> None:
            value = state.control(key)
            given = self.conversation.planning.model_dump()
            given[field] = value.strip() if isinstance(value, str) else value
            state.tab().refusal = _refusal(self.conversation, given)

        return commit

    def _bounded(self) -> None:
        ceiling = self.offer.ceiling
        if ceiling.models is not None or ceiling.planner.model_fields_set:
            st.caption(f":material/lock: {plain(f'Models, effort and steps as {SET_BY}')}")


def _refusal(conversation: Conversation, given: dict[str, Any]) -> str:
    """Set the planner; why that was refused, or nothing."""
    try:
        conversation.plan(PlannerSettings.model_validate(given))
    except ValidationError:
        return _UNNAMED
    except RingfenceError as refusal:
        return str(refusal)
    return ""
