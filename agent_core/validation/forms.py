"""A report as JSON, bound by a hash over its content, and what changed between two of them."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from agent_core.contract import Contract
from agent_core.validation.base import Finding, Group, Outcome, Probe, Report

_FORMAT = 1


class NotAReport(ValueError):
    """What was read is not a report, or is not as it was written. Its text says which."""


class _Probe(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    group: Group
    title: str
    reason: str
    if_failed: str
    remedy: str


class _Finding(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    probe: _Probe
    outcome: Outcome
    seen: str
    seconds: float


class _Report(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    provider: str
    contract: Contract
    contract_version: int
    started_at: datetime
    seconds: float
    versions: dict[str, str]
    findings: tuple[_Finding, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """A probe that came out otherwise. None where a report doesn't have it."""

    probe: Probe
    before: Outcome | None
    after: Outcome | None


def digest(report: Report) -> str:
    """SHA-256 over everything that the report says, in hexadecimal."""
    return _digest(_content(report))


def to_json(report: Report) -> str:
    """For machines. `from_json` gives the same report back."""
    content = _content(report)
    return json.dumps({**content, "digest": _digest(content)}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str | bytes) -> Report:
    """The report that `to_json` wrote. Raises NotAReport for anything else, also where a word of it was changed."""
    try:
        found = _Report.model_validate_json(text)
    except ValidationError as error:
        raise NotAReport("This is not a report of a validation, or one of another version.") from error
    findings = tuple(
        Finding(Probe(**one.probe.model_dump()), one.outcome, one.seen, one.seconds) for one in found.findings
    )
    report = Report(
        provider=found.provider,
        contract=found.contract,
        contract_version=found.contract_version,
        started_at=found.started_at,
        seconds=found.seconds,
        versions=found.versions,
        findings=findings,
    )
    if digest(report) != found.digest:
        raise NotAReport("This report was changed after it was written: its hash doesn't fit its content.")
    return report


def compare(before: Report, after: Report) -> tuple[Change, ...]:
    """The probes that came out otherwise, in the later report's order; those that it lacks come last."""
    old = {finding.probe.id: finding for finding in before.findings}
    new = {finding.probe.id: finding for finding in after.findings}
    changed = [
        Change(one.probe, old[name].outcome if name in old else None, one.outcome)
        for name, one in new.items()
        if name not in old or old[name].outcome != one.outcome
    ]
    return (*changed, *(Change(one.probe, one.outcome, None) for name, one in old.items() if name not in new))


def _content(report: Report) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "provider": report.provider,
        "contract": report.contract.model_dump(mode="json"),
        "contract_version": report.contract_version,
        "started_at": report.started_at.isoformat(),
        "seconds": report.seconds,
        "versions": dict(report.versions),
        "findings": [asdict(finding) for finding in report.findings],
    }


def _digest(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
