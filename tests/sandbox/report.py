"""The conformance suite as a table: `python -m tests.sandbox.report` writes it down for the app, and prints it."""

import ast
import inspect
import json
from importlib import import_module
from pathlib import Path

from agent_core.contract import promises
from agent_core.contract.words import PROVIDER_NAMES
from tests.sandbox.conformance import SandboxConformance

WRITTEN = Path(promises.__file__).with_name("promises.json")
SUITES = {
    "local": "tests.sandbox.test_local:TestLocal",
    "e2b": "tests.sandbox.test_e2b:TestE2B",
    "daytona": "tests.sandbox.test_daytona:TestDaytona",
    "claude": "tests.sandbox.test_claude:TestClaude",
}


def suite(provider: str) -> type[SandboxConformance]:
    module, name = SUITES[provider].split(":")
    return getattr(import_module(module), name)


def rows() -> list[dict]:
    return [
        {
            "group": group,
            "sentence": sentence,
            "differences": {provider: text for provider in SUITES if (text := _difference(provider, name))},
        }
        for group, name, sentence in _tests()
    ]


def _difference(provider: str, name: str) -> str:
    """A difference of the whole test, or of some of its cases: `test_x[the case]`."""
    found = []
    for known, reason in suite(provider).KNOWN_DIFFERENCES.items():
        test, _, case = known.partition("[")
        if test == name:
            found.append(f"{case.rstrip(']')}: {reason}" if case else reason)
    return "; ".join(found)


def _tests() -> list[tuple[str, str, str]]:
    """Group, name and sentence of each test. The groups are the comments between them."""
    lines, start = inspect.getsourcelines(SandboxConformance)
    tree = ast.parse(inspect.getsource(inspect.getmodule(SandboxConformance)))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "SandboxConformance").body
    headings = {start + place: line.strip("# \n") for place, line in enumerate(lines) if line.startswith("    # ")}
    found = []
    for node in body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_"):
            group = headings[max(place for place in headings if place < node.lineno)]
            found.append((group, node.name, ast.get_docstring(node)))
    return found


def written() -> str:
    return json.dumps({"tested": list(SUITES), "promises": rows()}, indent=1, ensure_ascii=False) + "\n"


def markdown() -> str:
    names = [PROVIDER_NAMES[provider] for provider in SUITES]
    lines = [f"| promise | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    for row in rows():
        cells = [row["differences"].get(provider, "kept") for provider in SUITES]
        lines.append(f"| {row['sentence']} | {' | '.join(cells)} |")
    kept = [str(sum(provider not in row["differences"] for row in rows())) for provider in SUITES]
    return "\n".join([*lines, f"| kept of {len(rows())} | {' | '.join(kept)} |"])


if __name__ == "__main__":
    WRITTEN.write_text(written(), encoding="utf-8")
    print(markdown())
