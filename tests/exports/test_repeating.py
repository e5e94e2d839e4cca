"""A conversation that was taken away runs again somewhere else, and gives the same results."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from agent_core.events import AgentSaid, CodeFinished, CodeStarted, UserAsked
from agent_core.exports.archive import notebook_zip
from agent_core.exports.figures import NotDrawable, harmless
from agent_core.exports.notebook import PLOTLY, to_notebook
from agent_core.exports.script import shown_at_last, to_script
from agent_core.exports.story import Story, tell
from tests.exports.conftest import SALES, Told

ROOT = Path(__file__).parents[2]


def run_python(folder: Path, *arguments: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment = {**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def said(cell: dict[str, Any]) -> str:
    """What a cell has printed, then its tables and values as text: as a run's output holds them."""
    streams = [output["text"] for output in cell["outputs"] if output["output_type"] == "stream"]
    values = [
        output["data"]["text/plain"]
        for output in cell["outputs"]
        if output["output_type"] in {"display_data", "execute_result"}
        and not {PLOTLY, "image/png"} & output["data"].keys()
    ]
    return joined(["".join(map(whole, streams)), *map(whole, values)])


def whole(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def joined(parts: list[str]) -> str:
    return "\n".join(part.rstrip("\n") for part in parts if part.strip())


def figures(cell: dict[str, Any]) -> list[Any]:
    return [output["data"][PLOTLY]["data"] for output in cell["outputs"] if PLOTLY in output.get("data", {})]


def test_the_notebook_runs_from_top_to_bottom_and_its_results_are_equal(told: Told, tmp_path: Path) -> None:
    """Unpacked elsewhere and executed by Jupyter: every run's text, chart and error is what the chat has shown."""
    with zipfile.ZipFile(io.BytesIO(notebook_zip(told.story, told.read))) as packed:
        packed.extractall(tmp_path)
    assert (tmp_path / "inputs" / "sales.csv").read_bytes() == SALES
    path = tmp_path / "conversation.ipynb"
    before = json.loads(path.read_text())
    run_python(tmp_path, "-m", "tests.exports.executing", str(path))
    after = json.loads(path.read_text())

    cells = [cell for cell in after["cells"] if cell["cell_type"] == "code"]
    assert len(cells) == len(told.ends) == 7
    for cell, done in zip(cells, told.ends, strict=True):
        assert said(cell) == joined([done.stdout]), done
        charts = [json.loads(told.read(made.sha256))["data"] for made in done.artifacts if made.kind == "chart"]
        assert figures(cell) == charts
        pictures = [made for made in done.artifacts if made.media_type == "image/png"]
        assert len([o for o in cell["outputs"] if "image/png" in o.get("data", {})]) == len(pictures)
        errors = [f"{o['ename']}: {o['evalue']}" for o in cell["outputs"] if o["output_type"] == "error"]
        assert errors == ([done.message] if done.error else [])
    assert figures(cells[0])
    assert (tmp_path / "note.txt").read_text() == "second one"
    # What the export has written beforehand is what running it gives.
    recorded = [figures(cell) for cell in before["cells"] if cell["cell_type"] == "code"]
    assert recorded == [figures(cell) for cell in cells]


def test_the_script_runs_and_prints_what_the_runs_have_printed(told: Told, tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "sales.csv").write_bytes(SALES)
    (tmp_path / "conversation.py").write_bytes(to_script(told.story))
    printed = run_python(tmp_path, "conversation.py").splitlines()
    ran = [done for done in told.ends if done.error is None and "from bash" not in done.stdout]
    for line in (line for done in ran for line in done.stdout.splitlines()):
        assert line in printed
    assert [line for line in printed if line.startswith("Written: figure-")]
    assert (tmp_path / "figure-1.html").stat().st_size > 1_000


BY_HABIT = (
    "from IPython.display import HTML, Image, Markdown, clear_output, display, display_html",
    "from IPython.display import Math as Formula\nfrom IPython import get_ipython\nimport IPython",
    "shown = display(HTML('<b>one</b>'), display_id=True)\nshown.update(Markdown('*two*'))",
    "IPython.display.display('three')\nprint(get_ipython())",
    "class Figure:\n    def savefig(self, name): open(name, 'w').write('drawn')\ndisplay(Figure())",
    "Formula('x^2')",
)


def ran(*codes: str) -> Story:
    """A conversation of code alone that went well."""
    events = [
        event
        for number, code in enumerate(codes)
        for event in (
            CodeStarted(turn="t", run=f"{number}", code=code, language="python", contract_version=1),
            CodeFinished(turn="t", run=f"{number}", exit_code=0, seconds=1),
        )
    ]
    return tell("T", events)


def test_what_comes_after_an_exit_is_run_too(tmp_path: Path) -> None:
    """In the sandbox an exit ended its own call alone; a notebook goes on over a cell that is marked so."""
    story = ran("import sys\nx = 1\nsys.exit(0)", "print('x is', x)")
    (tmp_path / "conversation.py").write_bytes(to_script(story))
    assert run_python(tmp_path, "-I", "-S", "conversation.py") == "x is 1\n"
    cells = [cell for cell in json.loads(to_notebook(story, bytes.fromhex))["cells"] if cell["cell_type"] == "code"]
    assert [cell["metadata"].get("tags", []) for cell in cells] == [["raises-exception"], []]


def test_what_only_a_file_s_top_may_hold_stands_in_any_run_of_a_script(tmp_path: Path) -> None:
    early = "from __future__ import annotations\n\ndef f(a: Unknown): return f.__annotations__\nf(1)"
    (tmp_path / "conversation.py").write_bytes(to_script(ran("x = 1", early, "print(f(0), x)")))
    assert run_python(tmp_path, "-I", "-S", "conversation.py") == "{'a': 'Unknown'}\n{'a': 'Unknown'} 1\n"


@pytest.mark.parametrize("arguments", [("-I", "-S"), ()], ids=["without IPython", "with it"])
def test_a_script_that_imports_what_a_notebook_has_runs_without_one(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """In an interpreter that has the standard library and nothing else, too."""
    (tmp_path / "conversation.py").write_bytes(to_script(ran(*BY_HABIT)))
    (tmp_path / "probe.py").write_text("import importlib.util as u\nprint(u.find_spec('IPython') is not None)")
    assert run_python(tmp_path, *arguments, "probe.py") == f"{not arguments}\n"
    printed = run_python(tmp_path, *arguments, "conversation.py").splitlines()
    assert printed == ["<b>one</b>", "*two*", "three", "None", "Written: figure-1.png", "x^2"]
    assert (tmp_path / "figure-1.png").read_text() == "drawn"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("x = 1\nx + 1", "x = 1\ndisplay(\nx + 1\n)\n"),
        ("a = 1; a", "a = 1; display(\na\n)\n"),
        ("é = 'ß'; é", "é = 'ß'; display(\né\n)\n"),
        ("(1,\n 2)  # why", "display(\n(1,\n 2)\n)\n"),
        ("print(1)", "print(1)"),
        ("x;", "x;"),
        ("for i in 'ab': i", "for i in 'ab': i"),
        ("", ""),
    ],
)
def test_only_a_last_expression_is_shown(code: str, shown: str) -> None:
    found = shown_at_last(code)
    assert found == shown
    compile(found, "<test>", "exec")


def test_no_title_is_taken_for_the_encoding_of_a_script() -> None:
    """Python looks for `coding:` in the first two lines: an odd name would end it, and UTF-7 hide code in a comment."""
    for title in ("Fix the encoding: klingon", "coding: utf-7 +AAo-import this"):
        names = compile(to_script(tell(title, ())), "<script>", "exec").co_names
        assert "this" not in names


def test_what_a_limit_has_stopped_is_told_and_not_repeated() -> None:
    """An endless loop would hang the notebook and the script; text that the model wrote ends no comment and no cell."""
    started = CodeStarted(turn="t", run="r", code="while True: pass", language="python", contract_version=1)
    stopped = CodeFinished(turn="t", run="r", exit_code=1, seconds=60, error="timeout", message="Stopped after 60 s.")
    events = (
        UserAsked(turn="t", text="Count\n# to infinity", contract_version=1),
        AgentSaid(turn="t", text="Sure\x0cimport os\rimport os\u2028import os\n\n'''\nimport os"),
        started,
        stopped,
    )
    story = tell("T", events)
    notebook = json.loads(to_notebook(story, lambda _: b""))
    assert {cell["cell_type"] for cell in notebook["cells"]} == {"markdown"}
    assert "while True: pass" in notebook["cells"][-1]["source"]
    script = to_script(story).decode()
    tree = compile(script, "<script>", "exec")
    assert "while True" not in "\n".join(map(str, tree.co_consts))
    own = script.split("# %% Question", 1)[1]
    assert all(line.startswith("#") or not line for line in own.splitlines())


def test_a_chart_in_a_notebook_loads_nothing() -> None:
    """A picture from elsewhere is left out, and a map, whose tiles are; a viewer would fetch them as it opens the file."""
    bar = {"type": "bar", "y": [1]}
    picture = {"type": "image", "source": "http://evil.example/a.png"}
    layout = {
        "title": {"text": "T"},
        "images": [{"source": "http://evil.example/b.png"}],
        "map": {"style": "http://evil"},
    }
    found = harmless(json.dumps({"data": [bar, picture], "layout": layout}).encode())
    assert found == {"data": [bar], "layout": {"title": {"text": "T"}}}
    with pytest.raises(NotDrawable):
        harmless(json.dumps({"data": [{"type": "scattermap"}]}).encode())
