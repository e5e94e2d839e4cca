"""Each provider's emulator with what goes wrong there: the same story is told over all of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from agent_core.background import BackgroundLoop
from agent_core.contract import Contract, ProviderName, Timeout, moved
from agent_core.sandbox.base import Provider
from agent_core.sandbox.daytona.provider import DaytonaProvider
from agent_core.sandbox.e2b.provider import E2BProvider
from tests.emulators import daytona, e2b
from tests.emulators.serving import Fault

OPENING, RUNNING = True, False
_RUNS = r"CODE [\s\S]*session\.run\("
"""A call of the person's, and no request of our own."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong while a sandbox opens, or while code runs in it."""

    opening: bool
    begin: Callable[[Any], None]
    """What is done to the emulator."""
    says: str
    """What the person reads must match it; empty where it works in the end."""
    end: Callable[[Any], None] = lambda _: None
    call_seconds: int = 4
    """What the contract allows a call when it goes wrong."""
    stays: bool = False
    """Whether the sandbox outlives it, with all that it knows."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A provider over its emulator."""

    name: ProviderName
    emulator: Callable[[], Any]
    made: Callable[[Any, float], Provider]
    troubles: dict[str, Trouble]

    def contract(self, call_seconds: int = 4) -> Contract:
        return moved(Contract(timeout=Timeout(call_seconds=call_seconds, turn_seconds=120)), self.name)

    def impatient(self, emulator: Any) -> Provider:
        """Gives up where a person would wait for minutes."""
        return self.made(emulator, 6.0)

    def patient(self, emulator: Any) -> Provider:
        return self.made(emulator, 60.0)

    @contextmanager
    def running(self) -> Iterator[Any]:
        loop = BackgroundLoop()
        emulator = self.emulator()
        loop.run(emulator.__aenter__())
        loop.run(emulator._provider.warm())
        yield emulator
        loop.run(emulator.__aexit__(None, None, None))
        loop.close()


def _fault(*arguments: Any, **options: Any) -> Callable[[Any], None]:
    return lambda emulator: emulator.faults.append(Fault(*arguments, **options))


def _set(name: str, value: float) -> Callable[[Any], None]:
    return lambda emulator: setattr(emulator, name, value)


def _daytona(emulator: Any, patience: float) -> Provider:
    return DaytonaProvider(
        SecretStr(emulator.key), tier=3, url=emulator.url, deployment="d", holder="h", start_seconds=patience
    )


def _e2b(emulator: Any, patience: float) -> Provider:
    return E2BProvider(
        SecretStr(emulator.key),
        url=emulator.url,
        sandbox_url=emulator.url,
        deployment="d",
        holder="h",
        start_seconds=patience,
    )


def _troubles(
    called: str, create: str, run: str, wait: str, *, setting: str, slow: dict[str, float]
) -> dict[str, Trouble]:
    crashed, unreached = (
        "The sandbox ended unexpectedly.*next call gets a new",
        "could not be reached, or did not answer",
    )
    stuck = r"The call was stopped after [12]?\d\.\d s: the contract allows 1 s a call\. Variables are lost"
    (slowness, value), *_ = slow.items()
    return {
        "401": Trouble(OPENING, _fault(create, status=401), f"{called} refused the key"),
        "404": Trouble(OPENING, _fault(create, status=404), rf"{called}.* {setting}"),
        "429": Trouble(
            OPENING,
            _fault(create, status=429, headers={wait: "60"}),
            rf"{called} says that there are too many requests\. Try again in 60 s",
        ),
        "503": Trouble(OPENING, _fault(create, status=503, times=9), f"{called} .*"),
        "hang": Trouble(OPENING, _fault(create, kind="hang"), f"{called} {unreached}"),
        "slow start": Trouble(OPENING, _set(slowness, value), "", _set(slowness, 0)),
        "cut stream": Trouble(RUNNING, _fault(_RUNS, kind="cut"), crashed),
        "killed": Trouble(RUNNING, _fault(_RUNS, kind="kill"), crashed),
        "hang in a call": Trouble(RUNNING, _fault(_RUNS, kind="hang"), stuck, call_seconds=1),
        "silence in a call": Trouble(RUNNING, _fault(_RUNS, kind="stall"), stuck, call_seconds=1),
        "401 in a call": Trouble(RUNNING, _fault(run, status=401, times=9), f"{called} refused the key", stays=True),
    }


STANDS = (
    Stand(
        "daytona",
        daytona.Emulator,
        _daytona,
        _troubles(
            "Daytona",
            "POST sandbox$",
            "WS interpreter",
            "Retry-After-sandbox-create",
            setting="DAYTONA_API_URL",
            slow={"start_polls": 3},
        ),
    ),
    Stand(
        "e2b",
        e2b.Emulator,
        _e2b,
        _troubles(
            "E2B",
            "POST v2/sandboxes$",
            "execute",
            "Retry-After",
            setting="RINGFENCE_E2B_TEMPLATE",
            slow={"start_seconds": 1.5},
        ),
    ),
)
