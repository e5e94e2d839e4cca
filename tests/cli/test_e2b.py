"""The command, with sandboxes of E2B."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agent_core.cli import main
from agent_core.validation.forms import from_json
from tests.emulators.serving import Fault, Serving
from tests.session.test_hosted import PLACES, Elsewhere, emulator, variables

__all__ = ["emulator", "variables"]


@pytest.fixture(scope="module")
def place() -> Elsewhere:
    return PLACES["e2b"]


def runner(variables: dict[str, str], home: Path) -> CliRunner:
    return CliRunner(env={**variables, "RINGFENCE_HOME": str(home)})


def test_hello(place: Elsewhere, emulator: Serving, variables: dict[str, str], tmp_path: Path) -> None:
    """The key of the environment opens a sandbox, and what it cost is not nothing; a wrong key is told."""
    done = runner(variables, tmp_path).invoke(main, ["hello", "--provider", place.name])
    assert done.exit_code == 0, done.output
    assert f"Opened a sandbox of {place.name}." in done.output
    assert "print(1) printed 1." in done.output
    assert "Metered: $0.00." not in done.output
    emulator.faults.append(Fault(place.create, status=401, times=9))
    done = runner(variables, tmp_path).invoke(main, ["hello", "--provider", place.name])
    emulator.faults.clear()
    assert done.exit_code == 1
    assert place.key in done.output
    assert emulator.alive() == ()


def test_validate(place: Elsewhere, emulator: Serving, variables: dict[str, str], tmp_path: Path) -> None:
    """Probes run there and make a report, and nothing is left."""
    report = tmp_path / "report.json"
    asked = ["validate", "--provider", place.name, "--only", "secrets", "--json", str(report)]
    done = runner(variables, tmp_path).invoke(main, asked)
    assert done.exit_code == 0, done.output
    found = from_json(report.read_text())
    assert (found.contract.provider, found.count("failed")) == ("e2b", 0)
    assert found.count("passed") > 5
    assert emulator.alive() == ()
