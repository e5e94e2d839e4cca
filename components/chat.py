"""The chat: what the person did is told to the session first; then all is drawn from one snapshot."""

from collections.abc import Callable

import streamlit as st

from agent_core.events import ContractChanged, FileRefused, TurnEnded, UserAsked
from agent_core.session import Conversation, IncomingFile, Snapshot
from agent_core.session.library import Library
from components import (
    code_editor,
    composer,
    contract_drawer,
    contract_panel,
    first_run,
    live,
    meter,
    state,
    suggestions,
    takeaway,
    transcript,
    variables,
    withheld,
)
from components.contract_groups import Unavailable
from components.segments import Entry, entries, open_run


def draw(conversation: Conversation, unavailable: Unavailable, library: Library, title: Callable[[str], str]) -> None:
    """Show a conversation with its contract beside it; `title` names a conversation by its id."""
    snapshot = conversation.snapshot()
    sent = composer.draw(conversation.id, busy=snapshot.busy, stop=conversation.stop)
    _send(conversation, sent, busy=snapshot.busy)
    contract_drawer.draw(conversation, unavailable)
    with st.container(key="talk", gap="medium"):
        _talk(conversation, snapshot, library, title)
    with st.container(key="panel", gap="small"):
        meter.draw(conversation, snapshot)
        contract_panel.draw(conversation, snapshot, unavailable, place="panel")


def _send(conversation: Conversation, sent: composer.Sent, *, busy: bool) -> None:
    if busy and (sent.text or sent.files):
        composer.keep(conversation.id, sent)
    elif not busy and (waiting := state.tab().waiting.pop(conversation.id, None)):
        _ask(conversation, waiting.text, waiting.files)
        _send(conversation, sent, busy=True)
    elif sent.text or sent.files:
        _ask(conversation, sent.text, sent.files)
    else:
        return
    st.rerun()


def _ask(conversation: Conversation, text: str, files: tuple[IncomingFile, ...]) -> None:
    taken = conversation.ask(text, files) if text else conversation.upload(files)
    if not taken:
        composer.keep(conversation.id, composer.Sent(text, files))
        return
    for file in files:
        file.content.close()  # a large file's bytes need not wait for the session to forget them


def _talk(conversation: Conversation, snapshot: Snapshot, library: Library, title: Callable[[str], str]) -> None:
    found = entries(snapshot.events)
    if not snapshot.busy and all(isinstance(entry.content, ContractChanged | FileRefused) for entry in found):
        _begin(conversation, first_run.draw(snapshot.contract.filesystem.largest_file_mib))
    under_way = open_run(found) if snapshot.busy else None
    shown = [entry for entry in found if entry.content is not under_way]
    _transcript(conversation, shown, library, quiet=not snapshot.busy)
    live.draw(conversation, snapshot, under_way)
    if not snapshot.busy:
        last = found[-1].content if found else None
        said = isinstance(last, TurnEnded) and last.message == snapshot.withheld
        withheld.draw(snapshot.withheld, conversation.id, said=said)
        if any(isinstance(entry.content, UserAsked) for entry in found):
            with st.container(key="afterwards", horizontal=True, gap="small"):
                takeaway.draw(conversation, title)
                variables.offer(conversation)
    if not snapshot.busy and (question := suggestions.draw(snapshot.suggestions, str(snapshot.last))):
        conversation.ask(question)
        st.rerun()


def _transcript(conversation: Conversation, found: list[Entry], library: Library, *, quiet: bool) -> None:
    tab = state.tab()
    wish = transcript.draw(found, tab.turns_shown, conversation.read_artifact, quiet=quiet, forks=True)
    if wish.earlier:
        tab.turns_shown += state.TURNS_SHOWN
    elif wish.remove:
        conversation.remove_file(wish.remove)
    elif wish.edit:
        code_editor.draw(conversation, wish.edit)
        return
    elif wish.explain:
        conversation.ask(code_editor.explain(wish.explain))
    elif wish.fork:
        forked = library.fork(conversation.id, conversation.owner, wish.fork.up_to)
        state.open_conversation(forked, compose=wish.fork.question)
    else:
        return
    st.rerun()


def _begin(conversation: Conversation, start: first_run.Start) -> None:
    if start.sample:
        conversation.add_sample(start.sample)
    elif start.files:
        conversation.upload(start.files)
    else:
        return
    st.rerun()
