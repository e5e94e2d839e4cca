"""A conversation as a report: one HTML file that loads nothing, with charts to explore, in light and dark."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from agent_core.contract.summary import summarise
from agent_core.contract.words import unbroken
from agent_core.events import Artifact, CodeFinished
from agent_core.exports import figures, pictures, tables
from agent_core.exports.page import chart, page, prepared
from agent_core.exports.quiet import blocks
from agent_core.exports.story import LANGUAGE_NAMES, Answer, Question, Read, Remark, Run, Story

_SHOWN_ROWS = 100
_LONGEST_OUTPUT = 40_000
_MANY_COLUMNS = 10
"""From more on, paper takes them in small print."""
_PIXELS = {"image/png", "image/jpeg", "image/gif", "image/webp"}


def to_report(story: Story, read: Read) -> bytes:
    """The report in UTF-8, about 5 MB where it has a chart: Plotly's own script goes with it."""
    return _Report(story, read).written()


class _Report:
    def __init__(self, story: Story, read: Read) -> None:
        self._story = story
        self._read = read
        self._charts: dict[str, dict[str, Any]] = {}

    def written(self) -> bytes:
        story = self._story
        when = f"{story.at.day} {story.at:%B %Y}" if story.at else ""
        files = ", ".join(upload.name for upload in story.uploads)
        about = " · ".join(part for part in (when, f"Data: {files}" if files else "") if part)
        body = [
            f"<main><h1>{escape(story.title)}</h1>",
            f'<p class="about">{escape(about)}</p>',
            *(self._step(step) for step in story.steps),
            f"</main><footer><p>Made with Ringfence. {escape(unbroken(summarise(story.contract)))}</p></footer>",
        ]
        return page(story.title, body, self._charts)

    def _step(self, step: Question | Answer | Run | Remark) -> str:
        match step:
            case Question(text):
                return f'<section class="question">{_question(text)}</section>'
            case Answer(text):
                return f'<section class="answer">{markdown(text)}</section>'
            case Run():
                return self._run(step)
            case Remark(text):
                return f'<p class="remark">{escape(text)}</p>'

    def _run(self, run: Run) -> str:
        done = run.finished
        took = f", {done.seconds:.1f} s" if done else ""
        failed = ' class="failed"' if run.trouble else ""
        parts = [
            f"<details><summary{failed}>Run {run.number}, {LANGUAGE_NAMES[run.started.language]}{took}</summary>",
            f"<pre><code>{escape(run.started.code.strip())}</code></pre>",
            *(_output(done) if done else ()),
            "</details>",
        ]
        if run.trouble:
            parts.append(f'<p class="remark">{escape(run.trouble[:500])}</p>')
        return "".join(parts) + "".join(map(self._artifact, done.artifacts if done else ()))

    def _artifact(self, artifact: Artifact) -> str:
        try:
            return self._shown(artifact, self._read(artifact.sha256))
        except KeyError:
            return f'<p class="files">{escape(artifact.name)} is no longer stored.</p>'
        except (figures.NotDrawable, pictures.NotAPicture, tables.NotATable) as problem:
            return f'<p class="files">{escape(artifact.name)}: {escape(str(problem))}</p>'

    def _shown(self, artifact: Artifact, data: bytes) -> str:
        name = escape(artifact.name)
        match artifact.kind:
            case "chart":
                figure = prepared(data)
                place = f"figure-{len(self._charts) + 1}"
                self._charts[place] = figure
                return f"<figure>{chart(place, figures.title(figure) or artifact.name)}</figure>"
            case "table":
                return _table(tables.preview(data))
            case "image":
                return f'<figure><img alt="{name}" src="{_image(artifact, data)}"></figure>'
            case "text" if artifact.media_type == "text/markdown":
                return f"<section>{markdown(data.decode('utf-8', 'replace'))}</section>"
            case "text":
                return f'<pre class="plain">{escape(data.decode("utf-8", "replace")[:_LONGEST_OUTPUT])}</pre>'
            case "file":
                return f'<p class="files">File made: {name}</p>'


def _question(text: str) -> str:
    parts = blocks(text)
    if all(language is None for language, _ in parts):
        return escape(text.strip())
    return "".join(
        f"<div>{escape(inner.strip())}</div>" if language is None else f"<pre><code>{escape(inner)}</code></pre>"
        for language, inner in parts
    )


def _output(done: CodeFinished) -> list[str]:
    texts = (done.stdout, done.traceback or done.stderr)
    return [f'<pre class="plain">{escape(text[:_LONGEST_OUTPUT])}</pre>' for text in texts if text.strip()]


def _image(artifact: Artifact, data: bytes) -> str:
    if artifact.media_type == "image/svg+xml":
        return pictures.svg(data)
    kind = artifact.media_type if artifact.media_type in _PIXELS else "image/png"
    return f"data:{kind};base64,{base64.b64encode(pictures.pixels(data)).decode()}"


def _table(shown: tables.Preview) -> str:
    head = "".join(map(_heading, shown.names, shown.types))
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown.rows[:_SHOWN_ROWS])
    told = min(len(shown.rows), _SHOWN_ROWS)
    extent = f"First {told:,} of {shown.total_rows:,} rows" if told < shown.total_rows else f"{told:,} rows"
    many = ' class="many"' if len(shown.names) > _MANY_COLUMNS else ""
    table = f"<table{many}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div><p class="extent">{extent}</p>'


def _heading(name: str, kind: str) -> str:
    number = ' class="number"' if kind.casefold().startswith(("int", "uint", "float")) else ""
    return f'<th scope="col"{number}>{escape(name)}</th>'


def _cell(cell: Any) -> str:
    number = isinstance(cell, int | float) and not isinstance(cell, bool)
    text = f"{cell:,.6g}" if isinstance(cell, float) else "" if cell is None else str(cell)
    start = '<td class="number">' if number else "<td>"
    return f"{start}{escape(text)}</td>"


def markdown(text: str) -> str:
    """Markdown as HTML, without raw HTML or images; each link says the host that it leads to."""
    return str(_MARKDOWN.render(text))


def _leads_to_the_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and "\\" not in url


def _open_link(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[place]
    token.attrSet("rel", "noopener noreferrer")
    token.attrSet("target", "_blank")
    host = urlsplit(str(token.attrGet("href"))).hostname or ""
    return f"({escape(host)}) " + renderer.renderToken(tokens, place, options, env)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = _leads_to_the_web  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _open_link)
    return parser


_MARKDOWN = _parser()
