"""The conversation, drawn from its events alone: live and replayed events draw alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from agent_core.events import (
    AgentSaid,
    AgentThought,
    CodeFinished,
    CodeStarted,
    ContractChanged,
    ContractDenied,
    ConversationForked,
    FileRefused,
    FileRemoved,
    FileUploaded,
    PlannerChanged,
    PlannerRetried,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    SandboxResumed,
    TurnEnded,
    UserAsked,
)
from components import code_cell, file_card, notes, prose, units
from components.artifact import Read
from components.markdown import Code, Prose, pieces, plain
from components.segments import Entry, Message, Run, files_here, last_turns, messages


@dataclass(frozen=True, slots=True)
class Fork:
    """Where another conversation begins: with the events up to a number, and perhaps a question to change."""

    up_to: int
    question: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of the transcript: earlier turns, a file to be taken out, or to go on elsewhere."""

    earlier: bool = False
    remove: str = ""
    fork: Fork | None = None
    edit: CodeStarted | None = None
    """Code to be changed and run again."""
    explain: CodeStarted | None = None
    """Code to be put into words."""


@dataclass
class _Drawing:
    read: Read
    removable: frozenset[int]
    acts: code_cell.Acts
    remove: str = ""
    fork: Fork | None = None
    edit: CodeStarted | None = None
    explain: CodeStarted | None = None


def draw(entries: Sequence[Entry], turns: int, read: Read, *, quiet: bool, forks: bool = False) -> Wish:
    """Show the last turns. Files can be taken out while it is `quiet`: no turn runs.

    `forks` offers to fork, and to go on with a run's code: for the owner, and not for who only reads.
    """
    shown = last_turns(entries, turns)
    earlier = False
    if hidden := len(entries) - len(shown):
        label = f"Show earlier ({units.count(hidden, 'entry', 'entries')})"
        earlier = st.button(label, type="tertiary", icon=":material/expand_less:", key="earlier", width="stretch")
    acts: code_cell.Acts = "none" if not forks else "now" if quiet else "later"
    drawing = _Drawing(read, files_here(entries) if quiet else frozenset(), acts)
    for message in messages(shown):
        with _frame(message):
            for entry in message.entries:
                _entry(entry, drawing)
        if forks:
            _offer_fork(message, drawing)
    return Wish(earlier, drawing.remove, drawing.fork, drawing.edit, drawing.explain)


def _offer_fork(message: Message, drawing: _Drawing) -> None:
    match message.entries[0].content, message.entries[-1]:
        case UserAsked(text=text), Entry(seq=seq):
            label, fork = "Ask differently", Fork(seq - 1, text)
        case _, Entry(seq=seq, content=TurnEnded()):
            label, fork = "Fork", Fork(seq)
        case _:
            return
    with st.container(key=f"fork-{seq}", horizontal=True, horizontal_alignment="right" if fork.question else "left"):
        start = "with everything before this question" if fork.question else "that goes on from here"
        told = f"A new conversation {start}"
        if st.button(label, key=f"fork-at-{seq}", type="tertiary", icon=":material/fork_right:", help=told):
            drawing.fork = fork


def _frame(message: Message) -> DeltaGenerator:
    match message.side:
        case "person":
            return st.chat_message("user")
        case "files":
            return st.container(key=f"files-{message.entries[0].seq}", gap="small")
        case "agent":
            return st.chat_message("assistant")
        case _:
            assert_never(message.side)


def _entry(entry: Entry, drawing: _Drawing) -> None:
    key, content = str(entry.seq), entry.content
    match content:
        case Run():
            _run(content, key, entry, drawing)
        case CodeStarted():
            code_cell.draw(Run(content), drawing.read, key)
        case CodeFinished():
            code_cell.draw(Run.without_start(content), drawing.read, key, entry.denied)
        case FileUploaded():
            if file_card.draw(content, key, removable=entry.seq in drawing.removable):
                drawing.remove = content.upload.name
        case UserAsked():
            _question(content.text)
        case AgentThought():
            with st.expander("Thought", type="compact", key=f"thought-{key}"):
                prose.draw(content.text)
        case AgentSaid():
            prose.draw(content.text)
        case (
            FileRefused()
            | FileRemoved()
            | ContractChanged()
            | ContractDenied()
            | ConversationForked()
            | SandboxOpened()
            | SandboxAmended()
            | SandboxResumed()
            | SandboxClosed()
            | PlannerChanged()
            | PlannerRetried()
            | TurnEnded()
        ):
            notes.draw(content, entry.denied)
        case _:
            assert_never(content)


def _run(run: Run, key: str, entry: Entry, drawing: _Drawing) -> None:
    act = code_cell.draw(run, drawing.read, key, entry.denied, acts=drawing.acts)
    if act == "edit":
        drawing.edit = run.started
    elif act == "explain":
        drawing.explain = run.started


def _question(text: str) -> None:
    """What the person wrote: code keeps its indentation, all else is plain."""
    for piece in pieces(text, plain_lines):
        match piece:
            case Prose(prose):
                st.markdown(prose, anchors=False)
            case Code(code, language):
                st.code(code, language=language or None)
            case _:
                assert_never(piece)


def plain_lines(text: str) -> str:
    """The person's own text, with its line breaks and nothing read into it."""
    return "  \n".join(plain(line) for line in text.splitlines())
