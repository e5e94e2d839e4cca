"""A conversation as Markdown: what was asked, answered and run, with its tables; charts by their names."""

from typing import Any

from agent_core.events import Artifact
from agent_core.exports import tables
from agent_core.exports.notebook import asked
from agent_core.exports.quiet import fenced, literal, quiet
from agent_core.exports.story import LANGUAGE_NAMES, Answer, Question, Read, Remark, Run, Story

_SHOWN_ROWS = 20
_KINDS = {"chart": "Chart", "image": "Image", "text": "Text", "file": "File"}


def to_markdown(story: Story, read: Read) -> bytes:
    """The whole conversation in UTF-8. It holds no image and no HTML, and its links lead to the web alone."""
    parts = [f"# {literal(story.title)}"]
    for step in story.steps:
        match step:
            case Question(text):
                parts.append(asked(text))
            case Answer(text):
                parts.append(quiet(text))
            case Run():
                parts += _run(step, read)
            case Remark(text):
                parts.append(f"*{literal(text)}*")
    return ("\n\n".join(part for part in parts if part.strip()) + "\n").encode("utf-8", "replace")


def _run(run: Run, read: Read) -> list[str]:
    done = run.finished
    took = f", {done.seconds:.1f} s" if done else ""
    parts = [f"**Run {run.number}** in {LANGUAGE_NAMES[run.started.language]}{took}"]
    parts.append(fenced(run.started.code, run.started.language))
    if done is None:
        return [*parts, f"*{run.trouble}*"]
    if done.stdout.strip():
        parts += ["Output:", fenced(done.stdout)]
    if run.trouble:
        parts.append(f"*{literal(run.trouble)}*")
    return [*parts, *(_artifact(artifact, read) for artifact in done.artifacts)]


def _artifact(artifact: Artifact, read: Read) -> str:
    if artifact.kind == "table":
        try:
            return _table(tables.preview(read(artifact.sha256)))
        except (KeyError, ValueError):
            return "*A table that is no longer stored.*"
    return f"*{_KINDS[artifact.kind]}: {literal(artifact.name)}*"


def _table(shown: tables.Preview) -> str:
    if not shown.names:
        return ""
    rows = [shown.names, ["---"] * len(shown.names), *shown.rows[:_SHOWN_ROWS]]
    lines = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    lines[1] = f"|{' --- |' * len(shown.names)}"
    more = shown.total_rows - min(_SHOWN_ROWS, len(shown.rows))
    return "\n".join(lines) + (f"\n\n*{more:,} more rows*" if more > 0 else "")


def _cell(cell: Any) -> str:
    return literal("" if cell is None else str(cell))
