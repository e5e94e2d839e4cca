"""What a person has the Validate page run: on the background loop, one run at a time for each person.

A run outlives script runs, page changes and the tab; its sandboxes take places of the person's like any other's.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog

from agent_core.background import BackgroundLoop, Job
from agent_core.contract import Ceiling, Contract, ProviderName
from agent_core.contract.fingerprint import fingerprint
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.errors import BudgetExhausted, ClauseRefused, RingfenceError
from agent_core.sandbox.base import Provider
from agent_core.session.leased import Leased
from agent_core.session.reports import KeptReport, Reports
from agent_core.validation.hostile.attempt import HostileReport
from agent_core.validation.hostile.runner import attack
from agent_core.validation.validate import tryable, validate

_log = structlog.get_logger(__name__)

_BUG = "Something went wrong inside Ringfence, and it was logged. Try again."

_REMEMBERED_SECONDS = 2.0
"""How old the answer of the gate may be: another process may have had the checks run."""

Kind = Literal["checks", "attempts"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is now."""

    kind: Kind
    provider: ProviderName
    since: datetime
    number: int
    """Counts the runs of this process, to tell one from the next."""
    done: int = 0
    of: int = 0
    trying: str = "Opening a sandbox"
    """What is tried now: "Reading files of this machine"."""
    running: bool = True
    problem: str = ""
    """Why it came to no result; empty where it did, or while it runs."""


class Validations:
    """Starts and follows runs, and keeps what they found. Its methods are thread-safe and return at once."""

    def __init__(
        self,
        loop: BackgroundLoop,
        *,
        leased: Callable[[str, Kind, ProviderName], Leased],
        account: Callable[[ProviderName, str], str],
        ceiling: Ceiling,
        reports: Reports,
    ) -> None:
        self._loop = loop
        self._lease = leased
        self._account = account
        self._ceiling = ceiling
        self._reports = reports
        self._runs: dict[str, Run] = {}
        self._jobs: dict[str, Job] = {}
        self._leased: dict[str, Leased] = {}
        self._attempts: dict[str, HostileReport] = {}
        self._cut: dict[str, str] = {}
        self._passes: dict[tuple[str, str], tuple[float, datetime | None]] = {}
        self._count = 0

    def start(self, owner: str, kind: Kind, contract: Contract, version: int) -> bool:
        """Begin a run under a contract. False, and nothing begins, while one of this person's runs."""
        if (job := self._jobs.get(owner)) is not None and not job.done and self._runs[owner].running:
            return False  # what is told to be over is over, though its job may take a moment more to be done
        self._count += 1
        self._runs[owner] = Run(kind, contract.provider, datetime.now(UTC), self._count)
        self._jobs[owner] = self._loop.start(self._run(owner, kind, contract, version))
        return True

    def stop(self, owner: str) -> None:
        """Cancel a person's run, and the sandbox under it."""
        if (job := self._jobs.get(owner)) is not None:
            job.cancel()

    def run(self, owner: str) -> Run | None:
        """The run under way, or the last one since the start of the app."""
        return self._runs.get(owner)

    def attempts(self, owner: str) -> HostileReport | None:
        """What the hostile model's last run came to, since the start of the app."""
        return self._attempts.get(owner)

    def require(self, owner: str, contract: Contract) -> None:
        """Raises ClauseRefused where the operator wants the checks passed first, and they were not, or too long ago.

        They must have passed on the account at the provider that this person's sandboxes open on.
        """
        hours = self._ceiling.validation.required_within_hours
        if hours is None:
            return
        passed = self._passed(contract, self._account(contract.provider, owner))
        if passed is None or datetime.now(UTC) - passed > timedelta(hours=hours):
            raise ClauseRefused("provider", _withheld(contract, hours))

    def _passed(self, contract: Contract, account: str) -> datetime | None:
        """When the checks last passed for this provider under a contract with the same fingerprint."""
        wanted = (fingerprint(contract), account)
        read_at, passed = self._passes.get(wanted, (-_REMEMBERED_SECONDS, None))
        if time.monotonic() - read_at >= _REMEMBERED_SECONDS:
            passed = self._reports.passed_at(*wanted)
            self._passes[wanted] = (time.monotonic(), passed)
        return passed

    def reports(self, owner: str) -> tuple[KeptReport, ...]:
        """What the checks found, newest first: on the deployment's accounts, and on this person's own."""
        return self._reports.all(owner)

    def newest(self, owner: str, contract: Contract) -> KeptReport | None:
        """The newest report about the account that this person's sandboxes open on, under such a contract."""
        return self._reports.newest(fingerprint(contract), self._account(contract.provider, owner))

    def beat(self) -> None:
        """Called about once a second: the sandboxes of runs are still in use, and end with the day's budget."""
        for owner, leased in tuple(self._leased.items()):
            try:
                leased.beat()
            except BudgetExhausted as error:
                self._cut[owner] = str(error)
                self.stop(owner)

    def uses(self, provider: Provider) -> bool:
        """Whether a run opens sandboxes of this provider."""
        return any(leased.provider is provider for leased in tuple(self._leased.values()))

    async def end(self, provider: Provider) -> None:
        """End the runs that open sandboxes of this provider."""
        for owner, leased in tuple(self._leased.items()):
            if leased.provider is provider:
                self.stop(owner)
                await self._jobs[owner].wait()

    async def close(self) -> None:
        """End every run."""
        for job in self._jobs.values():
            job.cancel()
        for job in self._jobs.values():
            await job.wait()

    async def _run(self, owner: str, kind: Kind, contract: Contract, version: int) -> None:
        problem = "It was stopped."
        try:
            self._ceiling.check(contract)
            tryable(contract)
            leased = self._leased[owner] = self._lease(owner, kind, contract.provider)
            await self._work(owner, kind, leased, contract, version)
            problem = ""
        except RingfenceError as error:
            problem = str(error)
        except Exception:  # noqa: BLE001 - a run always ends, also by a bug
            _log.exception("validation_failed")
            problem = _BUG
        finally:
            self._leased.pop(owner, None)
            problem = self._cut.pop(owner, problem)
            self._runs[owner] = replace(self._runs[owner], running=False, problem=problem)

    async def _work(self, owner: str, kind: Kind, leased: Leased, contract: Contract, version: int) -> None:
        def tell(done: int, of: int, trying: str) -> None:
            self._runs[owner] = replace(self._runs[owner], done=done, of=of, trying=trying)

        match kind:
            case "attempts":
                self._attempts[owner] = await attack(leased, contract, version, tell)
            case "checks":
                account = self._account(contract.provider, owner)
                report = await validate(
                    leased, contract, version, progress=lambda now: tell(now.done, now.of, now.trying)
                )
                await asyncio.to_thread(self._reports.save, report, account)
                self._passes.clear()


def _withheld(contract: Contract, hours: int) -> str:
    where = PROVIDER_NAMES[contract.provider]
    return (
        f"No sandbox opens on {where} yet: the operator's policy wants the checks to have passed under this contract "
        f"within the last {hours} h. Open the Validate page and run the checks."
    )
