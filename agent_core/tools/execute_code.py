"""The one tool: run code in the conversation's sandbox.

`call` is the only place where a failure of the sandbox, or a refusal of the contract, becomes
something that the model reads. What is not a `RingfenceError` is a bug, and is raised on.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

from agent_core.contract import LANGUAGES, Language
from agent_core.contract.terms import CLAUSE_OF
from agent_core.errors import ClauseRefused, ErrorKind, RingfenceError
from agent_core.events import CodeFinished, CodeStarted, ContractDenied
from agent_core.sandbox.base import Denial, Execution, Output
from agent_core.tools.base import Tool, ToolResult
from agent_core.tools.harvest import Harvest, harvest
from agent_core.tools.outcome import STORED_TEXT, Outcome, join_text, to_result
from agent_core.tools.workbench import Workbench

NAME = "execute_code"

LONGEST_CODE = 200_000
"""Characters of code in one call."""

MOST_HOSTS = 20
"""Refused hosts that are recorded of one call."""

STOPPED_EXIT_CODE = 130
"""As a shell reports a program that was interrupted."""


def execute_code(bench: Workbench) -> Tool:
    """The tool for one conversation."""

    async def run(arguments: Mapping[str, Any]) -> ToolResult:
        return to_result(await call(bench, arguments))

    return Tool(NAME, DESCRIPTION, SCHEMA, run)


async def call(bench: Workbench, arguments: Mapping[str, Any]) -> Outcome:
    """Run one call and record it, whatever becomes of it."""
    code, language = str(arguments.get("code", ""))[:LONGEST_CODE], _language(arguments)
    run = uuid4().hex
    bench.record(
        CodeStarted(turn=bench.turn, run=run, code=code, language=language, contract_version=bench.contract_version)
    )
    bench.started(run)
    collected = _Collected(bench)
    failure: RingfenceError | None = None
    try:
        _check_language(bench, arguments)
        outcome = await _run(bench, collected, code, language)
    except RingfenceError as error:
        failure = error
        outcome = collected.outcome(exit_code=1, error=error.kind, message=str(error))
    except asyncio.CancelledError:
        record(bench, run, collected.outcome(exit_code=STOPPED_EXIT_CODE, error="stopped", message="Stopped."))
        raise
    finally:
        bench.finished(failure)
    told = outcome.error == "network_denied" and collected.last_denial is not None
    record(bench, run, outcome, failure, denied=not told)
    return outcome


async def _run(bench: Workbench, collected: "_Collected", code: str, language: Language) -> Outcome:
    sandbox = await bench.sandbox()
    collected.sandbox = sandbox.id
    before = await sandbox.list()
    execution = await sandbox.run(code, language, emit=collected.add, on_denied=collected.denied)
    found = await harvest(bench, sandbox, execution.displays, before)
    error, message, traceback = _error(execution, found, collected)
    return replace(
        collected.outcome(exit_code=execution.exit_code, error=error, message=message),
        stdout=join_text([collected.stdout, *found.texts]),
        seconds=execution.seconds,
        traceback=traceback,
        artifacts=found.artifacts,
        images=found.images,
    )


class _Collected:
    """Output in order of arrival, passed on as it comes."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._parts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._started = time.monotonic()
        self.sandbox: str | None = None
        self.last_denial: Denial | None = None
        self._hosts: set[str] = set()

    def denied(self, denial: Denial) -> None:
        """Record at once what the network clause refuses: once for each host, also where the code goes on."""
        self.last_denial = denial
        if denial.host in self._hosts or len(self._hosts) >= MOST_HOSTS:
            return
        self._hosts.add(denial.host)
        self._bench.record(_denied(self._bench, "network", "network_denied", denial.sentence))

    def add(self, output: Output) -> None:
        self._parts[output.stream].append(output.text)
        self._bench.progress(output)

    @property
    def stdout(self) -> str:
        return "".join(self._parts["stdout"])

    def outcome(self, *, exit_code: int, error: ErrorKind | None, message: str) -> Outcome:
        return Outcome(
            stdout=self.stdout,
            stderr="".join(self._parts["stderr"]),
            exit_code=exit_code,
            seconds=time.monotonic() - self._started,
            error=error,
            message=message,
            sandbox=self.sandbox,
        )


def _language(arguments: Mapping[str, Any]) -> Language:
    asked = arguments.get("language", "python")
    return cast("Language", asked) if asked in LANGUAGES else "python"


def _check_language(bench: Workbench, arguments: Mapping[str, Any]) -> None:
    allowed = bench.contract.languages.allowed
    asked = arguments.get("language", "python")
    if asked not in allowed:
        raise ClauseRefused(
            "languages", f"The contract doesn't allow {str(asked)[:40]!r}. It allows: {', '.join(allowed)}."
        )


def _error(execution: Execution, found: Harvest, collected: _Collected) -> tuple[ErrorKind | None, str, str]:
    if (error := execution.error) is not None:
        return error.kind, f"{error.name}: {error.message}", error.traceback
    if found.refused is not None:
        return found.refused.kind, str(found.refused), ""
    if execution.exit_code != 0:
        ended = f"The code ended with exit code {execution.exit_code}."
        if (denial := collected.last_denial) is not None:
            return "network_denied", f"{ended} {denial.sentence}", ""
        return "code_error", ended, ""
    return None, "", ""


def record(
    bench: Workbench, run: str, outcome: Outcome, failure: RingfenceError | None = None, *, denied: bool = True
) -> None:
    """Record how a run ended and, where a clause of the contract ended it, which, unless it was none of ours."""
    kept = outcome.cut(STORED_TEXT)
    bench.record(
        CodeFinished(
            turn=bench.turn,
            run=run,
            stdout=kept.stdout,
            stderr=kept.stderr,
            exit_code=kept.exit_code,
            seconds=kept.seconds,
            error=kept.error,
            message=kept.message,
            traceback=kept.traceback,
            artifacts=kept.artifacts,
            sandbox=kept.sandbox,
        )
    )
    if outcome.error is None or not denied:
        return
    clause = failure.clause if isinstance(failure, ClauseRefused) else CLAUSE_OF.get(outcome.error)
    if clause is not None:
        bench.record(_denied(bench, clause, outcome.error, outcome.message))


def _denied(bench: Workbench, clause: str, error: ErrorKind, message: str) -> ContractDenied:
    return ContractDenied(turn=bench.turn, clause=clause, error=error, message=message, version=bench.contract_version)


DESCRIPTION = """\
Run code in the sandbox and see its output. Variables and files stay between calls as the contract says. Uploaded \
files are in inputs/ (read-only). A Plotly figure, a matplotlib figure or a DataFrame as the last expression, or \
given to display(), is shown to the person; a file written in the working folder is offered for download. \
Returns JSON: stdout, stderr, exit_code, error (kind, message, advice) or null, and artifacts (name, kind, size)."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "The program to run."},
        "language": {"type": "string", "enum": ["python", "bash"], "default": "python"},
    },
    "required": ["code"],
    "additionalProperties": False,
}
