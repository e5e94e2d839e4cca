"""Providers elsewhere, over their emulators: what can be seen from here holds, and the rest says why it isn't tried."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent_core.cli import main
from agent_core.contract import Contract, moved
from agent_core.validation.base import GROUPS
from agent_core.validation.forms import from_json
from agent_core.validation.hostile.runner import attack
from agent_core.validation.validate import PROBES, validate
from tests.session.stands import STANDS, Stand

GROUPS_TRIED = [group for group in GROUPS if group not in {"exhaustion", "channel"}]
"""Floods of a GiB and more are for a provider's own machines, and not for a stand-in beside other tests."""


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_everything_that_can_be_seen_from_here_holds(stand: Stand) -> None:
    """Nothing gets through or stays unclear; what belongs to the provider's own machine is named, with a reason.

    The stand-in's own sandboxes run on this host, and are not taken for the provider's.
    """

    async def run(emulator):
        provider = stand.patient(emulator)
        try:
            contract = moved(Contract(), stand.name)
            report = await validate(provider, contract, 1, progress=lambda _: None, only=GROUPS_TRIED)
            hostile = await attack(provider, contract, 1, lambda *_: None)
        finally:
            await provider.aclose()
        return report, hostile

    with stand.running() as emulator:
        report, hostile = asyncio.run(run(emulator))
        assert emulator.alive() == ()
    wrong = [f"{one.probe.id}: {one.seen}" for one in report.findings if one.outcome in {"failed", "inconclusive"}]
    assert wrong == []
    assert report.passed
    assert [one.probe for one in report.findings] == [probe for probe in PROBES if probe.group in GROUPS_TRIED]
    assert {one.outcome for one in report.of_group("checks")} == {"passed"}
    for one in report.findings:
        assert one.seen
    assert [attempt for attempt in hostile.attempts if not attempt.harmless] == []


def test_the_command_reports_on_a_provider_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its key in the environment, under its own rate card; and without a key it says what to set."""
    (stand, *_) = STANDS
    asked = ["validate", "--provider", "daytona", "--only", "secrets", "--json", str(tmp_path / "report.json")]
    without = CliRunner().invoke(main, asked)
    assert without.exit_code == 2
    assert "DAYTONA_API_KEY" in without.output
    with stand.running() as emulator:
        for name, value in (("KEY", emulator.key), ("URL", emulator.url)):
            monkeypatch.setenv(f"DAYTONA_API_{name}", value)
        monkeypatch.setenv("RINGFENCE_DAYTONA_TIER", "3")
        done = CliRunner().invoke(main, asked)
        hello = CliRunner().invoke(main, ["hello", "--provider", "daytona"])
        assert emulator.alive() == ()
    assert done.exit_code == 0, done.output
    report = from_json((tmp_path / "report.json").read_text())
    assert (report.provider, report.contract.billing.rate_card) == ("daytona", "daytona")
    assert hello.exit_code == 0, hello.output
    assert "print(1) printed 1." in hello.output
    assert "Metered: $0.0000" in hello.output
