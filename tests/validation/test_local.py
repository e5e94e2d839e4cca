"""The local sandbox holds everything, by whatever means this machine has."""

import pytest

from agent_core.contract import Contract, Languages, Resources
from agent_core.errors import ClauseRefused
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.validation.base import GROUPS, Progress
from agent_core.validation.validate import PROBES, validate

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("groups", "start"), [("detect", "fork"), ("never", "cold")])
async def test_everything_is_held(groups, start, contract: Contract) -> None:
    """No probe gets through, none is left out, and what is tried is told as it goes."""
    provider, told = LocalProvider(groups=groups, start=start, spare=True), []
    if start == "fork":
        contract = contract.model_copy(update={"resources": Resources(memory_mib=384, processes=24)})
    try:
        await provider.warm()
        async with provider.open(contract) as opened:
            assert ("start: fork server" in opened.enforced_by) is (start == "fork")
        report = await validate(provider, contract, 3, progress=told.append)
    finally:
        await provider.aclose()
    assert [f"{one.probe.id}: {one.seen}" for one in report.findings if one.outcome != "passed"] == []
    assert [finding.probe for finding in report.findings] == list(PROBES)
    assert report.passed
    assert told[-1] == Progress(len(PROBES), len(PROBES), "Done")
    assert {"Python", "kernel", "claude-agent-sdk"} <= set(report.versions)


async def test_a_group_alone(contract: Contract) -> None:
    provider = LocalProvider()
    try:
        report = await validate(provider, contract, 3, progress=lambda _: None, only=["secrets"])
    finally:
        await provider.aclose()
    assert {finding.probe.group for finding in report.findings} == {"secrets"}


async def test_a_contract_that_can_not_be_held_is_not_tried(contract: Contract) -> None:
    wanted = contract.model_copy(update={"languages": Languages(allowed=("r",))})
    with pytest.raises(ClauseRefused):
        await validate(LocalProvider(), wanted, 1, progress=lambda _: None)


def test_there_are_many_and_each_says_why() -> None:
    """Distinct, in the order of their groups, and with a sentence for each question that a reader has."""
    assert len({probe.id for probe in PROBES}) == len(PROBES) >= 60
    order = list(GROUPS)
    assert [order.index(probe.group) for probe in PROBES] == sorted(order.index(probe.group) for probe in PROBES)
    assert {probe.group for probe in PROBES} == set(GROUPS)
    for probe in PROBES:
        for text in (probe.reason, probe.if_failed, probe.remedy):
            assert text.endswith("."), probe.id
