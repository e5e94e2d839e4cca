"""A conversation as one Python script: its runs in order, its questions and answers as comments.

A script shows no last expression by itself, so each run's is handed to `display`, which the script defines: it prints
tables and texts, and writes charts and figures to files beside it. What failed, or is not Python, stands as a comment.
"""

import ast
from textwrap import indent

from agent_core.exports.story import LANGUAGE_NAMES, WARNING, Answer, Question, Remark, Run, Story

_PREAMBLE = '''
import os

os.environ.setdefault("MPLBACKEND", "agg")
_files = 0


def display(*things):
    """Print tables and texts; write charts and figures to files."""
    global _files
    for thing in things:
        if thing is None:
            continue
        written = next((name for name in ("write_html", "savefig") if hasattr(thing, name)), None)
        if written is None:
            print(thing if isinstance(thing, str) else repr(thing))
        else:
            _files += 1
            name = f"figure-{_files}." + ("html" if written == "write_html" else "png")
            getattr(thing, written)(name)
            print("Written:", name)
'''


def to_script(story: Story) -> bytes:
    """The script in UTF-8. It expects `inputs/` beside it, with the files of `story.uploads`."""
    parts = [
        _comment(f"{story.title}\n\nA conversation with Ringfence as a script.{_needs(story)}\n{WARNING}"),
        _PREAMBLE.strip(),
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
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


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


def _run(run: Run) -> str:
    title = f"# %% Run {run.number}"
    language = run.started.language
    if language != "python":
        return f"{title}, in {LANGUAGE_NAMES[language]}, is not repeated here\n{_comment(run.started.code)}"
    if run.trouble:
        return f"{title} failed\n{_comment(run.trouble)}\n#\n{_comment(run.started.code)}"
    try:
        return f"{title}\n{shown_at_last(run.started.code).strip()}"
    except (SyntaxError, ValueError, RecursionError):
        return f"{title} runs in a notebook only\n{_comment(run.started.code)}"


def _comment(text: str) -> str:
    return indent("\n".join(text.splitlines()), "# ", lambda _: True)


def _needs(story: Story) -> str:
    names = ", ".join(f"inputs/{upload.name}" for upload in story.uploads)
    return f"\nIt reads {names} beside it." if names else ""
