"""What became of one attempt of a hostile model."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_core.contract import ProviderName

Ending = Literal["stopped", "page", "allowed", "got_through", "inconclusive"]
"""`page`: the tool layer hands it on as data, and the page that shows it lets nothing of it run or load.
`allowed`: this contract lets code do it. `inconclusive`: it could not be tried."""

Layer = Literal["planner", "tools", "sandbox", "page"]

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a hostile model tried, what was seen of it, and what stopped it."""

    id: str
    title: str
    tried: str
    ending: Ending
    layer: Layer
    """Which layer stopped it, or would have had to."""
    stopped_by: str
    """A sentence; what it means, where nothing stopped it."""
    seen: str = ""
    """What the attempt itself printed: hostile text."""
    here: bool = True
    """Whether the run tries it; False for what never reaches a sandbox, and is told for the whole picture."""

    @property
    def harmless(self) -> bool:
        """Whether nothing got through that the contract doesn't allow."""
        return self.ending in {"stopped", "page", "allowed"}


@dataclass(frozen=True, slots=True)
class HostileReport:
    """One run of all attempts."""

    at: datetime
    provider: ProviderName
    contract_name: str
    contract_version: int
    attempts: tuple[Attempt, ...]


def cut(text: str) -> str:
    """As much of what code printed as is worth showing."""
    text = text.strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
