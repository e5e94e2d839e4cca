"""The rules that hold the layers apart, checked as code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "agent_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))

LONGEST_FILE = 400
LONGEST_PAGE = 50


def imported(path: Path) -> set[str]:
    """The top-level packages, and for our own the whole module, that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_import_contracts_are_kept() -> None:
    """Layers point one way, the core knows no screen, and only planning imports the SDK."""
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_hold_no_logic(page: Path) -> None:
    """A page imports the screen's parts alone, and is short."""
    allowed = ("streamlit", "components", "agent_core.session", "agent_core.contract", "agent_core.events")
    assert [name for name in imported(page) if not name.startswith(allowed)] == []
    assert len(page.read_text().splitlines()) <= LONGEST_PAGE


@pytest.mark.parametrize("file", CORE, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_of_the_core_are_small(file: Path) -> None:
    """No file has grown two purposes."""
    assert len(file.read_text().splitlines()) <= LONGEST_FILE


def test_only_the_settings_read_the_environment() -> None:
    """`os.environ` and `os.getenv` appear in one module of the core."""
    readers = [
        file.relative_to(ROOT).as_posix()
        for file in CORE
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    # The worker runs inside the sandbox, where the environment is ours and nobody's secret.
    assert {reader for reader in readers if "/local/worker/" not in reader} == {"agent_core/config.py"}


def test_nothing_unpickles() -> None:
    """No module loads pickles: nothing that comes in may choose what runs."""
    found = [file.name for file in CORE if {"pickle", "marshal", "shelve", "dill"} & imported(file)]
    assert found == []
