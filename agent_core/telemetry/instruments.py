"""The instruments that an operator has switched on, each imported only then."""

from typing import TYPE_CHECKING

from agent_core.config import Settings
from agent_core.events import Observe
from agent_core.telemetry.base import all_of

if TYPE_CHECKING:
    from agent_core.telemetry.metrics import Metrics
    from agent_core.telemetry.traces import Traces


class Instruments:
    """None of them, unless the settings say so."""

    def __init__(self, settings: Settings) -> None:
        self.metrics = _metrics() if settings.metrics else None
        self._traces = _traces(settings.traces) if settings.traces else None

    @property
    def observe(self) -> Observe:
        """Tells all of them."""
        return all_of(*(one for one in (self.metrics, self._traces) if one is not None))

    def close(self) -> None:
        """Send what is waiting."""
        if self._traces is not None:
            self._traces.close()


def _metrics() -> "Metrics":
    from agent_core.telemetry.metrics import Metrics  # noqa: PLC0415

    return Metrics()


def _traces(endpoint: str) -> "Traces":
    from agent_core.telemetry.traces import Traces  # noqa: PLC0415

    return Traces.to(endpoint)
