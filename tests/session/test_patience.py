"""A provider that says to wait is waited for, but not for ever."""

import pytest

from agent_core.errors import ProviderUnavailable, RateLimited
from agent_core.session.patience import patiently

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Refusing:
    """Refuses some calls, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    async def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def test_it_waits_as_long_as_it_is_told() -> None:
    """And a little longer, each time anew."""
    waits: list[float] = []
    assert await patiently(Refusing(*[RateLimited("X", 0.1)] * 2), waiting=waits.append) == "answer"
    assert len(waits) == 2
    assert all(0.1 <= seconds <= 0.125 for seconds in waits)


@pytest.mark.parametrize("asked", [0.6, None])
async def test_it_gives_up_at_the_bound(asked: float | None) -> None:
    """The refusal itself is told then."""
    waits: list[float] = []
    with pytest.raises(RateLimited):
        await patiently(Refusing(*[RateLimited("X", asked)] * 9), waiting=waits.append, most_seconds=1)
    assert sum(waits) <= 1


async def test_other_errors_are_not_waited_for() -> None:
    with pytest.raises(ProviderUnavailable):
        await patiently(Refusing(ProviderUnavailable("gone")), waiting=lambda _: None)


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "a moment"), (7.4, "7 s"), (119.0, "119 s"), (600.0, "10 min"), (601.0, "11 min")]
)
def test_how_long_to_wait_is_told_in_people_s_units(seconds: float | None, told: str) -> None:
    assert str(RateLimited("X", seconds)).endswith(f" Try again in {told}.")
