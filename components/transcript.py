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
    FileRefused,
    FileRemoved,
    FileUploaded,
    PlannerChanged,
    PlannerRetried,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
    UserAsked,
)
from components import code_cell, file_card, notes, prose, units
from components.artifact import Read
from components.markdown import Code, Prose, pieces, plain
from components.segments import Entry, Message, Run, files_here, last_turns, messages


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of the transcript: earlier turns, or a file to be taken out."""

    earlier: bool = False
    remove: str = ""


@dataclass
class _Drawing:
    read: Read
    removable: frozenset[int]
    remove: str = ""


def draw(entries: Sequence[Entry], turns: int, read: Read, *, quiet: bool) -> Wish:
    """Show the last turns. Files can be taken out while it is `quiet`: no turn runs."""
    shown = last_turns(entries, turns)
    earlier = False
    if hidden := len(entries) - len(shown):
        label = f"Show earlier ({units.count(hidden, 'entry', 'entries')})"
        earlier = st.button(label, type="tertiary", icon=":material/expand_less:", key="earlier", width="stretch")
    drawing = _Drawing(read, files_here(entries) if quiet else frozenset())
    for message in messages(shown):
        with _frame(message):
            for entry in message.entries:
                _entry(entry, drawing)
    return Wish(earlier, drawing.remove)


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
            code_cell.draw(content, drawing.read, key, entry.denied)
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
            | SandboxOpened()
            | SandboxAmended()
            | SandboxClosed()
            | PlannerChanged()
            | PlannerRetried()
            | TurnEnded()
        ):
            notes.draw(content, entry.denied)
        case _:
            assert_never(content)


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
