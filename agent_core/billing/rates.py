"""What a second of a sandbox costs, by whom it is said, and since when.

A published rate that changes becomes one more card: what was metered under the old one stays as it was.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_MIB_PER_GIB = 1_024


@dataclass(frozen=True, slots=True)
class RateCard:
    """One provider's published rates, in US dollars. What is allocated is billed, used or not."""

    name: str
    label: str
    usd_per_vcpu_second: Decimal
    usd_per_gib_second: Decimal
    """For memory."""
    source: str
    as_of: date
    """When the rates were read at the source; the card holds from then on."""
    note: str = ""
    """What the card leaves out."""
    usd_per_sandbox_second: Decimal = Decimal(0)
    """For a sandbox of any size."""
    minimum_seconds: int = 0
    """A sandbox that lives for less is billed for as long."""

    def usd_per_second(self, vcpus: float, memory_mib: int) -> Decimal:
        """What a sandbox of this size costs each second that it is alive."""
        gib = Decimal(memory_mib) / _MIB_PER_GIB
        sized = Decimal(str(vcpus)) * self.usd_per_vcpu_second + gib * self.usd_per_gib_second
        return sized + self.usd_per_sandbox_second


CARDS = (
    RateCard(
        name="local",
        label="This machine",
        usd_per_vcpu_second=Decimal(0),
        usd_per_gib_second=Decimal(0),
        source="your own machine",
        as_of=date(2026, 1, 1),
        note="Electricity and hardware are not counted.",
    ),
    RateCard(
        name="e2b",
        label="E2B",
        usd_per_vcpu_second=Decimal("0.000014"),
        usd_per_gib_second=Decimal("0.0000045"),
        source="https://e2b.dev/docs/billing (e2b-dev/docs, snippets/SandboxSpec.mdx at d940a4e)",
        as_of=date(2025, 12, 17),
        note="Storage within the plan's allowance is free, and the plan's monthly price is not counted.",
    ),
    RateCard(
        name="daytona",
        label="Daytona",
        usd_per_vcpu_second=Decimal("0.0504") / 3_600,
        usd_per_gib_second=Decimal("0.0162") / 3_600,
        source="https://www.daytona.io/pricing",
        as_of=date(2026, 7, 2),
        note="Disk beyond the first 5 GiB, at $0.000108 a GiB and hour, is not counted.",
    ),
    RateCard(
        name="claude",
        label="Claude",
        usd_per_vcpu_second=Decimal(0),
        usd_per_gib_second=Decimal(0),
        usd_per_sandbox_second=Decimal("0.05") / 3_600,
        minimum_seconds=300,
        source="https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool",
        as_of=date(2026, 9, 26),
        note="An estimate: Anthropic tells no seconds, and 1,550 free hours a month are not taken off.",
    ),
)


def rate_card(name: str, on: date | None = None) -> RateCard:
    """The card of that name in force on a day; the newest where no day is given.

    A day before the first card gets the first. Raises KeyError for an unknown name.
    """
    cards = sorted((card for card in CARDS if card.name == name), key=lambda card: card.as_of)
    if not cards:
        raise KeyError(name)
    in_force = [card for card in cards if on is None or card.as_of <= on]
    return in_force[-1] if in_force else cards[0]
