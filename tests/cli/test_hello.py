"""The command, called as a person calls it."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from agent_core.cli import main


def test_the_command_is_installed():
    """`ringfence` lists what it can do without importing any of it."""
    program = (
        "import sys\nfrom agent_core.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print('agent_core.session' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "hello" in done.stdout
    assert done.stdout.endswith("False\n")


def test_hello_from_this_machine():
    """A sandbox opens, prints and closes; what it cost is said."""
    done = CliRunner().invoke(main, ["hello"])
    assert done.exit_code == 0, done.output
    assert "print(1) printed 1." in done.output
    assert "Metered: $0.00." in done.output


@pytest.mark.parametrize("arguments", [["hello", "--provider", "nowhere"], ["nothing"]])
def test_what_is_not_there_is_said(arguments):
    """A wrong name ends with 2 and the list of right ones."""
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert "nowhere" in done.output or "nothing" in done.output
