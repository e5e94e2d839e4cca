"""Questions from a terminal, over the real deployment."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent_core.cli import main
from agent_core.config import Settings
from agent_core.session import Deployment
from agent_core.session.deployment import LOCAL_PERSON
from tests.session.conftest import wait_for

SALES = "region,revenue\nNorth,100\nSouth,250\nNorth,150\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "DATABASE_URL", "RINGFENCE_POLICY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    (tmp_path / "sales.csv").write_text(SALES)
    return tmp_path / "home"


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["ask", *arguments])


def test_an_answer_with_its_files(home: Path, tmp_path: Path) -> None:
    """The answer is one JSON object, the files are in the folder over nothing that was there, and the app has it all."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "table.csv").write_text("mine")
    done = ask(str(tmp_path / "sales.csv"), "What is the total revenue by region?", "--json", "--out", str(out))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert "250" in told["answer"]
    assert told["outcome"] == "done"
    assert (out / "table.csv").read_text() == "mine"
    tables = [path for path in map(Path, told["files"]) if path.suffix == ".csv"]
    assert "North,250" in tables[0].read_text().replace("250.0", "250")
    deployment = Deployment(Settings.from_environment())
    titles = [one.title for one in deployment.conversations(LOCAL_PERSON.id)]
    deployment.close()
    assert titles == ["What is the total revenue by region?"]


def test_what_can_not_be_answered_or_asked(home: Path, tmp_path: Path) -> None:
    """A failing turn ends with 1, a contract that is none and a file that is too large with 2: a sentence each."""
    contract = tmp_path / "contract.yaml"
    contract.write_text("timeout: {call_seconds: soon}")
    done = ask("hello", "--contract", str(contract))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "seconds per call: must be a whole number" in done.stderr
    contract.write_bytes(b"name: caf\xe9")
    assert "contract.yaml is not text in UTF-8" in ask("hello", "--contract", str(contract)).stderr
    done = ask(" ")
    assert (done.exit_code, "The question is empty." in done.stderr) == (2, True)
    (tmp_path / "taken").write_text("a file")
    done = ask("hello", "--out", str(tmp_path / "taken" / "below"))
    assert (done.exit_code, done.stdout) == (2, "")
    contract.write_text("filesystem: {largest_file_mib: 1}")
    (tmp_path / "large.csv").write_bytes(b"a\n" * (1 << 20))
    done = ask(str(tmp_path / "large.csv"), "How many rows?", "--contract", str(contract))
    assert done.exit_code == 2
    assert "large.csv was not taken" in done.stderr
    assert ask(str(tmp_path / "nowhere.csv"), "How many rows?").exit_code == 2
    contract.write_text("provider: e2b\nbilling: {rate_card: e2b}")
    done = ask("```python\n1\n```", "--contract", str(contract))
    assert "There is no key for E2B." in done.stderr
    (home / "policy.yaml").write_text("validation: {required_within_hours: 1}")
    done = ask(str(tmp_path / "sales.csv"), "How many rows?")
    assert done.exit_code == 1
    assert "checks" in done.stderr


def test_who_is_told_to_end_closes_the_sandbox_first(home: Path) -> None:
    """As `timeout` does, and whatever runs jobs: not only Ctrl-C."""
    command = [sys.executable, "-m", "agent_core.cli", "ask", "```python\nimport time; time.sleep(600)\n```"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as asking:
        try:
            wait_for(lambda: "sandbox_opened" in kinds(home))
            asking.send_signal(signal.SIGTERM)
            assert asking.wait(60) == 128 + signal.SIGTERM
        finally:
            asking.kill()
    assert kinds(home).count("sandbox_closed") == 1


def kinds(home: Path) -> list[str]:
    """The events so far, read beside whoever writes them."""
    if not (home / "ringfence.db").exists():
        return []
    with contextlib.closing(sqlite3.connect(home / "ringfence.db", timeout=30)) as database:
        try:
            return [kind for (kind,) in database.execute("select kind from events order by seq")]
        except sqlite3.OperationalError:
            return []
