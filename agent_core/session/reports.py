"""The reports of validations. One that was changed after it was written is not read."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from agent_core.contract.fingerprint import fingerprint
from agent_core.storage.database import Database
from agent_core.storage.reports import ReportRow, ReportRows
from agent_core.validation.base import Report
from agent_core.validation.forms import NotAReport, digest, from_json, to_json

_log = structlog.get_logger(__name__)

_MOST = 200
"""Reports that are kept of each account; the oldest go first."""
_FILE = re.compile(r"\d{8}T\d{12}-[0-9a-f]{64}\.json")
_TAKEN = "in-the-database"


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report and the name that it is kept under."""

    id: str
    digest: str
    report: Report


class Reports:
    """A deployment's reports. What one process writes, the others on the same database read.

    A report is about an account at a provider: the deployment's, whose name is empty and whose reports are
    everybody's to read, or that of a person who brings a key, whose reports are theirs alone.
    """

    def __init__(self, database: Database) -> None:
        self._rows = ReportRows(database)
        self._read: dict[str, KeptReport | None] = {}

    def save(self, report: Report, account: str = "") -> KeptReport:
        """Keep a report."""
        bound = digest(report)
        name = f"{report.started_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{bound}"
        self._rows.put(ReportRow(name, account, fingerprint(report.contract), to_json(report)), most=_MOST)
        return KeptReport(name, bound, report)

    def all(self, account: str = "") -> tuple[KeptReport, ...]:
        """The deployment's and this account's, newest first."""
        found = (self._load(name) for name in self._rows.ids({"", account})[:_MOST])
        return tuple(kept for kept in found if kept is not None)

    def newest(self, fingerprinted: str, account: str = "") -> KeptReport | None:
        """The newest about this account, under contracts of this fingerprint; None where that can't be read."""
        newest = self._rows.ids({account}, fingerprinted)[:1]
        kept = self._load(newest[0]) if newest else None
        return kept if kept is not None and fingerprint(kept.report.contract) == fingerprinted else None

    def passed_at(self, fingerprinted: str, account: str = "") -> datetime | None:
        """When the newest such run began, if it passed; None where it did not, or there is none."""
        kept = self.newest(fingerprinted, account)
        return kept.report.started_at if kept is not None and kept.report.passed else None

    def take_over(self, folder: Path) -> None:
        """Take in the reports that an earlier version has left as files; each is then put aside."""
        if not folder.is_dir():
            return
        for path in sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name)):
            try:
                self.save(from_json(path.read_bytes()))
                (folder / _TAKEN).mkdir(exist_ok=True)
                path.rename(folder / _TAKEN / path.name)
            except (OSError, NotAReport):
                _log.warning("report_not_read", name=path.name)

    def _load(self, name: str) -> KeptReport | None:
        """Read once: a report never changes."""
        if name not in self._read:
            body = self._rows.body(name)
            if body is None:
                return None
            try:
                report = from_json(body)
            except NotAReport:
                _log.warning("report_not_read", name=name)
                self._read[name] = None
            else:
                self._read[name] = KeptReport(name, digest(report), report)
        return self._read[name]
