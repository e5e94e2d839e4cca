"""The places of planners' processes: never more than there are, in order, and none is lost by who gives up."""

import asyncio
from decimal import Decimal

import pytest

from agent_core.planning.base import Emit, Tokens, TurnResult
from agent_core.session.crew import Crew, Member, most_processes


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Process:
    """A planner with a process that takes a place until it is released."""

    alive = 0
    most = 0
    order: list[int] = []  # noqa: RUF012

    def __init__(self, number: int) -> None:
        self.number = number
        self.running = False

    @property
    def used(self) -> TurnResult:
        return TurnResult(Tokens(input=7), Decimal(1))

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        if not self.running:
            self.running = True
            Process.alive += 1
        Process.most = max(Process.most, Process.alive)
        Process.order.append(self.number)
        await asyncio.sleep(0.001)
        return self.used

    async def release(self) -> None:
        if self.running:
            self.running = False
            Process.alive -= 1

    close = release


def members(count: int, crew: Crew) -> list[Member]:
    Process.alive = Process.most = 0
    Process.order = []
    return [Member(Process(number), crew) for number in range(count)]


@pytest.mark.anyio
async def test_fifty_turns_share_three_processes_in_order() -> None:
    crowd = members(50, Crew(3))
    await asyncio.gather(*(one.turn("", lambda _: None) for one in crowd))
    assert Process.order == list(range(50))
    assert Process.most <= 3
    await asyncio.gather(*(one.turn("", lambda _: None) for one in reversed(crowd)))
    assert Process.order[50:] == list(reversed(range(50)))
    for one in crowd:
        await one.close()
    assert Process.alive == 0


@pytest.mark.anyio
async def test_who_gives_up_in_the_queue_has_used_nothing_and_holds_nobody_up() -> None:
    first, second, third = members(3, Crew(1))
    running = asyncio.ensure_future(first.turn("", lambda _: None))
    waiting = asyncio.ensure_future(second.turn("", lambda _: None))
    last = asyncio.ensure_future(third.turn("", lambda _: None))
    await asyncio.sleep(0)
    assert second.used.cost_usd == 0
    waiting.cancel()
    await asyncio.gather(running, last)
    assert Process.order == [0, 2]
    assert (await second.turn("", lambda _: None)).cost_usd == 1


def test_there_are_always_some_places() -> None:
    assert 4 <= most_processes() <= 32
