from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.billing.meter import METERED_KINDS, Cost, Meter, meter
from agent_core.events import AgentSaid, Event, SandboxAmended, SandboxClosed, SandboxOpened, TurnEnded
from tests.strategies import events as any_event

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def opened(sandbox: str, seconds: float, card: str = "e2b") -> SandboxOpened:
    return SandboxOpened(
        sandbox=sandbox,
        at=at(seconds),
        provider="e2b",
        contract_version=1,
        vcpus=2,
        memory_mib=2_048,
        rate_card=card,
    )


def closed(sandbox: str, seconds: float) -> SandboxClosed:
    return SandboxClosed(sandbox=sandbox, at=at(seconds), reason="idle", seconds=1)


def amended(sandbox: str, seconds: float, vcpus: float = 4, card: str = "e2b") -> SandboxAmended:
    return SandboxAmended(
        sandbox=sandbox, at=at(seconds), contract_version=2, vcpus=vcpus, memory_mib=2_048, rate_card=card
    )


def turn(cost: str, seconds: float = 0) -> TurnEnded:
    return TurnEnded(
        turn="t",
        at=at(seconds),
        outcome="done",
        seconds=1,
        input_tokens=10,
        output_tokens=3,
        cache_read_tokens=5,
        model_cost_usd=Decimal(cost),
    )


SECOND = Decimal("0.000037")
names = st.sampled_from("abc")
moments = st.integers(-5_000, 5_000).map(lambda milliseconds: milliseconds / 1_000)
metered: st.SearchStrategy[Event] = st.one_of(
    st.builds(opened, names, moments, st.sampled_from(["local", "e2b", "daytona", "forgotten"])),
    st.builds(closed, names, moments),
    st.builds(amended, names, moments, st.sampled_from([0.5, 2, 4]), st.sampled_from(["local", "e2b"])),
    st.builds(turn, st.sampled_from(["0", "0.01", "2.5"]), moments),
)


def test_a_closed_sandbox_costs_its_seconds() -> None:
    assert meter([opened("a", 0), closed("a", 10.5)], at(99)) == Cost(sandbox_seconds=10.5, sandbox_usd=11 * SECOND)


def test_every_second_that_began_is_billed() -> None:
    billed = [(0, 0), (0.001, 1), (1, 1), (1.000001, 2)]
    for alive, seconds in billed:
        assert meter([opened("a", 0), closed("a", alive)], at(99)).sandbox_usd == seconds * SECOND


def test_an_open_sandbox_counts_to_now_and_says_its_rate() -> None:
    assert meter([opened("a", 0)], at(60)) == Cost(
        sandbox_seconds=60, sandbox_usd=60 * SECOND, running_since=NOON.timestamp(), usd_per_second=SECOND
    )


def test_the_model_is_counted_beside_the_sandbox() -> None:
    cost = meter([turn("0.02"), opened("a", 0), turn("0.03"), closed("a", 1)], at(9))
    assert (cost.model_usd, cost.input_tokens, cost.output_tokens, cost.cache_read_tokens) == (
        Decimal("0.05"), 20, 6, 10,
    )  # fmt: skip
    assert cost.total_usd == Decimal("0.05") + SECOND


def test_a_close_without_an_open_and_a_second_close_are_ignored() -> None:
    assert meter([closed("a", 5)], at(9)) == Cost()
    once = [opened("a", 0), closed("a", 5)]
    assert meter([*once, closed("a", 900)], at(999)) == meter(once, at(999))
    assert meter([opened("a", 0), opened("a", 3), closed("a", 5)], at(9)) == meter(once, at(9))


def test_a_clock_that_went_back_costs_nothing() -> None:
    assert meter([opened("a", 0), closed("a", -60)], at(0)) == Cost()
    assert meter([opened("a", 0)], at(-60)).sandbox_usd == 0


def test_an_amended_sandbox_costs_by_its_new_size_from_then_on() -> None:
    """Two vCPUs for ten seconds, then four: E2B's published $0.000014 a vCPU and second is added twice."""
    larger = SECOND + 2 * Decimal("0.000014")
    events = [opened("a", 0), amended("a", 10)]
    assert meter(events, at(30)) == Cost(
        sandbox_seconds=30,
        sandbox_usd=10 * SECOND + 20 * larger,
        running_since=NOON.timestamp(),
        usd_per_second=larger,
    )
    assert meter([*events, closed("a", 30)], at(99)).sandbox_usd == 10 * SECOND + 20 * larger


@given(st.lists(st.integers(1, 20_000), max_size=30, unique=True))
def test_edits_that_leave_the_price_cost_nothing_however_many_they_are(milliseconds: list[int]) -> None:
    """A second that was begun is paid once, and not again for each edit within it."""
    edits = [amended("a", millisecond / 1_000, vcpus=2) for millisecond in sorted(milliseconds)]
    assert meter([opened("a", 0), *edits, closed("a", 20.5)], at(99)).sandbox_usd == 21 * SECOND


def test_a_second_is_paid_at_the_price_in_force_when_it_began() -> None:
    """Free until 2.5 s, at E2B's price from then to 4.2 s: seconds 3 and 4 were begun under it."""
    events = [opened("a", 0, "local"), amended("a", 2.5, vcpus=2), closed("a", 4.2)]
    assert meter(events, at(9)).sandbox_usd == 2 * SECOND
    back = [opened("a", 0), amended("a", 2.5, vcpus=2, card="local"), closed("a", 4.2)]
    assert meter(back, at(9)).sandbox_usd == 3 * SECOND


def test_an_amendment_of_an_unknown_or_closed_sandbox_is_ignored() -> None:
    assert meter([amended("a", 5)], at(9)) == Cost()
    ended = [opened("a", 0), closed("a", 5)]
    assert meter([*ended, amended("a", 6)], at(9)) == meter(ended, at(9))


def test_two_sandboxes_at_once_both_count() -> None:
    cost = meter([opened("a", 0), opened("b", 10)], at(20))
    assert (cost.sandbox_seconds, cost.usd_per_second, cost.running_since) == (30, 2 * SECOND, NOON.timestamp())


def test_a_card_that_is_no_longer_known_counts_time_only() -> None:
    cost = meter([opened("a", 0, "forgotten")], at(20))
    assert (cost.sandbox_seconds, cost.sandbox_usd, cost.usd_per_second) == (20, 0, 0)


def test_from_a_time_on_only_what_was_after_it_counts() -> None:
    events = [opened("a", -100), turn("1", -1), closed("a", 10), turn("2", 0), opened("b", -9), closed("b", -1)]
    cost = meter(events, at(60), since=NOON)
    assert (cost.sandbox_seconds, cost.sandbox_usd, cost.model_usd) == (10, 10 * SECOND, 2)


@given(st.lists(any_event, max_size=6), st.integers(0, 6))
def test_every_kind_of_event_can_be_metered_and_only_the_metered_ones_matter(events: list[Event], cut: int) -> None:
    now = max([event.at for event in events], default=NOON)
    cost = meter(events, now)
    assert cost == meter([event for event in events if event.kind in METERED_KINDS], now)
    said = AgentSaid(turn="t", text="x", at=now)
    assert cost == meter([*events[:cut], said, *events[cut:]], now)


@given(st.lists(metered, max_size=12), st.integers(0, 12), moments)
def test_split_anywhere_it_comes_to_the_same(events: list[Event], cut: int, now: float) -> None:
    halfway = reduce(Meter.add, events[:cut], Meter())
    halfway.cost(at(now))
    assert reduce(Meter.add, events[cut:], halfway).cost(at(now)) == meter(events, at(now))


@given(st.lists(metered, max_size=12), moments, moments)
def test_it_is_never_negative_and_never_falls_with_time(events: list[Event], one: float, other: float) -> None:
    sooner, later = (meter(events, at(now)) for now in sorted((one, other)))
    assert sooner.sandbox_seconds >= 0
    assert sooner.sandbox_usd >= 0
    assert sooner.model_usd >= 0
    assert (later.sandbox_seconds, later.sandbox_usd) >= (sooner.sandbox_seconds, sooner.sandbox_usd)


@given(st.lists(metered, max_size=10), st.randoms(use_true_random=False), moments)
def test_only_the_order_within_one_sandbox_matters(events: list[Event], random: object, now: float) -> None:
    """Turns and the lives of different sandboxes may be interleaved in any way."""
    queues = [[event for event in events if getattr(event, "sandbox", "turn") == key] for key in ("turn", *"abc")]
    mixed: list[Event] = []
    while any(queues):
        mixed.append(random.choice([queue for queue in queues if queue]).pop(0))  # type: ignore[attr-defined]
    assert meter(mixed, at(now)) == meter(events, at(now))


@given(st.lists(metered, max_size=12))
def test_when_all_is_closed_nothing_runs_and_the_dollars_match_the_seconds(events: list[Event]) -> None:
    cost = meter([*events, *(closed(name, 10) for name in "abc")], at(10))
    assert (cost.running_since, cost.usd_per_second) == (None, 0)
    dearest = SECOND + 2 * Decimal("0.000014")
    begun = len(events) + Decimal(str(cost.sandbox_seconds))
    assert cost.sandbox_usd <= dearest * begun * Decimal("1.000001")


def hosted(at_seconds: float = 0) -> SandboxOpened:
    return SandboxOpened.model_validate(
        {"at": at(at_seconds), "sandbox": "h", "provider": "claude", "contract_version": 1, "vcpus": 1}
        | {"memory_mib": 5_120, "rate_card": "claude"}
    )


def test_a_container_costs_five_minutes_at_the_least() -> None:
    """And no more than that until they are over."""
    least = Decimal("0.05") / 3_600 * 300
    early, late = meter([hosted()], at(10)), meter([hosted()], at(400))
    assert (early.sandbox_usd, early.usd_per_second) == (least, 0)
    assert (late.sandbox_usd, late.usd_per_second) == (Decimal("0.05") / 3_600 * 400, Decimal("0.05") / 3_600)
    moved = SandboxAmended.model_validate(
        {"at": at(100), "sandbox": "h", "contract_version": 2, "vcpus": 1, "memory_mib": 5_120, "rate_card": "claude"}
    )
    assert meter([hosted(), moved], at(200)).sandbox_usd == least
    assert meter([hosted(), moved], at(301)).sandbox_usd == Decimal("0.05") / 3_600 * 301


@pytest.mark.parametrize("amended", [False, True])
def test_a_container_that_was_never_made_costs_nothing(amended: bool) -> None:
    moved = SandboxAmended.model_validate(
        {"at": at(100), "sandbox": "h", "contract_version": 2, "vcpus": 1, "memory_mib": 5_120, "rate_card": "claude"}
    )
    ended = SandboxClosed.model_validate({"at": at(200), "sandbox": "h", "reason": "never_made", "seconds": 200})
    cost = meter([hosted(), *([moved] if amended else []), ended], at(900))
    assert (cost.sandbox_usd, cost.running_since) == (0, None)
