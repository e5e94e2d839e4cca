"""Commands that run where the model is: recorded, with what they made, as calls of `execute_code` are."""

import csv
import io
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from agent_core.errors import FileTooLarge, RingfenceError
from agent_core.events import Artifact, CodeStarted
from agent_core.files.names import safe_name
from agent_core.sandbox import tables
from agent_core.sandbox.answering import (
    Hear,
    Hosted,
    Part,
    Piece,
    Question,
    Returned,
    Running,
    Spent,
    Waiting,
    Whole,
    Writing,
)
from agent_core.sandbox.base import Output
from agent_core.tools.execute_code import LONGEST_CODE, STOPPED_EXIT_CODE, record
from agent_core.tools.harvest import kept_file
from agent_core.tools.outcome import Outcome
from agent_core.tools.workbench import Workbench

__all__ = [
    "Hear",
    "Hosted",
    "Part",
    "Piece",
    "Question",
    "Returned",
    "Running",
    "Runs",
    "Spent",
    "Waiting",
    "Whole",
    "Writing",
]

LARGEST_PREVIEWED = 16 << 20
"""Bytes of a CSV file that is shown as a table."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
"""What is surely a number: 007 and 1_000 may be names."""
_LONGEST_NUMBER = 40
_LONGEST_CELL = 100_000
"""Characters; more is text that a quotation mark was left open in, and no table."""


@dataclass(slots=True)
class _Run:
    run: str
    began: float


class Runs:
    """The commands of one answer."""

    def __init__(self, bench: Workbench, hosted: Hosted, sandbox: str) -> None:
        self._bench = bench
        self._hosted = hosted
        self._sandbox = sandbox
        self._open: dict[str, _Run] = {}

    def begin(self, command: Running) -> None:
        """A command begins."""
        run = uuid4().hex
        code = command.code[:LONGEST_CODE]
        self._bench.record(
            CodeStarted(
                turn=self._bench.turn,
                run=run,
                code=code,
                language=command.language,
                contract_version=self._bench.contract_version,
            )
        )
        self._bench.started(run)
        self._open[command.id] = _Run(run, time.monotonic())

    async def end(self, returned: Returned) -> None:
        """A command has ended: take out what it made, and record it. One that never began is passed over."""
        begun = self._open.get(returned.id)
        if begun is None:
            return
        seconds = time.monotonic() - begun.began
        self._shown(returned)
        artifacts, refused = await self._files(returned)
        error, message = returned.error, returned.message
        if error is None and refused is not None:
            error, message = refused.kind, str(refused)
        outcome = Outcome(
            stdout=returned.stdout,
            stderr=returned.stderr,
            exit_code=returned.exit_code,
            seconds=seconds,
            error=error,
            message=message,
            artifacts=artifacts,
            sandbox=self._sandbox,
        )
        # What Anthropic itself refused is no clause of the contract's; its memory is.
        self._close(returned.id, outcome, refused, denied=returned.error in {None, "out_of_memory"})

    def break_off(self, failure: RingfenceError | None) -> None:
        """The answer ends before its commands did: by the person, or by what the sandbox failed to do."""
        for name, begun in tuple(self._open.items()):
            outcome = Outcome(
                exit_code=STOPPED_EXIT_CODE if failure is None else 1,
                seconds=time.monotonic() - begun.began,
                error="stopped" if failure is None else failure.kind,
                message="Stopped." if failure is None else str(failure),
                sandbox=self._sandbox,
            )
            self._close(name, outcome, failure)

    def _close(self, name: str, outcome: Outcome, failure: RingfenceError | None, *, denied: bool = True) -> None:
        begun = self._open.pop(name)
        self._bench.finished(failure)
        record(self._bench, begun.run, outcome, failure, denied=denied)

    def _shown(self, returned: Returned) -> None:
        for text, stream in ((returned.stdout, "stdout"), (returned.stderr, "stderr")):
            if text:
                self._bench.progress(Output("stdout" if stream == "stdout" else "stderr", text))

    async def _files(self, returned: Returned) -> tuple[tuple[Artifact, ...], RingfenceError | None]:
        found: list[Artifact] = []
        refused: RingfenceError | None = None
        for file in returned.files:
            try:
                name, data = await self._hosted.fetch(
                    file, limit_mib=self._bench.contract.filesystem.largest_artifact_mib
                )
            except FileTooLarge as error:
                refused = error
                continue
            found.append(await _artifact(self._bench, safe_name(name.rsplit("/", 1)[-1], ()), data))
        return tuple(found), refused


async def _artifact(bench: Workbench, name: str, data: bytes) -> Artifact:
    """The file itself; a table of numbers and words, which people want to see, as a table in its place."""
    kept = await kept_file(bench, name, data)
    table = preview(data) if name.lower().endswith(".csv") else None
    if table is None:
        return kept
    shown = tables.encode(table)
    return Artifact(
        id=uuid4().hex,
        name=name,
        kind="table",
        media_type=tables.MEDIA_TYPE,
        size=len(shown),
        sha256=await bench.keep(shown),
        full_data=kept.sha256,
        full_data_size=kept.size,
    )


def preview(data: bytes) -> tables.Table | None:
    """The first rows of a CSV file, as text and numbers; None for what isn't one."""
    if len(data) > LARGEST_PREVIEWED:
        return None
    rows: list[list[str]] = []
    total = 0
    try:
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
            if max(map(len, row), default=0) > _LONGEST_CELL:
                return None
            total += 1
            if len(rows) <= tables.MOST_ROWS:
                rows.append(row[: tables.MOST_COLUMNS])
    except (UnicodeDecodeError, csv.Error):
        return None
    if not rows or not rows[0]:
        return None
    names, body = rows[0], [[_cell(text) for text in row] for row in rows[1:]]
    cells = tuple(tuple(row[place] if place < len(row) else None for place in range(len(names))) for row in body)
    kinds = [_kind([row[place] for row in cells]) for place in range(len(names))]
    columns = tuple(tables.Column(tables.cut(name), kind) for name, kind in zip(names, kinds, strict=True))
    return tables.Table(columns, cells, total - 1, len(columns))


def _cell(text: str) -> tables.Cell:
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if match is None:
        return tables.cut(text) or None
    return float(text) if match[2] or match[3] else int(text)


def _kind(column: Sequence[tables.Cell]) -> str:
    present = [cell for cell in column if cell is not None]
    if not present or any(isinstance(cell, str) for cell in present):
        return "object"
    return "int64" if all(isinstance(cell, int) for cell in present) else "float64"
