"""Validation from a terminal, with the exit code that a pipeline acts on."""

from pathlib import Path
from xml.etree import ElementTree as ET

from click.testing import CliRunner

from agent_core.cli import main
from agent_core.contract import Contract, Languages
from agent_core.contract.forms import to_yaml
from agent_core.validation.forms import from_json


def test_a_contract_is_validated_and_reported(tmp_path: Path) -> None:
    """All three forms are written, of the contract that was given, and the command ends with 0."""
    contract = tmp_path / "contract.yaml"
    contract.write_text(to_yaml(Contract(name="From a file")))
    files = [f"--{form}={tmp_path / form}" for form in ("html", "json", "junit")]
    asked = ["validate", "--provider", "local", "--contract", str(contract), "--only", "secrets", *files]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    assert "All 7 probes were held" in done.output
    report = from_json((tmp_path / "json").read_text())
    assert (report.contract.name, report.count("passed")) == ("From a file", 7)
    assert "From a file" in (tmp_path / "html").read_text()
    assert len(ET.parse(tmp_path / "junit").findall(".//testcase")) == 7


def test_what_can_not_be_tried_ends_with_two(tmp_path: Path) -> None:
    """A file that is no contract, and a contract that the provider can't be held to: a sentence each."""
    broken, refused = tmp_path / "broken.yaml", tmp_path / "refused.yaml"
    broken.write_text("timeout: {call_seconds: soon}")
    refused.write_text(to_yaml(Contract(languages=Languages(allowed=("r",)))))
    for path in (broken, refused):
        done = CliRunner().invoke(main, ["validate", "--contract", str(path)])
        assert done.exit_code == 2, done.output
        assert len(done.output.strip()) > 20
