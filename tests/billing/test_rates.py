from datetime import date
from decimal import Decimal

import pytest

from agent_core.billing import rates
from agent_core.billing.rates import CARDS, RateCard, rate_card


def hour(name: str, vcpus: float, memory_mib: int) -> Decimal:
    return (rate_card(name).usd_per_second(vcpus, memory_mib) * 3_600).quantize(Decimal("0.000001"))


def test_the_providers_own_examples_come_out() -> None:
    """E2B's documentation says $0.468 an hour for 8 vCPU and 4 GiB."""
    assert hour("e2b", 8, 4 * 1_024) == Decimal("0.468000")
    assert hour("e2b", 2, 2 * 1_024) == Decimal("0.133200")
    assert hour("daytona", 1, 1_024) == Decimal("0.066600")
    assert hour("local", 64, 262_144) == 0


def test_every_card_says_where_it_is_from() -> None:
    for card in CARDS:
        assert card.source
        assert card.as_of <= date(2026, 11, 23)
        assert card.usd_per_vcpu_second == 0 or card.source.startswith("https://")


def test_a_changed_rate_leaves_the_past_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def card(day: date, price: str) -> RateCard:
        return RateCard("x", "X", Decimal(price), Decimal(0), "https://example.org", day)

    old, new = card(date(2026, 1, 1), "1"), card(date(2026, 6, 1), "2")
    monkeypatch.setattr(rates, "CARDS", (new, old))
    assert rate_card("x", date(2026, 5, 31)) == old
    assert rate_card("x", date(2026, 6, 1)) == new
    assert rate_card("x", date(2020, 1, 1)) == old
    assert rate_card("x") == new
    with pytest.raises(KeyError):
        rate_card("y")
