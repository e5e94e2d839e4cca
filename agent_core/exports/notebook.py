"""A conversation as a Jupyter notebook (nbformat 4.5) that runs from top to bottom, beside its input files.

Python runs as it ran, with what it gave; bash in a cell of its own. Code whose error was part of the story may raise it
again; what a limit or a person has stopped is kept as text, as it need not come to an end by itself.
"""

import base64
import json
from collections.abc import Sequence
from html import escape
from typing import Any

from agent_core.events import Artifact, CodeFinished
from agent_core.exports import figures, tables
from agent_core.exports.quiet import blocks, fenced, literal, quiet
from agent_core.exports.story import WARNING, Answer, Question, Read, Remark, Run, Story

PLOTLY = "application/vnd.plotly.v1+json"
_SHOWN_ROWS = 20
_IMAGES = {"image/png", "image/jpeg"}
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

_Cell = dict[str, Any]


def to_notebook(story: Story, read: Read) -> bytes:
    """The notebook as JSON. It expects `inputs/` beside it, with the files of `story.uploads`."""
    cells = [_markdown(_opening(story))]
    for step in story.steps:
        match step:
            case Question(text):
                cells.append(_markdown(asked(text)))
            case Answer(text):
                cells.append(_markdown(quiet(text)))
            case Run():
                cells += _run(step, read)
            case Remark(text):
                cells.append(_markdown(f"*{literal(text)}*"))
    whole = {
        "cells": [{"id": f"cell-{place}", **cell} for place, cell in enumerate(cells)],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}, "title": story.title},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False).encode("utf-8", "replace")


def asked(text: str) -> str:
    """A question as Markdown: its first line of prose as a heading, all else as a quotation, code as code."""
    heading, parts = "", []
    for language, inner in blocks(text):
        lines = [literal(line) for line in inner.splitlines() if line.strip()]
        if language is not None:
            parts.append(fenced(inner, language))
            continue
        heading, *lines = [heading, *lines] if heading else lines or [""]
        parts += [f"> {line}" for line in lines]
    return "\n\n".join([f"## {heading or 'Code'}", *parts])


def _opening(story: Story) -> str:
    needs = ", ".join(f"`inputs/{literal(upload.name)}`" for upload in story.uploads)
    reads = f" It reads {needs} beside it." if needs else ""
    return f"# {literal(story.title)}\n\nA conversation with Ringfence as a notebook.{reads} {WARNING}"


def _run(run: Run, read: Read) -> list[_Cell]:
    language = run.started.language
    cells = [_markdown(f"*{literal(run.trouble)}*")] if run.trouble else []
    if not run.repeatable or language not in {"python", "bash"}:
        told = f"Run {run.number} is not repeated here."
        return [*cells, _markdown(f"{told}\n\n{fenced(run.started.code, language)}")]
    code = run.started.code if language == "python" else f"%%bash\n{run.started.code}"
    tags = ["raises-exception"] if run.trouble or run.may_exit else []
    cell: _Cell = {
        "cell_type": "code",
        "execution_count": run.number,
        "metadata": {"tags": tags} if tags else {},
        "outputs": _outputs(run.finished, read) if run.finished else [],
        "source": code.rstrip("\n"),
    }
    return [*cells, cell]


def _outputs(done: CodeFinished, read: Read) -> list[_Cell]:
    streams = [
        {"output_type": "stream", "name": name, "text": f"{text}\n"}
        for name, text in (("stdout", done.stdout), ("stderr", done.stderr))
        if text
    ]
    shown = [_displayed(data) for artifact in done.artifacts if (data := _bundle(artifact, read))]
    if not done.error:
        return [*streams, *shown]
    name, _, value = done.message.partition(": ")
    lines = done.traceback.splitlines() or [done.message]
    return [*streams, *shown, {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}]


def _displayed(data: dict[str, Any]) -> _Cell:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _bundle(artifact: Artifact, read: Read) -> dict[str, Any]:
    """What a notebook shows of an artifact; nothing of one that is gone, or no longer what it says."""
    try:
        data = read(artifact.sha256)
        if artifact.kind == "chart":
            return {PLOTLY: figures.harmless(data)}
        if artifact.kind == "table":
            return {"text/html": _table(tables.preview(data))}
    except (KeyError, ValueError, RecursionError):
        return {}
    if artifact.media_type in _IMAGES:
        return {artifact.media_type: base64.b64encode(data).decode()}
    return {}


def _table(shown: tables.Preview) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in shown.names)
    rows = "".join(f"<tr>{_row(row)}</tr>" for row in shown.rows[:_SHOWN_ROWS])
    more = shown.total_rows - min(_SHOWN_ROWS, len(shown.rows))
    note = f"<p>{more:,} more rows</p>" if more > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}"


def _row(row: Sequence[Any]) -> str:
    return "".join(f"<td>{escape('' if cell is None else str(cell))}</td>" for cell in row)


def _markdown(text: str) -> _Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": text}
