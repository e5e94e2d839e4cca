"""The models that may be asked, and what they cost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from agent_core.errors import ProviderUnavailable
from agent_core.planning.base import Tokens

_RETIRED = re.compile(r"^claude-[a-z]+-4-20250514$")
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens, at list price."""

    input: Decimal
    output: Decimal

    def cost(self, tokens: Tokens) -> Decimal:
        """What tokens cost. Reading the cache costs a tenth, writing it a quarter more than new input."""
        weighed = tokens.input + tokens.cache_read * Decimal("0.1") + tokens.cache_write * Decimal("1.25")
        return (weighed * self.input + tokens.output * self.output) / _MILLION


PRICES: Mapping[str, Price] = {
    "claude-sonnet-4-6": Price(Decimal(3), Decimal(15)),
    "claude-opus-4-6": Price(Decimal(5), Decimal(25)),
    "claude-opus-4-7": Price(Decimal(5), Decimal(25)),
}
"""The models that Anthropic's own endpoint is asked for. A test holds the prices against the SDK's."""


def check_model(name: str, *, anthropic: bool, remedy: str = "Set RINGFENCE_MODEL to") -> None:
    """Refuse a retired model by name, and at Anthropic's endpoint one that is not in `PRICES`.

    Raises ProviderUnavailable; `remedy` begins its advice.
    """
    offered = ", ".join(PRICES)
    if _RETIRED.match(name):
        raise ProviderUnavailable(f"The model {name} was retired. {remedy} one of {offered}.")
    if anthropic and name not in PRICES:
        raise ProviderUnavailable(f"The model {name} is not known here. {remedy} one of {offered}.")
