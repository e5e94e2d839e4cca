"""A conversation as one Python script: its runs in order, its questions and answers as comments.

A script shows no last expression by itself, so each run's is handed to `display`, which the script defines: it prints
tables and texts, and writes charts and figures to files beside it. What failed, or is not Python, stands as a comment.
Runs that import `IPython`, as people do by habit, find what they ask of it whether or not it is installed.
"""

import ast
from textwrap import indent

from agent_core.exports.story import LANGUAGE_NAMES, WARNING, Answer, Question, Remark, Run, Step, Story

# Else Python would read a title such as "Fix the encoding: latin-1" as the encoding of the script.
_ENCODING = "# -*- coding: utf-8 -*-"
_PREAMBLE = '''
import os

os.environ.setdefault("MPLBACKEND", "agg")
_files = 0


def display(*things, display_id=None, **options):
    """Print tables and texts; write charts and figures to files."""
    global _files
    for thing in things:
        if thing is None:
            continue
        written = next((name for name in ("write_html", "savefig") if hasattr(thing, name)), None)
        if written is None:
            text = thing if isinstance(thing, str) else getattr(thing, "data", None)
            print(text if isinstance(text, str) else repr(thing))
        else:
            _files += 1
            name = f"figure-{_files}." + ("html" if written == "write_html" else "png")
            getattr(thing, written)(name)
            print("Written:", name)
    return _Shown() if display_id else None


class _Shown:
    """What stays of something shown: a new state of it is shown below."""

    def update(self, *things, **options):
        display(*things)

    display = update
'''

_NOTEBOOK = '''
def _notebook():
    """Have IPython's `display` be the one above; where IPython is not installed, something small stands in for it."""
    import sys
    from importlib.machinery import ModuleSpec
    from importlib.util import module_from_spec

    class Told:
        """Whatever a notebook would draw: its text, or the name of its file."""

        def __init__(self, data=None, url=None, filename=None, *rest, **options):
            self.data = next((one for one in (data, filename, url) if one is not None), "")

        def __repr__(self):
            return str(self.data)

    def offered(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Told if name[0].isupper() else display if "display" in name else lambda *things, **options: None

    try:
        import IPython.display
    except ImportError:
        names = ("IPython", "IPython.core", "IPython.display", "IPython.core.display", "IPython.core.display_functions")
        made = {name: module_from_spec(ModuleSpec(name, None, is_package=True)) for name in names}
        for name, module in made.items():
            module.__getattr__ = offered
            above, _, own = name.rpartition(".")
            if above:
                setattr(made[above], own, module)
        made["IPython"].__version__, made["IPython"].version_info = "0", (0, 0, 0)
        sys.modules.update(made)
    sys.modules["IPython.display"].display = display


_notebook()
'''


def to_script(story: Story) -> bytes:
    """The script in UTF-8. It expects `inputs/` beside it, with the files of `story.uploads`."""
    parts = [
        _comment(f"{story.title}\n\nA conversation with Ringfence as a script.{_needs(story)}\n{WARNING}"),
        _PREAMBLE.strip(),
        *([_NOTEBOOK.strip()] if any(map(_asks_for_a_notebook, story.steps)) else []),
    ]
    for step in story.steps:
        match step:
            case Question(text):
                parts.append("# %% Question\n" + _comment(text))
            case Answer(text):
                parts.append(_comment(text))
            case Run():
                parts.append(_run(step))
            case Remark(text):
                parts.append(_comment(text))
    return ("\n\n".join([_ENCODING, *parts]) + "\n").encode("utf-8", "replace")


def shown_at_last(code: str) -> str:
    """Code whose last expression is handed to `display`, where it has one that is to be shown.

    Raises SyntaxError for what is no Python, or waits at the top level, which only a notebook can.
    """
    compile(code, "<run>", "exec", dont_inherit=True)
    tree = ast.parse(code)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or code.rstrip().endswith(";") or _displays(last.value):
        return code
    expression = ast.get_source_segment(code, last) or ast.unparse(last)
    lines = code.encode().splitlines(keepends=True)
    head = b"".join(lines[: last.lineno - 1]) + lines[last.lineno - 1][: last.col_offset]
    return f"{head.decode()}display(\n{expression}\n)\n"


def _displays(value: ast.expr) -> bool:
    """`print(...)` and `display(...)` give nothing to show."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in {"print", "display"}


def _asks_for_a_notebook(step: Step) -> bool:
    return isinstance(step, Run) and "IPython" in step.started.code


def _run(run: Run) -> str:
    title = f"# %% Run {run.number}"
    language = run.started.language
    if language != "python":
        return f"{title}, in {LANGUAGE_NAMES[language]}, is not repeated here\n{_comment(run.started.code)}"
    if run.trouble:
        return f"{title} failed\n{_comment(run.trouble)}\n#\n{_comment(run.started.code)}"
    try:
        code = shown_at_last(run.started.code).strip()
        return f"{title}\n{_contained(code) if run.may_exit or _asks_of_the_compiler(code) else code}"
    except (SyntaxError, ValueError, RecursionError):
        return f"{title} runs in a notebook only\n{_comment(run.started.code)}"


def _asks_of_the_compiler(code: str) -> bool:
    """Whether it begins with `from __future__ import`, which no script may have but at its top."""
    return any(isinstance(step, ast.ImportFrom) and step.module == "__future__" for step in ast.parse(code).body)


def _contained(code: str) -> str:
    """Code that ends, where it ends the interpreter, itself alone: what comes after it has been run as well."""
    return f"try:\n    exec({code!r})\nexcept SystemExit:\n    pass"


def _comment(text: str) -> str:
    return indent("\n".join(text.splitlines()), "# ", lambda _: True)


def _needs(story: Story) -> str:
    names = ", ".join(f"inputs/{upload.name}" for upload in story.uploads)
    return f"\nIt reads {names} beside it." if names else ""
