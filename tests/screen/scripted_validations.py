"""Runs of the validate page that are told what to say."""

from datetime import UTC, datetime

from agent_core.contract import Contract
from agent_core.contract.fingerprint import fingerprint
from agent_core.session.reports import KeptReport
from agent_core.session.validation import Kind, Run, Validations
from agent_core.validation.hostile.attempt import HostileReport


class ScriptedValidations(Validations):
    """Takes note of what is started and stopped; `current` and `found` are what the page is shown."""

    def __init__(self) -> None:
        self.current: Run | None = None
        self.found: HostileReport | None = None
        self.started: list[tuple[str, Kind, Contract, int]] = []
        self.stopped = 0
        self.kept: tuple[KeptReport, ...] = ()

    def start(self, owner: str, kind: Kind, contract: Contract, version: int) -> bool:
        self.started.append((owner, kind, contract, version))
        self.current = Run(kind, contract.provider, datetime.now(UTC), len(self.started))
        return True

    def stop(self, owner: str) -> None:
        self.stopped += 1

    def run(self, owner: str) -> Run | None:
        return self.current

    def attempts(self, owner: str) -> HostileReport | None:
        return self.found

    def reports(self, owner: str) -> tuple[KeptReport, ...]:
        return self.kept

    def newest(self, owner: str, contract: Contract) -> KeptReport | None:
        wanted = fingerprint(contract)
        return next((kept for kept in self.kept if fingerprint(kept.report.contract) == wanted), None)
