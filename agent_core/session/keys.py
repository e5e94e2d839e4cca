"""The keys that people bring for a visit: in memory only, for their own sandboxes, and gone when they are."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from pydantic import SecretStr

from agent_core.background import BackgroundLoop, Job
from agent_core.config import KEY_SETTINGS, PLANS, OwnKey
from agent_core.contract import Ceiling, ProviderName
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.errors import BudgetExhausted, ProviderUnavailable, RingfenceError
from agent_core.sandbox.base import Provider
from agent_core.session.hello import Hello, hello_within
from agent_core.session.leased import Leased
from agent_core.session.providers import Providers

_log = structlog.get_logger(__name__)

_BUG = "Something went wrong inside Ringfence, and it was logged. Try again."
_LONGEST = 4_096
AWAY_SECONDS = 60.0
"""How long after a person's last tab is gone their keys are kept: a reload closes one tab and opens another."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether a provider has a key for a person, and whose. It never holds the key."""

    whose: str
    """`yours`, `deployment`, or empty where there is none."""
    plan: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """A check of a key as it is now."""

    since: datetime
    running: bool = True
    done: Hello | None = None
    """What a sandbox said and cost; None while it runs, and where it failed."""
    problem: str = ""
    """Why it failed, as a sentence."""


class Keys:
    """Takes, checks and forgets keys. Its methods are thread-safe."""

    def __init__(
        self,
        loop: BackgroundLoop,
        providers: Providers,
        ceiling: Ceiling,
        *,
        leased: Callable[[str, Provider], Leased],
        reclaim: Callable[[Provider], Awaitable[None]],
        end: Callable[[Provider], Awaitable[None]],
        in_use: Callable[[Provider], bool],
    ) -> None:
        self._loop = loop
        self._providers = providers
        self._ceiling = ceiling
        self._leased = leased
        self._reclaim = reclaim
        self._end = end
        self._in_use = in_use
        self._lock = threading.Lock()
        self._tabs: Counter[str] = Counter()
        self._left_at: dict[str, float] = {}
        self._since: dict[tuple[str, ProviderName], datetime] = {}
        self._checks: dict[tuple[str, ProviderName], KeyCheck] = {}
        self._jobs: dict[tuple[str, ProviderName], Job] = {}
        self._checking: list[Leased] = []
        self._letting_go: Job | None = None

    def enter(self, owner: str, name: ProviderName, text: str, plan: str = "") -> None:
        """Use a key for this person's sandboxes, until they forget it or leave.

        What was left running by it before, by a process that is gone, is ended. Raises ProviderUnavailable,
        without the text in it, for what can't be a key.
        """
        text = text.strip()
        if name not in KEY_SETTINGS or plan not in {"", *PLANS.get(name, ())}:
            raise ProviderUnavailable(f"{_called(name)} takes no key here.")
        if not text or len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
            raise ProviderUnavailable("That is no key: copy it from your account, without blanks or line breaks.")
        self._forget_check(owner, name)
        self._providers.bring(owner, name, OwnKey(SecretStr(text), plan))
        self._since[owner, name] = datetime.now(UTC)
        with self._lock:
            if not self._tabs[owner]:
                self._left_at[owner] = time.monotonic()
        self._loop.start(self._reclaimed(owner, name))

    def forget(self, owner: str, name: ProviderName) -> None:
        """Take a person's key out of memory. What runs by it is ended first, its files kept."""
        self._forget_check(owner, name)
        self._since.pop((owner, name), None)
        provider = self._providers.take_back(owner, name)
        if provider is not None:
            self._loop.start(self._ended(provider))

    def forget_all(self, owner: str) -> None:
        """The person signs out."""
        for name in self._mine(owner):
            self.forget(owner, name)

    def state(self, owner: str, name: ProviderName) -> KeyState:
        """Whose key this person's sandboxes open with."""
        own = self._providers.key(owner, name)
        if own is not None:
            plan = own.plan or next(iter(PLANS.get(name, {})), "")
            return KeyState("yours", plan, self._since.get((owner, name)))
        return KeyState("deployment" if self._providers.keyed(name) else "")

    def start_check(self, owner: str, name: ProviderName) -> None:
        """Begin to open a sandbox, run a line and close it. Nothing happens while a check of this key runs."""
        with self._lock:
            before = self._checks.get((owner, name))
            if before is not None and before.running:
                return
            begun = self._checks[owner, name] = KeyCheck(datetime.now(UTC))
        self._jobs[owner, name] = self._loop.start(self._check(owner, name, begun))

    def check(self, owner: str, name: ProviderName) -> KeyCheck | None:
        """The check under way, or the last one of the key that is in use."""
        return self._checks.get((owner, name))

    def arrived(self, owner: str) -> None:
        """One more tab of a person's is open."""
        with self._lock:
            self._tabs[owner] += 1
            self._left_at.pop(owner, None)

    def left(self, owner: str) -> None:
        """One fewer is."""
        with self._lock:
            self._tabs[owner] -= 1
            if self._tabs[owner] <= 0:
                del self._tabs[owner]
                self._left_at[owner] = time.monotonic()

    def beat(self) -> None:
        """Called about once a second: sandboxes of checks are in use, and keys of people who left are forgotten.

        What is open by such a key lives on as its contract says, so that a turn outlives its tab.
        """
        for leased in tuple(self._checking):
            with contextlib.suppress(BudgetExhausted):  # it is over in a moment
                leased.beat()
        with self._lock:
            away = [owner for owner, at in self._left_at.items() if time.monotonic() - at > AWAY_SECONDS]
            for owner in away:
                del self._left_at[owner]
        for owner in away:
            for name in self._mine(owner):
                self._forget_check(owner, name)
                self._since.pop((owner, name), None)
                self._providers.take_back(owner, name)
        if self._providers.retired and (self._letting_go is None or self._letting_go.done):
            self._letting_go = self._loop.start(self._let_go())

    async def close(self) -> None:
        """End every check."""
        for job in self._jobs.values():
            job.cancel()
        for job in self._jobs.values():
            await job.wait()

    async def _let_go(self) -> None:
        """Forget for good the keys that no open sandbox needs any more."""
        await self._providers.end_retired(self._needed)

    def _needed(self, provider: Provider) -> bool:
        return self._in_use(provider) or any(one.provider is provider for one in tuple(self._checking))

    def _mine(self, owner: str) -> tuple[ProviderName, ...]:
        return tuple(name for who, name in tuple(self._since) if who == owner)

    def _forget_check(self, owner: str, name: ProviderName) -> None:
        if (job := self._jobs.pop((owner, name), None)) is not None:
            job.cancel()
        self._checks.pop((owner, name), None)

    async def _reclaimed(self, owner: str, name: ProviderName) -> None:
        try:
            await self._reclaim(self._providers.get(name, owner))
        except RingfenceError as error:
            _log.warning("leftovers_not_ended", provider=name, reason=str(error))

    async def _ended(self, provider: Provider) -> None:
        await self._end(provider)
        await self._let_go()

    async def _check(self, owner: str, name: ProviderName, begun: KeyCheck) -> None:
        """What it comes to is dropped where another key has come meanwhile."""
        key, done, problem, leased = (owner, name), None, "It was stopped.", None
        try:
            leased = self._leased(owner, self._providers.get(name, owner))
            self._checking.append(leased)
            done, problem = await hello_within(leased, name, self._ceiling), ""
        except RingfenceError as error:
            problem = str(error)
        except Exception:  # noqa: BLE001 - a check always ends, also by a bug
            _log.exception("key_check_failed", provider=name)
            problem = _BUG
        finally:
            self._checking = [one for one in self._checking if one is not leased]
            if self._checks.get(key) is begun:
                self._checks[key] = replace(begun, running=False, done=done, problem=problem)


def _called(name: ProviderName) -> str:
    called: str = PROVIDER_NAMES[name]
    return called[:1].upper() + called[1:]
