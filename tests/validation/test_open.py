"""Each probe can fail: on a provider that isolates nothing, every one of them must say so."""

import os
from pathlib import Path

import pytest

from agent_core.contract import Contract
from agent_core.validation.base import Finding
from agent_core.validation.stage import Stage
from agent_core.validation.traps import laid
from agent_core.validation.validate import ACTS, QUESTIONS, validate
from tests.validation.open_sandbox import OpenProvider

pytestmark = pytest.mark.anyio

NO_MODULES = "the machine that tests run on may have a kernel without this call, or a root without the right to it"
SAME_HERE = {
    "filesystem.people": "the machine that tests run on may have no users",
    "filesystem.mounts": "the host's folders are no mount points of its own",
    "kernel.kexec-load": NO_MODULES,
    "kernel.init-module": NO_MODULES,
    "kernel.delete-module": NO_MODULES,
    "kernel.bpf": NO_MODULES,
    "kernel.swapon": NO_MODULES,
    "kernel.acct": NO_MODULES,
    "kernel.reboot": NO_MODULES,
    "kernel.sethostname": NO_MODULES,
    "kernel.sysrq": NO_MODULES,
    "kernel.schedule": NO_MODULES,
    "kernel.log": NO_MODULES,
    "kernel.keyring": NO_MODULES,
    "filesystem.disks": "the machine that tests run on may have no disk that it shows",
    "filesystem.drivers": "the machine that tests run on may have no such device",
    "processes.terminal": "tests may run without a terminal",
    "network.loopback-6": "the machine that tests run on may have no IPv6",
    "network.addresses": "the machine that tests run on may have no other address",
    "network.interfaces": "the machine that tests run on may have none but its loopback",
    "network.routes": "the machine that tests run on may have no route",
    "network.metadata": "the machine that tests run on may have no route",
    "leftovers.mounts": "an open sandbox mounts nothing",
}
"""What an open sandbox can't do here either, and why: the system, or the lack of a thing to find, stands before it."""
ROOT = "what only root can do, an open sandbox of an ordinary user can't"
NEEDS_ROOT = dict.fromkeys(
    (
        "filesystem.system-writes",
        "filesystem.shadow",
        "filesystem.mounting",
        "filesystem.nodes",
        "kernel.sysctl",
        "kernel.sys",
        "kernel.memory",
        "kernel.addresses",
        "kernel.perf-event-open",
        "kernel.userfaultfd",
        "kernel.open-by-handle-at",
        "privilege.new-users",
        "privilege.new-mounts",
        "privilege.joining",
        "privilege.root",
        "privilege.root-folder",
        "processes.memory",
        "processes.tracing",
        "network.raw",
        "network.kinds",
    ),
    ROOT,
)
"""The same where the tests run as an ordinary user: what only root could do, an open sandbox can't."""


@pytest.fixture(scope="module")
async def asked(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    groups = {one.probe.group for one in QUESTIONS}
    async with OpenProvider(tmp_path_factory.mktemp("open")) as provider:
        report = await validate(provider, contract, 1, progress=lambda _: None, only=groups)
    return {finding.probe.id: finding for finding in report.findings}


def found(name: str, outcome: str, seen: str) -> None:
    """Fails the build for a probe that finds nothing here, unless it is known why."""
    if outcome != "failed" and name in SAME_HERE:
        pytest.skip(SAME_HERE[name])
    if outcome != "failed" and name in NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip(NEEDS_ROOT[name])
    assert outcome == "failed", seen


@pytest.mark.parametrize("name", [one.probe.id for one in QUESTIONS])
async def test_a_question_finds_the_leak(asked: dict[str, Finding], name: str) -> None:
    found(name, asked[name].outcome, asked[name].seen)


@pytest.mark.parametrize("one", ACTS, ids=lambda one: one.probe.id)
async def test_an_act_sees_the_leak(one, contract: Contract, tmp_path: Path) -> None:
    async with OpenProvider(tmp_path) as provider, laid() as traps:
        verdict = await one.play(Stage(provider, contract, traps))
    found(one.probe.id, verdict.outcome, verdict.seen)
