"""Who is told of events as they are appended."""

from collections.abc import Sequence

import structlog

from agent_core.events import Event, Observe

_log = structlog.get_logger(__name__)


def all_of(*observers: Observe) -> Observe:
    """Tell each of them. One that fails is logged, and keeps nothing from being recorded."""

    def observe(conversation_id: str, events: Sequence[Event]) -> None:
        for one in observers:
            try:
                one(conversation_id, events)
            except Exception:  # noqa: BLE001 - the event is a fact already, whatever becomes of the instruments
                _log.exception("observer_failed")

    return observe
