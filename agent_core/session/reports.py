"""The reports of validations, kept as files of the deployment's home. One that was changed is not read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from agent_core.contract.fingerprint import fingerprint
from agent_core.validation.base import Report
from agent_core.validation.forms import NotAReport, digest, from_json, to_json

_log = structlog.get_logger(__name__)

_MOST = 200
"""Reports that are kept; the oldest go first."""
_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{64}\.json")


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report and the name that it is kept under."""

    id: str
    digest: str
    report: Report


class Reports:
    """A deployment's reports. What one process writes, the others on the same home read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, KeptReport] = {}

    def save(self, report: Report) -> KeptReport:
        """Keep a report."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        bound = digest(report)
        name = f"{report.started_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{bound}.json"
        part = self._folder / f".{name}"
        part.write_text(to_json(report), "utf-8")
        part.rename(self._folder / name)
        kept = self._read[name] = KeptReport(name, bound, report)
        for old in self._names()[_MOST:]:
            (self._folder / old).unlink(missing_ok=True)
        return kept

    def all(self) -> tuple[KeptReport, ...]:
        """Newest first."""
        found = (self._load(name) for name in self._names())
        return tuple(kept for kept in found if kept is not None)

    def passed_at(self, fingerprinted: str) -> datetime | None:
        """When the newest run under contracts of this fingerprint ended, if it passed; None where it did not."""
        for kept in self.all():
            if fingerprint(kept.report.contract) == fingerprinted:
                return kept.report.started_at if kept.report.passed else None
        return None

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted((path.name for path in self._folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)

    def _load(self, name: str) -> KeptReport | None:
        """Read once: a report never changes."""
        if name not in self._read:
            try:
                report = from_json((self._folder / name).read_bytes())
            except (OSError, NotAReport):
                _log.warning("report_not_read", name=name)
                return None
            self._read[name] = KeptReport(name, digest(report), report)
        return self._read[name]
