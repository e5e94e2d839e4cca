"""`ringfence ask`: one question about some files, answered in a terminal or a script."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from agent_core.cli.session import conversation, reading, require_taken
from agent_core.errors import RingfenceError
from agent_core.events import AgentSaid, Artifact, CodeFinished, TurnEnded
from agent_core.exports.archive import file_data, file_name
from agent_core.files.names import safe_name
from agent_core.session import Conversation
from agent_core.storage.events import StoredEvent

_NOT_ASKED = 2
_POLL_SECONDS = 0.05


@click.command
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("question")
@click.option("--contract", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YAML file.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write charts, tables and files there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: answer, outcome, files, cost_usd.")
def command(*, files: tuple[Path, ...], question: str, source: Path | None, out: Path | None, as_json: bool) -> None:
    """Ask QUESTION about FILES, and print the answer.

    The code runs in a sandbox under the contract, and the conversation stands in the app afterwards. Ends with 0
    when the question was answered, with 1 when it was not, and with 2 when it could not be asked.
    """
    if not question.strip():
        raise click.UsageError("The question is empty.")
    try:
        if out:
            out.mkdir(parents=True, exist_ok=True)  # before anything is spent on an answer that has no place
        with conversation(source) as asked:
            ended = _asked(asked, files, question)
            found = [stored.event for stored in ended]
            written, unwritten = _written(asked, ended, out) if out else ([], "")
            cost = asked.snapshot().cost.total_usd
    except (RingfenceError, ValueError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(_NOT_ASKED)
    turn = next(event for event in reversed(found) if isinstance(event, TurnEnded))
    ran = next((event for event in reversed(found) if isinstance(event, CodeFinished)), None)
    answer = "\n\n".join(event.text for event in found if isinstance(event, AgentSaid))
    if as_json:
        told = {"answer": answer, "outcome": turn.outcome, "message": turn.message, "files": written}
        click.echo(json.dumps({**told, "cost_usd": str(cost)}, ensure_ascii=False))
    else:
        click.echo(_printable(answer))
        for name in written:
            click.echo(f"Wrote {name}", err=True)
    if ran is not None and ran.error:
        click.echo(_printable(ran.message), err=True)
    if unwritten:
        click.echo(_printable(unwritten), err=True)
    if turn.outcome != "done":
        click.echo(_printable(turn.message), err=True)
    if unwritten or turn.outcome != "done":
        sys.exit(1)


def _asked(asked: Conversation, files: tuple[Path, ...], question: str) -> tuple[StoredEvent, ...]:
    """Everything that the question brought about. Raises ValueError for a file that is not taken."""
    before = asked.snapshot().last
    with reading(files) as incoming:
        asked.ask(question, incoming)
    _wait(asked)
    require_taken(asked)
    return asked.snapshot(before).events


def _wait(asked: Conversation) -> None:
    status = ""
    try:
        while asked.busy:
            draft = asked.snapshot().draft
            if sys.stderr.isatty() and draft and draft.status != status:
                status = draft.status
                click.echo(f"\r\033[K{_printable(status)}", nl=False, err=True)
            time.sleep(_POLL_SECONDS)
    finally:
        if status:
            click.echo("\r\033[K", nl=False, err=True)


def _written(asked: Conversation, events: tuple[StoredEvent, ...], out: Path) -> tuple[list[str], str]:
    """Write what the turn made into a folder, over nothing that is there.

    Returns the paths, and why it ended before the last: an answer that was paid for is not lost to a full disk.
    """
    written: list[str] = []
    try:
        taken = {path.name for path in out.iterdir()}
        for artifact in _artifacts(events):
            name = safe_name(file_name(artifact), taken)
            taken.add(name)
            with (out / name).open("xb") as file:
                file.write(file_data(artifact, asked.read_artifact))
            written.append(str(out / name))
    except (KeyError, ValueError, OSError) as error:
        return written, f"Not everything could be written to {out}: {error}"
    return written, ""


def _artifacts(events: tuple[StoredEvent, ...]) -> Iterator[Artifact]:
    for stored in events:
        if isinstance(stored.event, CodeFinished):
            yield from stored.event.artifacts


def _printable(text: str) -> str:
    """What a model or a sandbox wrote, without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
